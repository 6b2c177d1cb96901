/** Failures as the user sees them. */
import { commands, Position, Range, Uri, window, workspace } from 'vscode';
import { errorDataOf } from './webviews/bridge';

const SOURCE = 'Show Source';
const OTHER_DATA = 'Choose Other Data…';
const LOG = 'Show Log';
const TRUST = 'Manage Workspace Trust';

/** Opens a file at a place; line and column count from 1. */
export async function revealSource(file: string, line: number, column: number): Promise<void> {
  const position = new Position(Math.max(0, line - 1), Math.max(0, column - 1));
  const beside = window.visibleTextEditors.find(({ document }) => document.uri.fsPath === file)?.viewColumn;
  await window.showTextDocument(Uri.file(file), {
    selection: new Range(position, position),
    viewColumn: beside ?? window.visibleTextEditors[0]?.viewColumn,
  });
}

/** Shows what went wrong, and what can be done about it; nothing where the user cancelled. */
export async function showFailure(error: unknown): Promise<void> {
  const { kind, message, hint, location, about, model } = errorDataOf(error);
  if (kind === 'cancelled') return;
  if (about === 'inputs' && model !== undefined) {
    // Asked for, rather than told that it is not there; what is said is written down, and not asked for again.
    await commands.executeCommand('prunelens.setUp', { model, inputsAlone: true });
    return;
  }
  const text = hint === undefined || message.includes(hint) ? message : `${message} ${hint}`;
  const offersData = about === 'data' && model !== undefined;
  const buttons = [
    ...(offersData ? [OTHER_DATA] : []),
    ...(location ? [SOURCE] : []),
    ...(!workspace.isTrusted && /trust/i.test(text) ? [TRUST] : []),
    LOG,
  ];
  const choice = await window.showErrorMessage(text, ...buttons);
  if (choice === SOURCE && location) await revealSource(location.file, location.line, location.column);
  if (choice === OTHER_DATA) await commands.executeCommand('prunelens.chooseData', { model });
  if (choice === TRUST) await commands.executeCommand('workbench.trust.manage');
  if (choice === LOG) await commands.executeCommand('prunelens.showLog');
}
