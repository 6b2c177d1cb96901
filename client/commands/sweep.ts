/** Running a sweep: of the lens above its file, and of the palette. */
import { basename } from 'node:path';
import { window, workspace } from 'vscode';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import { unfinishedText } from '../../server/protocol/runTable/texts';
import { offer, pick } from '../ask';
import { comparisonTitle } from '../format';
import type { Lens } from '../lens';
import { runWithProgress } from '../progress';
import { tellFolderEnd, withEnd } from './finished';

/** More files than this are found by opening one. */
const MOST_FILES = 200;

/** The open file, where it is YAML, or one that the user picks. */
async function askFile(): Promise<string | undefined> {
  const open = window.activeTextEditor?.document;
  if (open?.languageId === 'yaml' && open.uri.scheme === 'file') return open.uri.fsPath;
  const found = await workspace.findFiles('**/*.{yaml,yml}', '**/{node_modules,.*}/**', MOST_FILES);
  if (found.length === 0) {
    await offer('There is no file of a sweep in this workspace yet.', 'New Sweep…', 'prunelens.newSweep');
    return undefined;
  }
  const choices = found.map((uri) => ({ label: workspace.asRelativePath(uri), value: uri.fsPath }));
  return pick('Run which sweep?', choices);
}

/** Saves the file, does the runs of its sweep, those that are left where it goes on in a folder, and shows them in the table meanwhile. */
async function run(lens: Lens, file: string, begun?: string): Promise<void> {
  const document = workspace.textDocuments.find(({ uri }) => uri.fsPath === file);
  if (document?.isDirty && !(await document.save())) return;
  const title = `Sweep ${basename(file)}`;
  lens.showRuns(begun);
  const listener = lens.server.onSweepBegun((sweep) => {
    if (sweep.file === file) lens.showRuns(sweep.folder);
  });
  const argument = { file, ...(begun !== undefined && { folder: begun }) };
  try {
    const { folder } = await withEnd(
      () => runWithProgress(lens.server, title, serverCommands.sweep, argument, true),
      (comparison) => tellFolderEnd(lens, title, comparison.folder),
    );
    lens.showCurves({ comparison: folder });
  } finally {
    listener.dispose();
  }
}

export async function runSweep(lens: Lens, given: string | undefined): Promise<void> {
  const file = given ?? (await askFile());
  if (file !== undefined) await run(lens, file);
}

/** Goes on with a sweep that was stopped. @param folder That of one of them; asked for where it is absent. */
export async function resumeSweep(lens: Lens, folder?: string): Promise<void> {
  const comparisons = await lens.server.request(serverRequests.comparisons, {});
  const stopped = comparisons.flatMap((comparison) => {
    const { sweep, isRunning = true } = comparison.unfinished ?? {};
    if (sweep === undefined || isRunning) return [];
    const value = { file: sweep, folder: comparison.folder };
    return [{ label: comparisonTitle(comparison), description: unfinishedText(comparison) ?? '', value }];
  });
  const meant = folder === undefined ? stopped : stopped.filter(({ value }) => value.folder === folder);
  if (meant.length === 0) {
    void window.showInformationMessage('There is no sweep here that was stopped and can go on.');
    return;
  }
  const sweep = folder === undefined ? await pick('Resume which sweep?', meant) : meant[0].value;
  if (sweep) await run(lens, sweep.file, sweep.folder);
}
