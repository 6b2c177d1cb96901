/** The axis of a histogram of scores. */
import type { Histogram } from './results';

/** Where a score is on the axis; undefined where the axis has no place for it. */
export function placeOf({ axis, unit }: Histogram, score: number): number | undefined {
  if (axis === 'signed') return Math.asinh(score / unit);
  return score > 0 ? Math.log10(score) : undefined;
}

/** The score at a place of the axis. */
export function scoreAt({ axis, unit }: Pick<Histogram, 'axis' | 'unit'>, place: number): number {
  return axis === 'signed' ? unit * Math.sinh(place) : 10 ** place;
}
