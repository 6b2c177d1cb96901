/**
 * Estimates: cheap scores of a model as it has become by edits. They stand beside the scores that the user asked for, which
 * are kept and marked as out of date, and go when the edit is taken back or the model is scored again.
 */
import type { ModelName } from '../../protocol/results';
import type { Context } from '../context';
import { isCancelled, toErrorData } from '../failures';
import { originOf, updateOutdated } from './origins';
import {
  type Described,
  describeModel,
  editedSince,
  type Job,
  prunableFor,
  release,
  requestScore,
  selectFrom,
} from './scoring';
import { estimateOf, holdsAt, isEdited } from './selectors';

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
  const state = store.get(model)!;
  const { sparsity, file } = state;
  const origin = await originOf(context, state, method);
  const score = await requestScore(context, state, described, { method, sparsity, data }, job);
  const prunable = await prunableFor(file);
  const selection = await selectFrom(context, { model, file, sparsity, prunable }, score, false, job.signal);
  const before = store.get(model)!;
  const edited = editedSince(context, before, described);
  const after = store.dispatch(model, { kind: 'estimated', summary, revision, edited, score, origin, selection });
  // The user has had it scored meanwhile.
  if (after === before) release(context, before, [score]);
  else await updateOutdated(context, model);
}

/** The sparsity, or what every layer keeps, has changed: the estimate follows, by a new scoring where it was made for another sparsity only. */
export async function followEstimate(context: Context, model: ModelName, signal: AbortSignal): Promise<void> {
  const { store } = context;
  const state = store.get(model);
  const estimate = state && estimateOf(state);
  if (!estimate || !isEdited(state)) return;
  const { sparsity } = state;
  const { score } = estimate.held;
  try {
    if (holdsAt(score, sparsity)) {
      const selection = await selectFrom(context, state, score, false, signal);
      store.dispatch(model, { kind: 'selected', sparsity, selection });
      return;
    }
    const job = { signal, report: () => {} };
    const { method, data } = score;
    await estimateModel(context, model, { method, data }, await describeModel(context, model, job), job);
  } catch (error) {
    // Numbers of another sparsity must not stay.
    if (!isCancelled(error)) context.log(`The estimate is given up: ${toErrorData(error).message}`);
    store.dispatch(model, { kind: 'estimateGivenUp', scoreId: score.scoreId });
  }
}
