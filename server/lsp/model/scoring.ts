/** Describing and scoring: what changes the state of a model. */
import { checkTrust as checkModel, parseModelSpecifier } from '../../frontends';
import type { ModelName, ModelSummary, ScoreSummary, Selection } from '../../protocol/results';
import type { UnsavedFile, WorkerProgress } from '../../protocol/worker';
import { settingsFor } from '../../settings/find';
import type { Context } from '../context';
import { toErrorData } from '../failures';
import { methodTitle } from '../methods';
import { plainName } from '../text';
import { filesOf, holdsAt, type ModelState, type Prunable, sameArchitecture } from './models';
import { originOf, updateOutdated, withOrigin } from './origins';

export interface Job {
  readonly signal: AbortSignal;
  readonly report: (progress: WorkerProgress) => void;
}

/**
 * Refuses models whose code may not run, before anything else is done for them. The compute process, which is told of trust
 * with every call, refuses them as well.
 *
 * @throws UserError (usage) in an untrusted workspace, also for a model that is not there.
 */
export function checkTrust(context: Context, model: ModelName): void {
  if (!context.isTrusted()) checkModel(parseModelSpecifier(model), false);
}

/** Whether a file of the model was edited after `revision`. */
export function editedSince(context: Context, state: ModelState, revision: number): boolean {
  return [...filesOf(state)].some((file) => context.documents.lastEdit(file) > revision);
}

/** A model as it was at a revision of the documents. */
export interface Described {
  readonly summary: ModelSummary;
  readonly revision: number;
  readonly unsaved: readonly UnsavedFile[];
}

/**
 * Builds the model as it is in the editor. A failure becomes the model's failure (with the last good result kept), and is
 * thrown on.
 */
export async function describeModel(context: Context, model: ModelName, job: Job): Promise<Described> {
  const { documents, folders, store } = context;
  const state = store.get(model) ?? store.update(model, {});
  checkTrust(context, model);
  const revision = documents.revision();
  const unsaved = documents.unsaved();
  try {
    // Not queued: what is wrong with a model is told while another one trains.
    const options = { signal: job.signal, onProgress: job.report, queue: false };
    const summary = await folders.engine(state.file).call('describe', { model, unsaved }, options);
    return { summary, revision, unsaved };
  } catch (error) {
    const failure = toErrorData(error);
    if (failure.kind !== 'cancelled') store.update(model, { failure, failureRevision: revision });
    throw error;
  }
}

/** What the settings file says of pruning a model. @throws UserError with the places of mistakes in it. */
export async function prunableFor(file: string): Promise<Prunable> {
  const { minPerLayer = 0, include, exclude = [] } = (await settingsFor(file)).prunable ?? {};
  return { minPerLayer, layers: JSON.stringify({ include, exclude }) };
}

/** Selects from a score at the model's sparsity. With `paths`, weights on no path are found as well. */
export async function selectFrom(
  context: Context,
  { model, file, sparsity, prunable: { minPerLayer } }: ModelState,
  { scoreId }: ScoreSummary,
  paths: boolean,
  signal?: AbortSignal,
): Promise<Selection> {
  const title = `${paths ? 'Following paths in' : 'Selecting weights of'} ${plainName(model)}`;
  const options = { title, ...(signal && { signal }) };
  return context.folders.engine(file).call('select', { scoreId, sparsity, paths, minPerLayer }, options);
}

export interface ScoreRequest {
  readonly method: string;
  readonly sparsity?: number;
}

/** Parameters of scores and trainings that the editor's settings give. */
export async function commonParams(context: Context, { model, file }: ModelState) {
  const { backend, seed } = await context.settings(file);
  return { model, ...(backend !== undefined && { backend }), ...(seed !== undefined && { seed }) };
}

/** Has a described model scored. Changes no state. */
export async function requestScore(
  context: Context,
  state: ModelState,
  { unsaved, summary: { fingerprint } }: Described,
  request: { readonly method: string; readonly sparsity: number; readonly data: string | undefined },
  job: Job,
): Promise<ScoreSummary> {
  const { method, sparsity, data } = request;
  const params = {
    ...(await commonParams(context, state)),
    unsaved,
    method,
    sparsity,
    ...(data !== undefined && { data }),
    ...(fingerprint !== undefined && { fingerprint }),
  };
  const title = `${methodTitle(method)} on ${plainName(state.model)}`;
  return context.folders
    .engine(state.file)
    .call('score', params, { signal: job.signal, onProgress: job.report, title });
}

/** Frees scores that nothing refers to any more. */
export function forget(context: Context, { file, lost }: ModelState, scores: readonly ScoreSummary[]): void {
  // A process that is gone has forgotten them anyway.
  if (lost) return;
  for (const { scoreId } of scores) {
    context.folders
      .engine(file)
      .call('forget', { scoreId })
      .catch((error) => context.log(`Freeing a score failed: ${toErrorData(error).message}`));
  }
}

/** A model's score by a method that says what stays at a sparsity; undefined where a new scoring is needed. */
export function validScore(state: ModelState | undefined, method: string, sparsity: number): ScoreSummary | undefined {
  if (!state || state.stale || state.lost) return undefined;
  return state.scores.find(
    (one) => one.method === method && holdsAt(one, sparsity) && !state.outdated.has(one.scoreId),
  );
}

/** Builds and scores a model as it is in the editor, and shows the result. */
export async function scoreModel(
  context: Context,
  model: ModelName,
  { method, sparsity }: ScoreRequest,
  job: Job,
  known?: Described,
): Promise<{ score: ScoreSummary; selection: Selection }> {
  const { store, data: chooser } = context;
  const described = known ?? (await describeModel(context, model, job));
  const { summary, revision } = described;
  // What is known so far is shown with the lines that belong to it.
  const isFirst = store.get(model)!.selection === undefined;
  let state = store.update(model, isFirst ? { summary, revision, failure: undefined } : { failure: undefined });
  const data = await chooser.dataFor({ ...state, summary }, method);
  const aim = sparsity ?? state.sparsity;
  const before = state.prunable.layers;
  const prunable = await prunableFor(state.file);
  const origin = await originOf(context, state.file, method);
  const score = await requestScore(context, state, described, { method, sparsity: aim, data }, job);
  state = store.update(model, { sparsity: aim, prunable });
  const selection = await selectFrom(context, state, score, false, job.signal);
  state = store.get(model)!;
  // Scores of the same weights stay, to be compared with; others are of no use any more.
  const isSame =
    !state.lost && prunable.layers === before && state.scored !== undefined && sameArchitecture(state.scored, summary);
  const others = isSame ? state.scores.filter((one) => one.method !== method) : [];
  const { estimate } = state;
  forget(context, state, [
    ...state.scores.filter((one) => !others.includes(one)),
    ...(estimate ? [estimate.score] : []),
  ]);
  const stale = editedSince(context, { ...state, summary }, revision);
  const origins = withOrigin({ ...state, scores: others, estimate: undefined }, score, origin);
  store.update(model, {
    summary,
    revision,
    scores: [...others, score],
    origins,
    scored: summary,
    shown: method,
    selection,
    stale,
    estimate: undefined,
    lost: false,
  });
  // The settings may have changed meanwhile.
  await updateOutdated(context, model);
  return { score, selection };
}
