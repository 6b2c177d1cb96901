/** What scores follow from besides the model, and which of them were made otherwise than they would be now. */
import { resolve } from 'node:path';
import { pathInDataName } from '../../protocol/catalogue/dataNames';
import type { ModelName } from '../../protocol/results';
import { settingsFor } from '../../settings/find';
import type { Settings } from '../../settings/types';
import type { Context } from '../context';
import { toErrorData } from '../failures';
import { needsData } from '../methods';
import { heldScores } from './selectors';
import type { ModelState } from './state';

/** Criteria that no option makes a difference to. */
const WITHOUT_OPTIONS = ['random', 'random-erk', 'magnitude'];

type OriginContext = Pick<Context, 'settings' | 'folders' | 'versions'>;

/** The data that a model would be scored with now, as it is on disk. */
async function dataOrigin({ settings, folders, versions }: OriginContext, state: ModelState, said: Settings['data']) {
  const name = said?.name ?? state.data ?? (await settings(state.file)).data;
  if (name === undefined) return null;
  const within = pathInDataName(name);
  if (within === undefined) return { name };
  const path = resolve(said?.baseFolder ?? folders.of(state.file), within);
  return { name, path, version: await versions.of(path) };
}

/**
 * What a method's scores of a model follow from, by the settings file, the data and AutoS's predictor as they are now, as one
 * comparable text.
 *
 * @throws UserError with the places of mistakes in the settings file.
 */
export async function originOf(context: OriginContext, state: ModelState, method: string): Promise<string> {
  const { file } = state;
  const said = await settingsFor(file);
  const { scoring, batchSize, predictor, objective, loss, huberDelta, labelSmoothing, columns, output } = said;
  // The editor's own seed counts before that of the file.
  const seed = (await context.settings(file)).seed ?? said.seed;
  return JSON.stringify({
    seed,
    output,
    ...(!WITHOUT_OPTIONS.includes(method) && { scoring }),
    ...(needsData(method) && {
      batchSize: scoring?.batchSize ?? batchSize,
      objective: { objective, loss, huberDelta, labelSmoothing },
      columns,
      data: await dataOrigin(context, state, said.data),
    }),
    ...(method === 'autos' &&
      predictor !== undefined && { predictor: { predictor, version: await context.versions.of(predictor) } }),
  });
}

/** Finds out which scores of a model the settings, the data or the predictor have changed since for; taking that back restores them. */
export async function updateOutdated(context: Context, model: ModelName): Promise<void> {
  const { store } = context;
  const state = store.get(model);
  if (!state) return;
  const methods = new Set(heldScores(state).map(({ score }) => score.method));
  const read = async (method: string) => [method, await originOf(context, state, method)] as const;
  const origins = new Map(await Promise.all([...methods].map(read)));
  store.dispatch(model, { kind: 'originsRead', origins });
}

/** {@link updateOutdated} for all models, save those whose settings cannot be read. */
export async function updateAllOutdated(context: Context): Promise<void> {
  const update = ({ model }: ModelState) =>
    updateOutdated(context, model).catch((error) => context.log(toErrorData(error).message));
  await Promise.all(context.store.all().map(update));
}
