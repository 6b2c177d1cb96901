/** Running a sweep: of the lens above its file, and of the palette. */
import { basename } from 'node:path';
import { window, workspace } from 'vscode';
import { serverCommands } from '../../server/protocol/editor';
import { pick } from '../ask';
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
  const choices = found.map((uri) => ({ label: workspace.asRelativePath(uri), value: uri.fsPath }));
  return pick('Run which sweep?', choices);
}

/** Saves the file, runs its sweep, and shows the table of runs meanwhile. */
export async function runSweep(lens: Lens, given: string | undefined): Promise<void> {
  const file = given ?? (await askFile());
  if (file === undefined) return;
  const document = workspace.textDocuments.find(({ uri }) => uri.fsPath === file);
  if (document?.isDirty && !(await document.save())) return;
  const title = `Sweep ${basename(file)}`;
  lens.showRuns();
  const { folder } = await withEnd(
    () => runWithProgress(lens.server, title, serverCommands.sweep, { file }, true),
    (comparison) => tellFolderEnd(lens, title, comparison.folder),
  );
  lens.showCurves({ comparison: folder });
}
