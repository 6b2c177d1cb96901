/** Showing what a sparsity leaves: from scores that are there, or from new ones where those do not say. */
import { usageError } from '../../protocol/errors';
import type { ModelName, ScoreSummary, Selection } from '../../protocol/results';
import type { Context } from '../context';
import { isCancelled, isUnknownScore, toErrorData } from '../failures';
import { methodTitle } from '../methods';
import { percent } from '../text';
import { followEstimate } from './estimates';
import { type Job, scoreModel, selectFrom } from './scoring';
import { estimateOf, holdsAt, isEdited, isLost, resultsOf, scoreAtLines, scoresOf, shownAtLines } from './selectors';
import type { ModelState } from './state';

export interface SelectionChange {
  readonly method?: string;
  readonly sparsity: number;
  /** Whether to find the weights on a path. */
  readonly paths: boolean;
  /**
   * Whether to score again where the score was made for another sparsity and holds for that only. While a slider is on its
   * way that would be too often; what is shown then comes from the scores there are.
   */
  readonly renew: boolean;
}

/** Scores for a sparsity under a progress of its own, which can be cancelled. */
async function renewScore(context: Context, model: ModelName, method: string, sparsity: number, signal: AbortSignal) {
  const title = `Scoring ${context.nameOf(model)} by ${methodTitle(method)} for ${percent(sparsity)}`;
  return context.progress.during({ title }, (job) =>
    scoreModel(context, model, { method, sparsity }, { ...job, signal: AbortSignal.any([signal, job.signal]) }),
  );
}

async function selectAgain(
  context: Context,
  state: ModelState,
  score: ScoreSummary,
  { sparsity, paths, renew }: SelectionChange,
  signal: AbortSignal,
): Promise<Selection> {
  const { model } = state;
  const again = async () => (await renewScore(context, model, score.method, sparsity, signal)).selection;
  if (isLost(state) || (renew && !holdsAt(score, sparsity))) return again();
  try {
    return await selectFrom(context, state, score, paths, signal);
  } catch (error) {
    if (!isUnknownScore(error)) throw error;
    context.store.dispatch(model, { kind: 'scoreMissing', scoreId: score.scoreId });
    return again();
  }
}

async function show(
  context: Context,
  model: ModelName,
  change: SelectionChange,
  signal: AbortSignal,
): Promise<Selection> {
  const { store } = context;
  const before = store.get(model);
  const method = change.method ?? (before && resultsOf(before)?.shown);
  const score = before && scoresOf(before).find((one) => one.method === method);
  if (!score) {
    const what = method === undefined ? 'no score yet' : `no score by ${methodTitle(method)}`;
    throw usageError(`${context.nameOf(model)} has ${what}.`, 'Score it first.');
  }
  const { sparsity } = change;
  // The aim is set at once, so that a later change is not undone by the answer to an earlier one.
  const state = store.dispatch(model, { kind: 'aimed', sparsity });
  try {
    const selection = await selectAgain(context, state, score, change, signal);
    store.dispatch(model, { kind: 'selected', sparsity, selection });
    return selection;
  } catch (error) {
    store.dispatch(model, { kind: 'aimGivenUp', sparsity });
    throw error;
  }
}

/**
 * Shows a method's score at a sparsity. A later call for the same model cancels the scoring of an earlier one.
 *
 * @throws UserError (usage) where the model has no score of that method.
 */
export async function showSelection(
  context: Context,
  model: ModelName,
  change: SelectionChange,
  job: Pick<Job, 'signal'>,
): Promise<Selection> {
  const selection = await (change.renew
    ? context.latest.run(model, job.signal, (signal) => show(context, model, change, signal))
    : show(context, model, change, job.signal));
  await followEstimate(context, model, job.signal);
  return selection;
}

/** Adds to what the lines of layers show which weights are on no path. Does nothing where that has changed meanwhile. */
export async function followPaths(context: Context, model: ModelName, signal: AbortSignal): Promise<void> {
  const { store } = context;
  const state = store.get(model);
  const score = state && scoreAtLines(state);
  if (!score || isLost(state)) return;
  const { selection: of } = shownAtLines(state)!;
  if (estimateOf(state)?.stale ?? isEdited(state)) return;
  try {
    const selection = await selectFrom(context, state, score, true, signal);
    if (!signal.aborted) store.dispatch(model, { kind: 'pathsFollowed', of, selection });
  } catch (error) {
    if (isUnknownScore(error)) store.dispatch(model, { kind: 'scoreMissing', scoreId: score.scoreId });
    else if (!isCancelled(error)) context.log(`Following paths failed: ${toErrorData(error).message}`);
  }
}
