/** What scores follow from besides the model, and which of them were made otherwise than they would be now. */
import { stat } from 'node:fs/promises';
import type { ModelName } from '../../protocol/results';
import { settingsFor } from '../../settings/find';
import type { Context } from '../context';
import { toErrorData } from '../failures';
import { needsData } from '../methods';
import { heldScores } from './selectors';
import type { ModelState } from './state';

/** Criteria that no option makes a difference to. */
const WITHOUT_OPTIONS = ['random', 'random-erk', 'magnitude'];

/** A file as it is now: where it is written anew, the text is another one. */
async function versionOf(path: string): Promise<string> {
  return stat(path).then(
    ({ size, mtimeMs }) => `${path} ${size} ${mtimeMs}`,
    () => `${path} missing`,
  );
}

/**
 * What the settings file says of a method's scores, with AutoS's predictor as it is now, as one comparable text.
 *
 * @throws UserError with the places of mistakes in the settings file.
 */
export async function originOf(context: Pick<Context, 'settings'>, file: string, method: string): Promise<string> {
  const { scoring, batchSize, seed, predictor } = await settingsFor(file);
  // The editor's own seed counts before that of the file.
  const { seed: own } = await context.settings(file);
  return JSON.stringify({
    ...(own === undefined && { seed }),
    ...(!WITHOUT_OPTIONS.includes(method) && { scoring }),
    ...(needsData(method) && { batchSize: scoring?.batchSize ?? batchSize }),
    ...(method === 'autos' && predictor !== undefined && { predictor: await versionOf(predictor) }),
  });
}

/** Finds out which scores of a model the settings, or the predictor, have changed since for; taking that back restores them. */
export async function updateOutdated(context: Context, model: ModelName): Promise<void> {
  const { store } = context;
  const state = store.get(model);
  if (!state) return;
  const methods = new Set(heldScores(state).map(({ score }) => score.method));
  const read = async (method: string) => [method, await originOf(context, state.file, method)] as const;
  const origins = new Map(await Promise.all([...methods].map(read)));
  store.dispatch(model, { kind: 'originsRead', origins });
}

/** {@link updateOutdated} for all models, save those whose settings cannot be read. */
export async function updateAllOutdated(context: Context): Promise<void> {
  const update = ({ model }: ModelState) =>
    updateOutdated(context, model).catch((error) => context.log(toErrorData(error).message));
  await Promise.all(context.store.all().map(update));
}
