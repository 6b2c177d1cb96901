/** Magnitudes of trained weights, and the rounds of gradual pruning. */

import { usageError } from '../../protocol/errors';
import { activeMagnitudes, type Masks, selectMasks, type Weights } from '../../pruning';
import type { RunRequest } from '../request';

/** A round that comes this near to a sparsity has come to it: those of papers are rounded to a tenth of a percent. */
const TOLERANCE = 5e-4;

/**
 * Masks that keep the weights of the largest magnitude, of those that `before` keeps: a weight that is gone does not come
 * back.
 */
export function largestWeights(request: RunRequest, weights: Weights, sparsity: number, before?: Masks): Masks {
  const { model, request: wanted } = request.compared;
  const scores = new Map(model.prunable.map((name) => [name, activeMagnitudes(weights.get(name)!, before?.get(name))]));
  return selectMasks({ scores }, { sparsity, ...wanted.selection });
}

/** @throws a usage error where a pruning rate is no fraction. */
export function checkRate(rate: number): void {
  if (rate > 0 && rate < 1) return;
  throw usageError(`The pruning rate must be between 0 and 1, not ${rate}.`, '0.2 removes a fifth of what is left.');
}

/** Sparsities 1 - (1 - rate)^r of the rounds r = 1, 2, … that come before `sparsity`. */
export function roundsBefore(rate: number, sparsity: number): number[] {
  const rounds: number[] = [];
  for (let round = 1; ; round++) {
    const reached = 1 - (1 - rate) ** round;
    if (reached >= sparsity - TOLERANCE) return rounds;
    rounds.push(reached);
  }
}

/** One gradual pruning that serves all of the sparsities: its rounds, and what the last one leaves. */
export function gradualPlan(
  rate: number,
  sparsities: readonly number[],
): { readonly iterations: number; readonly finalSparsity: number } {
  const highest = Math.max(...sparsities);
  const iterations = roundsBefore(rate, highest).length + 1;
  return { iterations, finalSparsity: Math.max(highest, 1 - (1 - rate) ** iterations) };
}
