/** Making a model smaller. */
import { readdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { checkModelFolder } from '../../frontends';
import { usageError } from '../../protocol/errors';
import { exactPercent } from '../../protocol/numbers';
import type { ModelName } from '../../protocol/results';
import type { Context } from '../context';
import { SHRUNK } from '../model/forms';
import { stemOf } from '../model/runsFolder';
import { checkTrust, commonParams, dataOf } from '../model/scoring';
import { fileOfModel } from '../model/state';
import { checkSparsity, type Handler } from './handler';

/** The folder of a smaller model where nobody names one: beside the model's file, `net-snip-90`. */
export function smallerFolder(file: string, method: string, sparsity: number): string {
  return join(dirname(file), `${stemOf(file)}-${method}-${exactPercent(sparsity).replace(' %', '')}`);
}

/** What is in a folder; nothing where it is not there. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.map((name) => join(folder, name));
}

export const shrink: Handler<'shrink'> = {
  title: ({ model }, nameOf) => `Making ${nameOf(model)} smaller`,
  async run(context, { model, options, folder: given, ...asked }, job) {
    const { method, sparsity } = { ...SHRUNK, ...asked };
    checkSparsity(sparsity);
    checkTrust(context, model);
    if (!context.isTrusted())
      throw usageError('The workspace is not trusted, so no model is made smaller.', 'Trust it first.');
    const file = fileOfModel(model);
    const { store, folders, documents, written } = context;
    const folder = folderOf(context, model, given ?? smallerFolder(file, method, sparsity));
    await checkModelFolder(folder, file);
    await written.mayReplace(await filesIn(folder), undefined);
    const state = store.dispatch(model, { kind: 'opened' });
    const data = await dataOf(context, state, options, method);
    const params = {
      ...(await commonParams(context, state)),
      unsaved: documents.unsaved(),
      method,
      sparsity,
      folder,
      ...(data !== undefined && { data }),
      ...(options && { options }),
    };
    const title = `Making ${context.nameOf(model)} smaller`;
    const summary = await folders
      .engine(file)
      .call('shrink', params, { signal: job.signal, onProgress: job.report, title });
    // Weights lie beside what is loaded, and all of it was written now.
    await written.add(await filesIn(folder));
    return summary;
  },
};

function folderOf({ folders }: Context, model: ModelName, folder: string): string {
  return isAbsolute(folder) ? folder : resolve(folders.of(fileOfModel(model)), folder);
}
