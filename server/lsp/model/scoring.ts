/** Describing and scoring: what changes the state of a model. */
import { checkTrust as checkModel, parseModelSpecifier } from '../../frontends';
import type { AskedOptions } from '../../protocol/catalogue/values';
import { usageError } from '../../protocol/errors';
import type { ModelName, ScoreSummary, Selection } from '../../protocol/results';
import type { DataCheck, ScoreParams, UnsavedFile, WorkerProgress } from '../../protocol/worker';
import { settingsFor } from '../../settings/find';
import type { Context } from '../context';
import { toErrorData } from '../failures';
import { methodTitle } from '../methods';
import { originOf, updateOutdated } from './origins';
import { failureOf, filesOf, resultsOf, summaryOf } from './selectors';
import type { Built, ModelState, Prunable } from './state';

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

/** The same for a model that is to be trained: in an untrusted workspace none is, not even one that is data. @throws UserError (usage) */
export function checkMayTrain(context: Context, model: ModelName): void {
  checkTrust(context, model);
  if (!context.isTrusted()) throw usageError('The workspace is not trusted, so nothing is trained.', 'Trust it first.');
}

/** Whether a file of the model, as it was described, has been edited since. */
export function editedSince(context: Context, state: ModelState, { summary, revision }: Built): boolean {
  return [...filesOf(state, summary)].some((file) => context.documents.lastEdit(file) > revision);
}

/** A model as it was at a revision of the documents. */
export interface Described extends Built {
  readonly unsaved: readonly UnsavedFile[];
}

/**
 * Builds the model as it is in the editor. A failure becomes the model's failure (with the last good result kept), and is
 * thrown on.
 */
export async function describeModel(context: Context, model: ModelName, job: Job): Promise<Described> {
  const { documents, folders, store } = context;
  const state = store.dispatch(model, { kind: 'opened' });
  checkTrust(context, model);
  const revision = documents.revision();
  const unsaved = documents.unsaved();
  try {
    // Not queued: what is wrong with a model is told while another one trains.
    const options = { signal: job.signal, onProgress: job.report, queue: false };
    const python = await context.python(state.file);
    const params = { model, unsaved, ...(python && { python }) };
    const summary = await folders.engine(state.file).call('describe', params, options);
    return { summary, revision, unsaved };
  } catch (error) {
    const failure = toErrorData(error);
    if (failure.kind !== 'cancelled') store.dispatch(model, { kind: 'failed', failure, revision });
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
  { model, file, sparsity, prunable: { minPerLayer } }: Pick<ModelState, 'model' | 'file' | 'sparsity' | 'prunable'>,
  { scoreId }: ScoreSummary,
  paths: boolean,
  signal?: AbortSignal,
): Promise<Selection> {
  const title = `${paths ? 'Following paths in' : 'Selecting weights of'} ${context.nameOf(model)}`;
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
  const python = await context.python(file);
  return {
    model,
    ...(backend !== undefined && { backend }),
    ...(python && { python }),
    ...(seed !== undefined && { seed }),
  };
}

/** What to pass as `data` for work by a method, or that trains where none is named: nothing where its options or prunelens.json say it; asked for where nobody has. */
export async function dataOf(
  { data: chooser }: Pick<Context, 'data'>,
  state: ModelState,
  options: AskedOptions | undefined,
  method?: string,
): Promise<string | undefined> {
  return options?.data === undefined ? chooser.dataFor(state, method) : undefined;
}

/** Which of some data sets fit a model as it is in the editor. */
export async function checkData(
  context: Context,
  model: ModelName,
  data: readonly string[],
  signal?: AbortSignal,
): Promise<readonly DataCheck[]> {
  const { store, documents, folders } = context;
  const state = store.dispatch(model, { kind: 'opened' });
  checkTrust(context, model);
  const fingerprint = summaryOf(state)?.fingerprint;
  const params = {
    ...(await commonParams(context, state)),
    unsaved: documents.unsaved(),
    data,
    ...(fingerprint !== undefined && !failureOf(state) && { fingerprint }),
  };
  return folders.engine(state.file).call('checkData', params, signal && { signal });
}

/** What is scored, and how. */
export interface Asked {
  readonly method: string;
  readonly sparsity: number;
  readonly data: string | undefined;
  /** In place of that of the settings. */
  readonly seed?: number;
  /** Whether the scores are to be there after a reload. */
  readonly keep?: boolean;
  /** The most examples in a batch. */
  readonly examples?: number;
}

async function scoreParams(
  context: Context,
  state: ModelState,
  { unsaved, summary: { fingerprint } }: Described,
  { data, ...asked }: Asked,
): Promise<ScoreParams> {
  return {
    ...(await commonParams(context, state)),
    unsaved,
    ...asked,
    ...(data !== undefined && { data }),
    ...(fingerprint !== undefined && { fingerprint }),
  };
}

/** The score of a described model that was kept on disk; null where there is none. Changes no state. */
export async function restoreScore(
  context: Context,
  state: ModelState,
  described: Described,
  asked: Asked,
  { signal }: Job,
): Promise<ScoreSummary | null> {
  const params = await scoreParams(context, state, described, asked);
  return context.folders.engine(state.file).call('restoreScore', params, { signal });
}

/** Has a described model scored. Changes no state. */
export async function requestScore(
  context: Context,
  state: ModelState,
  described: Described,
  asked: Asked,
  job: Job,
): Promise<ScoreSummary> {
  const { method } = asked;
  const params = await scoreParams(context, state, described, asked);
  const title = `${methodTitle(method)} on ${context.nameOf(state.model)}`;
  return context.folders
    .engine(state.file)
    .call('score', params, { signal: job.signal, onProgress: job.report, title });
}

/** Frees scores that nothing refers to any more. */
export function release(context: Context, { file }: ModelState, scores: readonly ScoreSummary[]): void {
  for (const { scoreId } of scores) {
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
  known?: Described,
): Promise<{ score: ScoreSummary; selection: Selection }> {
  const { store, data: chooser } = context;
  const described = known ?? (await describeModel(context, model, job));
  const { summary, revision } = described;
  const before = store.get(model)!;
  // What is known so far is shown with the lines that belong to it.
  const state = resultsOf(before)
    ? store.dispatch(model, { kind: 'mended' })
    : store.dispatch(model, { kind: 'described', summary, revision, edited: editedSince(context, before, described) });
  const data = await chooser.dataFor(state, method, summary);
  const aim = sparsity ?? state.sparsity;
  const prunable = await prunableFor(state.file);
  const origin = await originOf(context, store.get(model)!, method);
  const score = await requestScore(context, state, described, { method, sparsity: aim, data, keep: true }, job);
  store.dispatch(model, { kind: 'prunableRead', prunable });
  const selection = await selectFrom(
    context,
    store.dispatch(model, { kind: 'aimed', sparsity: aim }),
    score,
    false,
    job.signal,
  );
  const edited = editedSince(context, store.get(model)!, described);
  const { layers } = prunable;
  store.dispatch(model, { kind: 'scored', summary, revision, edited, score, origin, layers, selection });
  // The settings may have changed meanwhile.
  await updateOutdated(context, model);
  return { score, selection };
}
