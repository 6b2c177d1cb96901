/** Distribution of scores, parted by the mask, counted in their order. */
import { usageError } from '../../protocol/errors';
import type { Histogram, MaskCounts } from '../../protocol/results';
import type { Ascending } from '../../pruning/ascending';
import { parameterOf } from '../scores/store';
import type { CallHandler } from '../session';

/** One tensor's scores, of which the mask keeps the last `kept`. */
export interface PartedScores {
  readonly sorted: Ascending;
  readonly kept: number;
}

/** The score of weights that a criterion in rounds has removed before its last one. */
const REMOVED_EARLIER = -1;

function sumOf<T>(values: readonly T[], numberOf: (value: T) => number): number {
  return values.reduce((sum, value) => sum + numberOf(value), 0);
}

/** How many scores are below a limit, or at most there. */
function countsBelow(tensors: readonly PartedScores[], limit: number, orEqual: boolean): MaskCounts {
  const counts = tensors.map(({ sorted, kept }) => {
    const all = sorted.countBelow(limit, orEqual);
    const removed = Math.min(all, sorted.length - kept);
    return { removed, kept: all - removed };
  });
  return { removed: sumOf(counts, ({ removed }) => removed), kept: sumOf(counts, ({ kept }) => kept) };
}

function difference(upper: MaskCounts, lower: MaskCounts): MaskCounts {
  return { removed: upper.removed - lower.removed, kept: upper.kept - lower.kept };
}

/** The least score that is kept, where no removed one is above it. */
function commonThreshold(tensors: readonly PartedScores[]): number | undefined {
  const least = Math.min(...tensors.flatMap(({ sorted, kept }) => (kept > 0 ? [sorted.at(sorted.length - kept)] : [])));
  const most = tensors.flatMap(({ sorted, kept }) =>
    kept < sorted.length ? [sorted.at(sorted.length - kept - 1)] : [],
  );
  return Number.isFinite(least) && most.every((score) => score <= least) ? least : undefined;
}

/** Whether all scores below 0 are those of weights that were removed in rounds before the last one. */
function isInRounds(tensors: readonly PartedScores[]): boolean {
  return tensors.every(({ sorted }) => {
    const negative = sorted.countBelow(0, false);
    return negative === 0 || (sorted.at(0) === REMOVED_EARLIER && sorted.at(negative - 1) === REMOVED_EARLIER);
  });
}

/** Median magnitude of the scores that are not 0, a little off: of every tensor's own median, the middle one. */
function typicalMagnitude(tensors: readonly PartedScores[]): number {
  const middles = tensors.flatMap(({ sorted }) => {
    const quarter = [0.25, 0.75].map((part) => Math.abs(sorted.at(Math.floor(part * (sorted.length - 1)))));
    return quarter.filter((value) => value > 0);
  });
  middles.sort((a, b) => a - b);
  return middles[Math.floor(middles.length / 2)] ?? 1;
}

/** Counts between the edges; the last bin has its upper end in it, whatever the rounding. */
function binned(tensors: readonly PartedScores[], edges: readonly number[], first: MaskCounts) {
  const below = edges.map((edge, i) => {
    if (i === 0) return first;
    return countsBelow(tensors, i === edges.length - 1 ? Number.POSITIVE_INFINITY : edge, false);
  });
  const bins = below.slice(1).map((upper, i) => difference(upper, below[i]));
  return { removed: bins.map(({ removed }) => removed), kept: bins.map(({ kept }) => kept) };
}

/** Edges of bins of equal width from `low` to `high`, in scores. */
function edgesOf(low: number, high: number, bins: number, scoreOf: (place: number) => number): number[] {
  return Array.from({ length: bins + 1 }, (_, i) => scoreOf(low + ((high - low) * i) / bins));
}

/** The histogram of several tensors together. */
export function histogramOf(all: readonly PartedScores[], bins: number): Histogram {
  const tensors = all.filter(({ sorted }) => sorted.length > 0);
  const total = countsBelow(tensors, Number.POSITIVE_INFINITY, true);
  const threshold = commonThreshold(tensors);
  const facts = { total, ...(threshold !== undefined && { threshold }) };
  const nothing = { removed: 0, kept: 0 };
  if (!isInRounds(tensors)) {
    const unit = typicalMagnitude(tensors);
    const low = Math.asinh(Math.min(...tensors.map(({ sorted }) => sorted.at(0))) / unit);
    const high = Math.asinh(Math.max(...tensors.map(({ sorted }) => sorted.at(sorted.length - 1))) / unit);
    const edges = edgesOf(low, high, bins, (place) => unit * Math.sinh(place));
    const counts = binned(tensors, edges, nothing);
    return { axis: 'signed', unit, low, high, ...counts, ...facts, zeros: nothing, removedEarlier: 0 };
  }
  const negative = countsBelow(tensors, 0, false);
  const upToZero = countsBelow(tensors, 0, true);
  const zeros = difference(upToZero, negative);
  const positive = tensors.flatMap(({ sorted }) => {
    const start = sorted.countBelow(0, true);
    return start < sorted.length ? [{ least: sorted.at(start), greatest: sorted.at(sorted.length - 1) }] : [];
  });
  const isEmpty = positive.length === 0;
  const low = isEmpty ? 0 : Math.log10(Math.min(...positive.map(({ least }) => least)));
  const high = isEmpty ? 0 : Math.log10(Math.max(...positive.map(({ greatest }) => greatest)));
  const counts = binned(
    tensors,
    edgesOf(low, high, bins, (place) => 10 ** place),
    upToZero,
  );
  const removedEarlier = negative.removed + negative.kept;
  return { axis: 'logarithmic', unit: 1, low, high, ...counts, ...facts, zeros, removedEarlier };
}

export const histogram: CallHandler<'histogram'> = ({ scoreId, weight, bins, sparsity, minPerLayer }, { session }) => {
  const score = session.scores.get(scoreId);
  if (!Number.isSafeInteger(bins) || bins < 1 || bins > 10_000) {
    throw usageError(`A histogram has 1 to 10,000 bins, not ${bins}.`);
  }
  if (weight !== undefined) parameterOf(score, weight);
  const cutoffs = session.scores.cutoffs(score, sparsity, minPerLayer);
  const tensors = score.ranking.tensors.filter(({ name }) => weight === undefined || name === weight);
  return histogramOf(
    tensors.map(({ name, sorted }) => ({ sorted, kept: cutoffs.get(name)!.kept })),
    bins,
  );
};
