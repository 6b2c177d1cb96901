/** Asks which data a model is for, where nothing says so. */
import { basename } from 'node:path';
import { Uri, window } from 'vscode';
import type { clientRequests } from '../server/protocol/editor';
import type { ParamsOf, ResultOf } from '../server/protocol/messages';
import { pick } from './ask';
import { type DataChoice, dataChoices, rememberChoices } from './choices';

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

/** Two questions: which data, and whether to write the answer down. Null where either is left. */
export async function chooseData({ model, inputShape }: ParamsOf<ChooseData>): Promise<ResultOf<ChooseData>> {
  const file = Uri.file(model.replace(/#[^#/\\]*$/, ''));
  const choice = await pick(`Which data is ${basename(file.fsPath)} for?`, dataChoices(inputShape));
  const data = choice && (await dataOf(choice, Uri.joinPath(file, '..')));
  if (data === undefined) return null;
  const write = await pick('Keep this choice?', rememberChoices(data));
  return write === undefined ? null : { data, write };
}
