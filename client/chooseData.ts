/** Asks which data a model is for, where nothing says so or the user wants another. */
import { basename, dirname } from 'node:path';
import { Uri, window, workspace } from 'vscode';
import { DATASETS } from '../server/protocol/catalogue/datasets';
import { type clientRequests, serverRequests } from '../server/protocol/editor';
import type { ParamsOf, ResultOf } from '../server/protocol/messages';
import type { DataCheck } from '../server/protocol/worker';
import { pick } from './ask';
import { type DataChoice, dataChoices, rememberChoices, type WorkspaceFile } from './choices';
import type { Server } from './serverTypes';

type ChooseData = typeof clientRequests.chooseData;

/** What is asked of the server while the user chooses. */
export type Checker = Pick<Server, 'request' | 'nameOf'>;

async function browse(what: 'folder' | 'file', start: Uri): Promise<string | undefined> {
  const isFolder = what === 'folder';
  const found = await window.showOpenDialog({
    title: isFolder ? 'Folder of the data set' : 'File of the data set',
    defaultUri: start,
    canSelectFolders: isFolder,
    canSelectFiles: !isFolder,
    openLabel: 'Use as Data',
    ...(!isFolder && { filters: { 'Tables and arrays': ['csv', 'tsv', 'safetensors', 'npz'] } }),
  });
  return found?.[0].fsPath;
}

/** More tables and files of arrays than this are found by opening a file. */
const MOST_FILES = 20;
/** Bytes; larger files take long to read, and are checked when they are chosen. */
const LARGEST_CHECKED = 2 ** 25;

/** Files of the workspace that may be data, but for what comparisons and packages have written. */
async function findDataFiles(): Promise<readonly WorkspaceFile[]> {
  const left = '**/{node_modules,.*,site-packages}/**';
  const found = await workspace.findFiles('**/*.{csv,tsv,npz}', left, 2 * MOST_FILES);
  return found
    .map((uri) => ({ path: uri.fsPath, label: workspace.asRelativePath(uri) }))
    .filter(({ path }) => basename(path) !== 'results.csv')
    .toSorted((a, b) => (a.label < b.label ? -1 : 1))
    .slice(0, MOST_FILES);
}

async function isSmall({ path }: WorkspaceFile): Promise<boolean> {
  return workspace.fs.stat(Uri.file(path)).then(
    ({ size }) => size <= LARGEST_CHECKED,
    () => false,
  );
}

async function checkAll(
  server: Checker,
  model: string,
  files: readonly WorkspaceFile[],
): Promise<readonly DataCheck[]> {
  const names = Object.values(DATASETS).map(({ name }) => name as string);
  const small = await Promise.all(files.map(async (file) => ((await isSmall(file)) ? [file.path] : [])));
  return server.request(serverRequests.checkData, { model, data: [...names, ...small.flat()] });
}

/** Asks until what is chosen fits; undefined where the user leaves the list. */
async function askFitting(
  server: Checker,
  { model, inputShape }: ParamsOf<ChooseData>,
  start: Uri,
): Promise<DataCheck | undefined> {
  const files = await findDataFiles();
  const checks = await checkAll(server, model, files);
  const choices = dataChoices(inputShape, files, checks);
  for (let problem: string | undefined; ; ) {
    const options = problem === undefined ? {} : { placeHolder: problem };
    const choice: DataChoice | undefined = await pick(`Which data is ${server.nameOf(model)} for?`, choices, options);
    if (choice === undefined) return undefined;
    const data = typeof choice === 'string' ? await browse(choice, start) : choice.data;
    if (data === undefined) continue;
    const known = checks.find((one) => one.data === data);
    const [check] = known ? [known] : await server.request(serverRequests.checkData, { model, data: [data] });
    if (check.problem === undefined) return check;
    problem = check.problem;
  }
}

/** Two questions: which data, and whether to write the answer down. Null where either is left. */
export async function chooseData(server: Checker, params: ParamsOf<ChooseData>): Promise<ResultOf<ChooseData>> {
  const file = params.model.replace(/#[^#/\\]*$/, '');
  const found = await askFitting(server, params, Uri.file(dirname(file)));
  if (!found) return null;
  const { data, notes = [] } = found;
  if (params.writes) return { data, write: true };
  const options = notes.length > 0 ? { placeHolder: notes.join(' ') } : {};
  const write = await pick('Keep this choice?', rememberChoices(data), options);
  return write === undefined ? null : { data, write };
}
