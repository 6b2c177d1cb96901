/** What scores follow from besides the model, and which of them were made otherwise than they would be now. */
import { stat } from 'node:fs/promises';
import type { ModelName, ScoreSummary } from '../../protocol/results';
import { settingsFor } from '../../settings/find';
import type { Context } from '../context';
import { toErrorData } from '../failures';
import { needsData } from '../methods';
import type { ModelState } from './models';

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

/** The scores of a model, with its estimate's. */
function scoresOf({ scores, estimate }: ModelState): readonly ScoreSummary[] {
  return estimate ? [...scores, estimate.score] : scores;
}

/** Origins of the scores there are, with that of a new one; those of others are dropped. */
export function withOrigin(state: ModelState, { scoreId }: ScoreSummary, origin: string): ModelState['origins'] {
  const known = scoresOf(state).map((score) => score.scoreId);
  return new Map([...[...state.origins].filter(([id]) => known.includes(id)), [scoreId, origin]]);
}

/** Finds out which scores of a model the settings, or the predictor, have changed since for; taking that back restores them. */
export async function updateOutdated(context: Context, model: ModelName): Promise<void> {
  const { store } = context;
  const before = store.get(model);
  if (!before) return;
  const found = scoresOf(before).map(async ({ method }) => [method, await originOf(context, before.file, method)]);
  const now = new Map((await Promise.all(found)) as [string, string][]);
  const state = store.get(model)!;
  // One that was made meanwhile has found out for itself.
  const outdated = scoresOf(state).filter(
    ({ scoreId, method }) => now.has(method) && state.origins.get(scoreId) !== now.get(method),
  );
  const ids = new Set(outdated.map(({ scoreId }) => scoreId));
  if (ids.size === state.outdated.size && [...ids].every((id) => state.outdated.has(id))) return;
  store.update(model, { outdated: ids });
}

/** {@link updateOutdated} for all models, save those whose settings cannot be read. */
export async function updateAllOutdated(context: Context): Promise<void> {
  const update = ({ model }: ModelState) =>
    updateOutdated(context, model).catch((error) => context.log(toErrorData(error).message));
  await Promise.all(context.store.all().map(update));
}
