/** How many weights stay after each pruning iteration. */
import { usageError } from '../../protocol/errors';
import { keptCount } from '../../pruning/selection';
import type { RewindSettings } from '../types';

/** What decides the counts. */
export type PruningPlan = Pick<RewindSettings, 'iterations' | 'schedule' | 'finalSparsity'> & {
  /** Number n of prunable weights. */
  readonly weights: number;
};

/** As many as a survival count can tell apart. */
const MOST_ITERATIONS = 65535;

/**
 * Weights that stay after iteration i of m, out of n, when the final sparsity is s:
 * - `pct`: round(n (1 - s)^(i/m)), the same fraction of what is left at each iteration;
 * - `num`: round(n - i (n - k) / m), the same number at each iteration, where k = round((1 - s) n).
 *
 * It is n for iteration 0, exactly k for the last, and never rises.
 */
export function keptAfter({ weights, iterations, schedule, finalSparsity }: PruningPlan, iteration: number): number {
  const final = keptCount(weights, finalSparsity);
  if (iteration === iterations) return final;
  const share = iteration / iterations;
  // Rounded on its own way down, the fraction could fall below the final count by one.
  return schedule === 'pct'
    ? Math.max(final, Math.round(weights * (1 - finalSparsity) ** share))
    : Math.round(weights - share * (weights - final));
}

/**
 * @throws a usage error where settings are out of range, leave no weight, or rewind to an epoch that is no earlier one.
 */
export function checkRewindSettings(settings: RewindSettings, weights: number, epochs: number): void {
  const { iterations, finalSparsity, rewindEpoch } = settings;
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > MOST_ITERATIONS) {
    throw usageError(`The pruning iterations must be a whole number from 1 to ${MOST_ITERATIONS}, not ${iterations}.`);
  }
  if (!(finalSparsity > 0 && finalSparsity < 1)) {
    throw usageError(`The final sparsity must be between 0 and 1, not ${finalSparsity}.`, '0.99 removes 99 %.');
  }
  if (keptCount(weights, finalSparsity) < 1) {
    throw usageError(`A final sparsity of ${finalSparsity} leaves none of the ${weights} weights.`, 'Lower it.');
  }
  if (!Number.isInteger(rewindEpoch) || rewindEpoch < 0 || rewindEpoch >= epochs) {
    throw usageError(
      `The weights cannot be rewound to epoch ${rewindEpoch} of ${epochs}.`,
      `It must be a whole number from 0 (initialization) to ${epochs - 1}.`,
    );
  }
}
