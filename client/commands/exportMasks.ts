/** Saving masks: which format, where to. */
import { basename, dirname, join } from 'node:path';
import { commands, env, Uri, window, workspace } from 'vscode';
import { type ModelEntry, serverCommands, serverRequests } from '../../server/protocol/editor';
import type { MaskFormat } from '../../server/protocol/worker';
import { askFormat } from '../ask';
import { formatChoices, maskFileName } from '../choices';
import type { Lens } from '../lens';
import { runWithProgress } from '../progress';

export interface ExportChoice {
  readonly method?: string;
  readonly sparsity?: number;
  readonly format?: MaskFormat;
}

/** Says where files went, the one that was asked for first, without waiting for an answer. */
export function tellSaved([file, ...others]: readonly string[]): void {
  const open = 'Open';
  const reveal = 'Open Folder';
  const isText = /\.(py|csv|svg)$/.test(file);
  const beside = others.length > 0 ? `, and beside it ${others.map((other) => basename(other)).join(', ')}` : '';
  void window.showInformationMessage(`Saved ${file}${beside}`, ...(isText ? [open] : []), reveal).then((choice) => {
    if (choice === open) void commands.executeCommand('vscode.open', Uri.file(file));
    if (choice === reveal) void revealInFiles(file);
  });
}

/** The workspace folder of a file, else the first one. */
export function folderOf(file: string | undefined): Uri | undefined {
  const own = file === undefined ? undefined : workspace.getWorkspaceFolder(Uri.file(file));
  return (own ?? workspace.workspaceFolders?.[0])?.uri;
}

/** In the system's file manager, or in the explorer where the files are on another machine. */
export async function revealInFiles(path: string): Promise<void> {
  const command = env.remoteName === undefined ? 'revealFileInOS' : 'revealInExplorer';
  await commands.executeCommand(command, Uri.file(path));
}

/** Exports the masks of a score; undefined where the user leaves a dialog. */
export async function exportMasksOf(lens: Lens, model: ModelEntry, choice: ExportChoice): Promise<string | undefined> {
  const format =
    formatChoices().find(({ value }) => value.format === choice.format)?.value ??
    (await askFormat(`Export the masks of ${model.label} as`));
  if (!format) return undefined;
  const state = await lens.server.request(serverRequests.heatmap, { model: model.model });
  const sparsity = choice.sparsity ?? state.sparsity;
  const method = choice.method ?? state.shown;
  const name = maskFileName(model.label, method, sparsity, format.extension);
  const target = await window.showSaveDialog({
    title: 'Export masks',
    defaultUri: Uri.file(join(dirname(Uri.parse(model.uri).fsPath), name)),
    // Dialogs know the last part of a name only.
    filters: { [format.filter]: [format.extension.split('.').at(-1)!] },
  });
  if (!target) return undefined;
  const { files } = await runWithProgress(
    lens.server,
    `Exporting masks of ${model.label}`,
    serverCommands.exportMasks,
    {
      model: model.model,
      sparsity,
      format: format.format,
      file: target.fsPath,
      // The dialog has asked.
      replace: true,
      ...(method !== undefined && { method }),
    },
  );
  tellSaved(files);
  return target.fsPath;
}
