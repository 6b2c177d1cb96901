/** Distribution of the logarithms of scores, counted on their sorted copies. */
import { usageError } from '../../protocol/errors';
import type { Histogram } from '../../protocol/results';
import { countBelow } from '../scores/ranking';
import { parameterOf } from '../scores/store';
import type { CallHandler } from '../session';

/** Number of values whose magnitude is above 0 and below `limit`. */
function countWithin(sorted: Float32Array, limit: number): number {
  const positive = countBelow(sorted, limit, false) - countBelow(sorted, 0, true);
  const negative = countBelow(sorted, 0, false) - countBelow(sorted, -limit, true);
  return Math.max(0, positive) + Math.max(0, negative);
}

/** Least and greatest magnitude above 0; undefined where all are 0. */
function magnitudes(sorted: Float32Array): readonly [number, number] | undefined {
  const negativeEnd = countBelow(sorted, 0, false);
  const positiveStart = countBelow(sorted, 0, true);
  const found = [
    ...(negativeEnd > 0 ? [-sorted[negativeEnd - 1], -sorted[0]] : []),
    ...(positiveStart < sorted.length ? [sorted[positiveStart], sorted[sorted.length - 1]] : []),
  ];
  return found.length === 0 ? undefined : [Math.min(...found), Math.max(...found)];
}

/** The histogram of several tensors together, each sorted ascending. */
export function histogramOf(tensors: readonly Float32Array[], bins: number): Histogram {
  const extremes = tensors.map(magnitudes).filter((pair) => pair !== undefined);
  const zeros = tensors.reduce((sum, sorted) => sum + countBelow(sorted, 0, true) - countBelow(sorted, 0, false), 0);
  if (extremes.length === 0) return { low: 0, high: 0, counts: new Array<number>(bins).fill(0), zeros };
  const low = Math.log10(Math.min(...extremes.map(([least]) => least)));
  const high = Math.log10(Math.max(...extremes.map(([, greatest]) => greatest)));
  const below = Array.from({ length: bins + 1 }, (_, i) => {
    if (i === 0) return 0;
    // The last bin has its upper end in it, whatever the rounding.
    const limit = i === bins ? Number.POSITIVE_INFINITY : 10 ** (low + ((high - low) * i) / bins);
    return tensors.reduce((sum, sorted) => sum + countWithin(sorted, limit), 0);
  });
  return { low, high, counts: Array.from({ length: bins }, (_, i) => below[i + 1] - below[i]), zeros };
}

export const histogram: CallHandler<'histogram'> = ({ scoreId, weight, bins }, { session }) => {
  const score = session.scores.get(scoreId);
  if (!Number.isSafeInteger(bins) || bins < 1 || bins > 10_000) {
    throw usageError(`A histogram has 1 to 10,000 bins, not ${bins}.`);
  }
  if (weight !== undefined) parameterOf(score, weight);
  const tensors = score.ranking.tensors.filter(({ name }) => weight === undefined || name === weight);
  return histogramOf(
    tensors.map(({ sorted }) => sorted),
    bins,
  );
};
