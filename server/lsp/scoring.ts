/** Describing, scoring and selecting: what changes the state of a model. */

import { usageError } from '../protocol/errors';
import type { ModelName, ModelSummary, ScoreSummary, Selection } from '../protocol/results';
import type { UnsavedFile, WorkerProgress } from '../protocol/worker';
import { settingsFor } from '../settings/find';
import type { Context } from './context';
import { isCancelled, toErrorData } from './failures';
import { methodTitle } from './methods';
import { filesOf, type ModelState, shownScore } from './models';
import { shortName } from './text';

export interface Job {
  readonly signal: AbortSignal;
  readonly report: (progress: WorkerProgress) => void;
}

/** Code of a call that names a score which the process does not hold (any more). */
const UNKNOWN_SCORE = 2;

function isUnknownScore(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === UNKNOWN_SCORE;
}

/**
 * Refuses models whose code may not run.
 *
 * @throws UserError (usage) in an untrusted workspace.
 */
export function checkTrust(context: Context, file: string): void {
  if (context.isTrusted() || file.toLowerCase().endsWith('.json')) return;
  throw usageError(
    'This workspace is not trusted, so PruneLens does not run the code of its models.',
    'Trust the workspace, or use Keras models (.json).',
  );
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
  checkTrust(context, state.file);
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

/** Selects at the model's sparsity and shows it. With `paths`, weights on no path are found as well. */
async function select(context: Context, model: ModelName, score: ScoreSummary, paths: boolean, signal?: AbortSignal) {
  const state = context.store.get(model)!;
  const { sparsity, minPerLayer } = state;
  const params = {
    scoreId: score.scoreId,
    sparsity,
    paths,
    ...(minPerLayer !== undefined && { minPerLayer }),
  };
  const title = `${paths ? 'Following paths in' : 'Selecting weights of'} ${shortName(model)}`;
  return context.folders.engine(state.file).call('select', params, { title, ...(signal && { signal }) });
}

export interface ScoreRequest {
  readonly method: string;
  readonly sparsity?: number;
}

/** Parameters of scores and trainings that settings and the session give. */
export async function commonParams(context: Context, state: ModelState) {
  const { backend, seed } = await context.settings(state.file);
  // Layers named here would take the place of those in prunelens.json.
  const excluded = state.exclude.length > 0 ? ((await settingsFor(state.file)).prunable?.exclude ?? []) : [];
  return {
    model: state.model,
    ...(backend !== undefined && { backend }),
    ...(seed !== undefined && { seed }),
    ...(state.exclude.length > 0 && { exclude: [...excluded, ...state.exclude] }),
    ...(state.minPerLayer !== undefined && { minPerLayer: state.minPerLayer }),
  };
}

/** Frees scores that nothing refers to any more. */
function forget(context: Context, file: string, scores: readonly ScoreSummary[]): void {
  for (const { scoreId } of scores) {
    // A process that is gone has forgotten them anyway.
    context.folders
      .engine(file)
      .call('forget', { scoreId })
      .catch((error) => context.log(`Freeing a score failed: ${toErrorData(error).message}`));
  }
}

/** Builds and scores a model as it is in the editor, and shows the result. */
export async function scoreModel(
  context: Context,
  model: ModelName,
  { method, sparsity }: ScoreRequest,
  job: Job,
  described?: Described,
): Promise<{ score: ScoreSummary; selection: Selection }> {
  const { store, folders, data: chooser } = context;
  const { summary, revision, unsaved } = described ?? (await describeModel(context, model, job));
  // What is known so far is shown with the lines that belong to it.
  let state = store.get(model)!;
  const isFirst = state.selection === undefined;
  state = store.update(model, isFirst ? { summary, revision, failure: undefined } : { failure: undefined });
  const data = await chooser.dataFor({ ...state, summary }, method);
  const aim = sparsity ?? state.sparsity;
  const score = await folders
    .engine(state.file)
    .call(
      'score',
      { ...(await commonParams(context, state)), unsaved, method, sparsity: aim, ...(data !== undefined && { data }) },
      { signal: job.signal, onProgress: job.report, title: `${methodTitle(method)} on ${shortName(model)}` },
    );
  store.update(model, { sparsity: aim });
  const selection = await select(context, model, score, false, job.signal);
  state = store.get(model)!;
  // Scores of the same architecture stay, to be compared with; others are of no use any more.
  const isSame = !state.lost && !state.stale && state.exclude.length === 0;
  const others = isSame ? state.scores.filter((one) => one.method !== method) : [];
  forget(context, state.file, state.lost ? [] : state.scores.filter((one) => !others.includes(one)));
  const stale = editedSince(context, { ...state, summary }, revision);
  store.update(model, {
    summary,
    revision,
    scores: [...others, score],
    shown: method,
    selection,
    stale,
    lost: false,
  });
  return { score, selection };
}

/** Selects again, after scoring again where the process that held the score is gone. */
async function selectAgain(context: Context, model: ModelName, method: string, paths: boolean, job: Job) {
  const state = context.store.get(model)!;
  const score = state.scores.find((one) => one.method === method);
  if (!score || state.lost) return (await scoreModel(context, model, { method }, job)).selection;
  try {
    return await select(context, model, score, paths, job.signal);
  } catch (error) {
    if (!isUnknownScore(error)) throw error;
    context.store.update(model, { lost: true });
    return (await scoreModel(context, model, { method }, job)).selection;
  }
}

/**
 * Shows a method's score at a sparsity.
 *
 * @throws UserError (usage) where the model has no score of that method.
 */
export async function showSelection(
  context: Context,
  model: ModelName,
  change: { method?: string; sparsity: number; paths: boolean; minPerLayer?: number },
  job: Job,
): Promise<Selection> {
  const { store } = context;
  const state = store.get(model);
  const method = change.method ?? state?.shown;
  if (!state || method === undefined || !state.scores.some((one) => one.method === method)) {
    const what = method === undefined ? 'no score yet' : `no score by ${methodTitle(method)}`;
    throw usageError(`${shortName(model)} has ${what}.`, 'Score it first.');
  }
  const { sparsity, minPerLayer } = change;
  // The aim is set at once, so that a later change is not undone by the answer to an earlier one.
  store.update(model, { sparsity, ...(minPerLayer !== undefined && { minPerLayer }) });
  let selection: Selection;
  try {
    selection = await selectAgain(context, model, method, change.paths, job);
  } catch (error) {
    // What cannot be selected must not stay the aim, unless another has been set meanwhile.
    if (!isCancelled(error) && store.get(model)?.sparsity === sparsity) {
      store.update(model, { sparsity: state.sparsity, minPerLayer: state.minPerLayer });
    }
    throw error;
  }
  const now = store.get(model)!;
  if (now.sparsity === sparsity) store.update(model, { shown: method, selection });
  return selection;
}

/** Adds to the shown selection which weights are on no path. Does nothing where the selection has changed meanwhile. */
export async function followPaths(context: Context, model: ModelName, signal: AbortSignal): Promise<void> {
  const { store } = context;
  const state = store.get(model);
  const score = state && shownScore(state);
  if (!state?.selection || !score || state.lost || state.stale) return;
  const shown = state.selection;
  try {
    const selection = await select(context, model, score, true, signal);
    if (store.get(model)?.selection === shown && !signal.aborted) store.update(model, { selection });
  } catch (error) {
    if (isUnknownScore(error)) store.update(model, { lost: true });
    else if (!isCancelled(error)) context.log(`Following paths failed: ${toErrorData(error).message}`);
  }
}
