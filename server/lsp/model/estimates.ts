/**
 * Estimates: cheap scores of a model as it has become by edits. They stand beside the scores that the user asked for, which
 * are kept and marked as out of date, and go when the edit is taken back or the model is scored again.
 */
import type { ModelName } from '../../protocol/results';
import type { Context } from '../context';
import { isCancelled, toErrorData } from '../failures';
import { holdsAt, type ModelState } from './models';
import { originOf, updateOutdated, withOrigin } from './origins';
import {
  type Described,
  describeModel,
  editedSince,
  forget,
  type Job,
  prunableFor,
  requestScore,
  selectFrom,
} from './scoring';

/** Takes away the estimate of a model; returns the change of its state. */
export function dropEstimate(context: Context, state: ModelState): Pick<ModelState, 'estimate'> {
  if (state.estimate) forget(context, state, [state.estimate.score]);
  return { estimate: undefined };
}

/** Scores a model, as it was described, by a cheap method, and keeps that as its estimate. */
export async function estimateModel(
  context: Context,
  model: ModelName,
  { method, data }: { readonly method: string; readonly data: string | undefined },
  described: Described,
  job: Job,
): Promise<void> {
  const { store } = context;
  const { summary, revision } = described;
  const { sparsity } = store.get(model)!;
  const origin = await originOf(context, store.get(model)!.file, method);
  const score = await requestScore(context, store.get(model)!, described, { method, sparsity, data }, job);
  const prunable = await prunableFor(store.get(model)!.file);
  const selection = await selectFrom(context, { ...store.get(model)!, sparsity, prunable }, score, false, job.signal);
  const state = store.get(model)!;
  if (!state.stale) {
    // The user has had it scored meanwhile.
    forget(context, state, [score]);
    return;
  }
  const stale = editedSince(context, { ...state, summary }, revision);
  const estimate = { summary, score, selection, stale };
  const origins = withOrigin({ ...state, estimate: undefined }, score, origin);
  store.update(model, { ...dropEstimate(context, state), summary, revision, failure: undefined, estimate, origins });
  await updateOutdated(context, model);
}

/** The sparsity, or what every layer keeps, has changed: the estimate follows, by a new scoring where it was made for another sparsity only. */
export async function followEstimate(context: Context, model: ModelName, signal: AbortSignal): Promise<void> {
  const { store } = context;
  const state = store.get(model);
  const { estimate } = state ?? {};
  if (!state || !estimate || !state.stale) return;
  try {
    if (holdsAt(estimate.score, state.sparsity)) {
      const selection = await selectFrom(context, state, estimate.score, false, signal);
      const now = store.get(model)!;
      if (now.estimate === estimate) store.update(model, { estimate: { ...estimate, selection } });
      return;
    }
    const job = { signal, report: () => {} };
    const { method, data } = estimate.score;
    await estimateModel(context, model, { method, data }, await describeModel(context, model, job), job);
  } catch (error) {
    // Numbers of another sparsity must not stay.
    if (!isCancelled(error)) context.log(`The estimate is given up: ${toErrorData(error).message}`);
    if (store.get(model)?.estimate === estimate) store.update(model, { estimate: undefined });
  }
}
