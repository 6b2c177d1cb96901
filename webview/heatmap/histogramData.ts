/** A histogram of scores as a chart has it: the weights that the mask keeps, and those that it removes above them. */
import type { Histogram } from '../../server/protocol/results';
import type { ChartData } from '../shared/chart/types';

/**
 * Bin centers, then heights of the bars of removed and of kept weights. Kept ones are drawn before the others, whose bars reach
 * from 0 to the sum of both, unless kept ones are hidden.
 */
export function histogramData(
  { low, high, removed, kept }: Histogram,
  { log, showsKept = true }: { readonly log: boolean; readonly showsKept?: boolean },
): ChartData {
  const width = (high - low) / removed.length;
  const value = (count: number) => (log && count === 0 ? null : count);
  return [
    removed.map((_, bin) => low + (bin + 0.5) * width),
    removed.map((count, bin) => (count === 0 ? null : value(count + (showsKept ? kept[bin] : 0)))),
    kept.map((count) => (count === 0 ? null : value(count))),
  ];
}

/** What the axis has no place for, in sentences. */
export function besideAxis({ zeros, removedEarlier }: Histogram, count: (value: number) => string): string {
  const zero = zeros.removed + zeros.kept;
  const kept = zeros.kept > 0 ? ` (${count(zeros.kept)} of them kept)` : '';
  return [
    removedEarlier > 0 ? `${count(removedEarlier)} weights were removed in earlier rounds and have no scores.` : '',
    zero > 0 ? `${count(zero)} scores are exactly 0${kept} and not in the picture.` : '',
  ]
    .filter(Boolean)
    .join(' ');
}
