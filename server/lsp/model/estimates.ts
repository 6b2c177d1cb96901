/**
 * Estimates: cheap scores of a model as it has become by edits. They stand beside the scores that the user asked for, which
 * are kept and marked as out of date, and go when the edit is taken back or the model is scored again.
 */
import { needsData } from '../../protocol/catalogue/methods';
import { MODEL_OPTIONS } from '../../protocol/catalogue/options';
import type { ModelName, ModelSummary } from '../../protocol/results';
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

/** Multiply-accumulates of one pass forwards that an estimate may take: with both ways back a second or two on two cores. */
const MOST_MACS = 1.2e10;

/** Batch normalization wants some. */
const LEAST_EXAMPLES = 16;

/** The examples that an estimate of a model by a method is made on; undefined where it is quick enough on all. */
export function examplesFor({ layers }: Pick<ModelSummary, 'layers'>, method: string): number | undefined {
  if (!needsData(method)) return undefined;
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  const fitting = Math.max(LEAST_EXAMPLES, Math.floor(MOST_MACS / macs));
  return fitting < MODEL_OPTIONS.batchSize.default ? fitting : undefined;
}

/** How a model is estimated. */
interface EstimateRequest {
  readonly method: string;
  readonly data: string | undefined;
  readonly examples?: number;
}

/** Scores a model, as it was described, by a cheap method, and keeps that as its estimate. */
export async function estimateModel(
  context: Context,
  model: ModelName,
  { method, data, examples }: EstimateRequest,
  described: Described,
  job: Job,
): Promise<void> {
  const { store } = context;
  const { summary, revision } = described;
  const state = store.get(model)!;
  const { sparsity, file } = state;
  const origin = await originOf(context, state, method);
  const score = await requestScore(
    context,
    state,
    described,
    { method, sparsity, data, ...(examples && { examples }) },
    job,
  );
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
    const { method, data, examples } = score;
    const asked = { method, data, ...(examples && { examples }) };
    await estimateModel(context, model, asked, await describeModel(context, model, job), job);
  } catch (error) {
    // Numbers of another sparsity must not stay.
    if (!isCancelled(error)) context.log(`The estimate is given up: ${toErrorData(error).message}`);
    store.dispatch(model, { kind: 'estimateGivenUp', scoreId: score.scoreId });
  }
}
