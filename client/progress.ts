/** Long work of the server: as a notification with a cancel button, or in the status bar where it goes on beside charts. */
import { ProgressLocation, window } from 'vscode';
import type { CommandType, ParamsOf, ResultOf } from '../server/protocol/messages';
import type { Server, WorkProgress } from './serverTypes';

/** How much further a bar has to go, which reports whole percentages. */
export function createIncrements(): (progress: WorkProgress) => number {
  let reached = 0;
  return (progress) => {
    if (progress.kind === 'end' || progress.percentage === undefined) return 0;
    const increment = Math.max(0, progress.percentage - reached);
    reached += increment;
    return increment;
  };
}

/**
 * Runs a command of the server under a notification. Rejects as the command does, also when it is cancelled.
 *
 * @param isBesideCharts It is in the status bar: charts follow it, which no notification is to cover; the view of jobs cancels it.
 */
export async function runWithProgress<Command extends CommandType>(
  server: Server,
  title: string,
  command: Command,
  argument: ParamsOf<Command>,
  isBesideCharts = false,
): Promise<ResultOf<Command>> {
  const location = isBesideCharts ? ProgressLocation.Window : ProgressLocation.Notification;
  return window.withProgress({ location, title, cancellable: true }, (bar, token) => {
    const incrementOf = createIncrements();
    return server.execute(command, argument, {
      token,
      onProgress(progress) {
        const message = progress.kind === 'end' ? undefined : progress.message;
        bar.report({ increment: incrementOf(progress), ...(message !== undefined && { message }) });
      },
    });
  });
}
