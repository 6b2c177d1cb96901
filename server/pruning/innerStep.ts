/**
 * The inner step of ProsPr that fits a network: the largest one with which rounding does not decide the scores. Its meta-gradient
 * is worse conditioned the longer the steps are, and a mask of a step too long is noise.
 */
import { createHash } from 'node:crypto';
import { compilingOnce } from '../executors/compilingOnce';
import type { Batch } from '../protocol/data';
import { compareScorings } from './compareScorings';
import { examplesOf } from './parts';
import { PROSPR_OPTIONS } from './prospr';
import { checked, type ScoringRequest, scoreOnce, scoreUnchecked, withWarnings } from './scoreOnce';
import { changedWeights, comparedSparsity, weightsStability } from './stability';
import type { ChosenOptions, Criterion, InnerStep, Saliency, ScoringOptions } from './types';

/** Rates that are tried, the largest first. */
export const LADDER = [0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 3e-5, 1e-5] as const;

/** Masks of two scorings share at least this part. */
export const STABLE_IOU = 0.95;

/** A trial is on this part of a batch, so that all of them cost about one scoring. */
const TRIAL_SHARE = 1 / 8;
const FEWEST_EXAMPLES = 8;
/** Of the weights of a trial. */
const TRIAL_CHANGE = 1e-6;

/** Whether a criterion's scores depend on an inner step. */
export function usesInnerStep({ options }: Pick<Criterion, 'options'>): boolean {
  return options?.some(({ name }) => name === PROSPR_OPTIONS.innerLr.name) ?? false;
}

/** The first examples of a batch, with their labels. */
function partOf(batch: Batch): Batch {
  const { size } = batch;
  return examplesOf(batch, 0, Math.min(size, Math.max(Math.ceil(size * TRIAL_SHARE), FEWEST_EXAMPLES)));
}

/** Where a choice is remembered: everything that it follows from. */
async function keyOf(request: ScoringRequest, options: ScoringOptions): Promise<string> {
  const { network, weights, prunable, criterion, selection, stability, givenBatches, batches } = request;
  const { gradientNorms: _shown, ...heeded } = options;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([network.fingerprint, prunable, criterion.name, heeded, selection, stability]));
  for (const [name, values] of weights) hash.update(name).update(values);
  for (const { x, y } of givenBatches ?? (await batches!(1))) hash.update(x).update(y);
  return hash.digest('hex');
}

const isFiniteEverywhere = ({ scores }: Saliency) =>
  [...scores.values()].every((values) => values.every(Number.isFinite));

/** Progress is that of the scores themselves. */
function quiet({ onProgress: _, ...request }: ScoringRequest): ScoringRequest {
  return request;
}

/** Scores of one step, with the weights changed and not, are made by the same programs. */
async function withSamePrograms<T>(request: ScoringRequest, work: (request: ScoringRequest) => Promise<T>): Promise<T> {
  const { executor, end } = compilingOnce(request.executor);
  try {
    return await work({ ...request, executor });
  } finally {
    await end();
  }
}

/** Whether a trial with this rate, all steps on one small batch, keeps its mask when the weights change. */
function isStable(request: ScoringRequest, options: ScoringOptions, trial: Batch, rate: number): Promise<boolean> {
  const tried = { ...options, sameBatch: true, draws: 1, gradientNorms: false, innerLearningRate: rate };
  return withSamePrograms(request, async (same) => {
    const score = (weights = same.weights) => scoreUnchecked({ ...quiet(same), weights, givenBatches: [trial] }, tried);
    const before = await score();
    if (!isFiniteEverywhere(before)) return false;
    const after = await score(changedWeights(same, TRIAL_CHANGE, 0));
    if (!isFiniteEverywhere(after)) return false;
    const selection = { ...same.selection, sparsity: comparedSparsity(options) };
    return compareScorings(same.network, [before, after], selection).maskIou >= STABLE_IOU;
  });
}

/** The first rung that trials find stable, by bisection; the last one where none is. */
async function firstRung(request: ScoringRequest, options: ScoringOptions): Promise<number> {
  const [first] = request.givenBatches ?? (await request.batches!(1));
  const trial = partOf(first);
  let [low, high] = [0, LADDER.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await isStable(request, options, trial, LADDER[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What is told of a step with which masks are not stable all the same. */
function doubts({ innerLr, maskIou }: InnerStep): string[] {
  if (maskIou >= STABLE_IOU) return [];
  return [
    `No inner step down to ${LADDER[LADDER.length - 1]} gives scores that rounding does not decide: with weights changed a little, ` +
      `the masks share ${(100 * maskIou).toFixed(0)} %. The lowest one, ${innerLr}, is taken.`,
  ];
}

const told = (saliency: Saliency, step: InnerStep): Saliency =>
  withWarnings({ ...saliency, diagnostics: { ...saliency.diagnostics, innerLr: step.innerLr } }, doubts(step));

/** The scores on all batches with a rung of the ladder; undefined where they are not stable, or not finite. */
function scoreRung(
  request: ScoringRequest,
  options: ScoringOptions,
  rung: number,
): Promise<[InnerStep, Saliency] | undefined> {
  const chosen: ChosenOptions = { ...options, innerLearningRate: LADDER[rung] };
  const isLast = rung === LADDER.length - 1;
  return withSamePrograms(request, async (same) => {
    const unchecked = await scoreUnchecked(same, chosen);
    if (!isLast && !isFiniteEverywhere(unchecked)) return undefined;
    const confirmed = await weightsStability(quiet(same), chosen, unchecked);
    const { maskIou } = confirmed;
    if (maskIou < STABLE_IOU && !isLast) return undefined;
    return [
      { innerLr: LADDER[rung], maskIou },
      { ...checked(request, chosen, unchecked), confirmed },
    ];
  });
}

/** Goes down the ladder until the scores on all batches are stable too. */
async function confirm(
  request: ScoringRequest,
  options: ScoringOptions,
  start: number,
): Promise<[InnerStep, Saliency]> {
  for (let rung = start; ; rung++) {
    const found = await scoreRung(request, options, rung);
    if (found) return found;
  }
}

/**
 * Scores with the largest step of the ladder that is stable: trials on a part of one batch say where to begin, and the scores
 * themselves confirm it. The trials cost about one scoring, each rung two.
 *
 * @throws a UserError where data is absent, nothing is prunable, or a score is not finite even with the lowest step.
 */
export async function scoreWithFittingStep(request: ScoringRequest, options: ScoringOptions): Promise<Saliency> {
  const { innerSteps } = request;
  const [longest] = LADDER;
  const scoreWith = (rate: number) => scoreOnce(request, { ...options, innerLearningRate: rate });
  // Without steps their length is nothing to choose; what is missing is told by the scoring itself.
  if (options.steps === 0 || request.prunable.length === 0 || !(request.batches || request.givenBatches)) {
    return told(await scoreWith(longest), { innerLr: longest, maskIou: 1 });
  }
  const key = await keyOf(request, options);
  const known = await innerSteps?.recall(key);
  if (known) return told(await scoreWith(known.innerLr), known);
  const [step, saliency] = await confirm(request, options, await firstRung(request, options));
  await innerSteps?.remember(key, step);
  return told(saliency, step);
}
