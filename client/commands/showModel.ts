/** The model of a run as it was when the run began, beside what it is now. */
import { basename } from 'node:path';
import { commands, type Disposable, Uri, window, workspace } from 'vscode';
import { serverRequests } from '../../server/protocol/editor';
import type { RunSummary, SourceFile } from '../../server/protocol/results';
import { pick } from '../ask';
import type { Lens } from '../lens';
import type { Server } from '../serverTypes';

/** Scheme of documents that hold a file as a run has kept it: the path is the file's, the query the folder of the run. */
const SCHEME = 'prunelens-run';

function keptUri(run: string, { path }: SourceFile): Uri {
  return Uri.file(path).with({ scheme: SCHEME, query: run });
}

/** Gives the editor the contents of files that runs have kept. */
export function provideKeptSources(server: Server): Disposable {
  return workspace.registerTextDocumentContentProvider(SCHEME, {
    async provideTextDocumentContent({ path, query }) {
      const files = await server.request(serverRequests.runSource, { run: query });
      const wanted = Uri.file(path).path;
      return files.find((file) => Uri.file(file.path).path === wanted)?.text ?? '';
    },
  });
}

async function isThere(uri: Uri): Promise<boolean> {
  return workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

/** Opens what has changed in a model's file since the run began; the file of then alone where it is gone by now. */
export async function showModelOfRun({ server }: Lens, { run, label }: RunSummary): Promise<void> {
  const files = await server.request(serverRequests.runSource, { run });
  if (files.length === 0) {
    throw new Error(`${label} has not kept its model: runs do since they record their source.`);
  }
  const choices = files.map((file) => ({ label: basename(file.path), description: file.path, value: file }));
  const file = choices.length === 1 ? files[0] : await pick(`Which file of ${label}?`, choices);
  if (!file) return;
  const now = Uri.file(file.path);
  const then = keptUri(run, file);
  const title = `${basename(file.path)}: ${label} ↔ now`;
  if (await isThere(now)) await commands.executeCommand('vscode.diff', then, now, title);
  else await window.showTextDocument(then);
}
