/** What happens when the language server ends by itself. */
import { type LogOutputChannel, window } from 'vscode';
import { CloseAction, ErrorAction, type ErrorHandler } from 'vscode-languageclient/node';
import { createRestartPolicy } from './restartPolicy';

const START = 'Start It Again';
const LOG = 'Show Log';

/** Starts the server again, and says so; asks the user once that has not helped. */
export function createErrorHandler(log: LogOutputChannel, restart: () => Promise<void>): ErrorHandler {
  const policy = createRestartPolicy();

  const tellEnd = async () => {
    const message =
      "PruneLens's language server ended four times within three minutes and is not started again. " +
      'Lenses, hints and views are out of date. The log says why it ended.';
    const choice = await window.showErrorMessage(message, START, LOG);
    if (choice === LOG) log.show();
    if (choice !== START) return;
    policy.reset();
    await restart();
  };

  return {
    error: () => ({ action: ErrorAction.Continue }),
    closed: () => {
      if (policy.ended(Date.now())) {
        log.warn('The language server ended and is started again. Scores it held are gone; runs resume from disk.');
        void window
          .showWarningMessage("PruneLens's language server ended and is started again. Scores are gone.", LOG)
          .then((choice) => choice === LOG && log.show());
        return { action: CloseAction.Restart, handled: true };
      }
      void tellEnd();
      return { action: CloseAction.DoNotRestart, handled: true };
    },
  };
}
