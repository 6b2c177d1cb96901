/** Asks which data a model is for, where nothing says so. */
import { basename } from 'node:path';
import { Uri, window, workspace } from 'vscode';
import type { clientRequests } from '../server/protocol/editor';
import type { ParamsOf, ResultOf } from '../server/protocol/messages';
import { pick } from './ask';
import { type DataChoice, dataChoices, rememberChoices, type WorkspaceFile } from './choices';

type ChooseData = typeof clientRequests.chooseData;

async function dataOf(choice: DataChoice, folder: Uri): Promise<string | undefined> {
  if (typeof choice === 'object') return choice.data;
  const isFolder = choice === 'folder';
  const found = await window.showOpenDialog({
    title: isFolder ? 'Folder of the data set' : 'File of the data set',
    defaultUri: folder,
    canSelectFolders: isFolder,
    canSelectFiles: !isFolder,
    openLabel: 'Use as Data',
    ...(!isFolder && { filters: { 'Tables and arrays': ['csv', 'tsv', 'safetensors', 'npz'] } }),
  });
  return found?.[0].fsPath;
}

/** More tables than this are found by opening a file. */
const MOST_TABLES = 20;

/** CSV files of the workspace, but for what comparisons and packages have written. */
async function findTables(): Promise<readonly WorkspaceFile[]> {
  const found = await workspace.findFiles('**/*.{csv,tsv}', '**/{node_modules,.*,site-packages}/**', 2 * MOST_TABLES);
  return found
    .map((uri) => ({ path: uri.fsPath, label: workspace.asRelativePath(uri) }))
    .filter(({ path }) => basename(path) !== 'results.csv')
    .toSorted((a, b) => (a.label < b.label ? -1 : 1))
    .slice(0, MOST_TABLES);
}

/** Two questions: which data, and whether to write the answer down. Null where either is left. */
export async function chooseData({ model, inputShape }: ParamsOf<ChooseData>): Promise<ResultOf<ChooseData>> {
  const file = Uri.file(model.replace(/#[^#/\\]*$/, ''));
  const choice = await pick(`Which data is ${basename(file.fsPath)} for?`, dataChoices(inputShape, await findTables()));
  const data = choice && (await dataOf(choice, Uri.joinPath(file, '..')));
  if (data === undefined) return null;
  const write = await pick('Keep this choice?', rememberChoices(data));
  return write === undefined ? null : { data, write };
}
