/** Two values of many weights as a plane of counts. */
import type { DensityPlane, PlaneAxis } from '../../protocol/survival';
import { rankCorrelation, ranks } from '../predictor/metrics';

/** Bins of axes that are not counts of iterations: fewer where few weights would leave holes. */
const MOST_BINS = 64;
const LEAST_BINS = 16;

function binsFor(values: ArrayLike<number>): number {
  return Math.min(Math.max(Math.round(Math.sqrt(values.length) / 2), LEAST_BINS), MOST_BINS);
}

/** Index of the bin that a value is in. */
export function binOf({ low, high, bins }: PlaneAxis, value: number): number {
  const place = Math.floor(((value - low) / (high - low)) * bins);
  return Math.min(Math.max(place, 0), bins - 1);
}

/** Counts of pairs (x, y), which are equally many. */
export function densityPlane(
  title: string,
  [x, xs]: readonly [PlaneAxis, ArrayLike<number>],
  [y, ys]: readonly [PlaneAxis, ArrayLike<number>],
): DensityPlane {
  const counts = new Array<number>(x.bins * y.bins).fill(0);
  const sums = new Float64Array(x.bins);
  const sizes = new Float64Array(x.bins);
  for (let i = 0; i < xs.length; i++) {
    const column = binOf(x, xs[i]);
    counts[column * y.bins + binOf(y, ys[i])]++;
    sums[column] += ys[i];
    sizes[column]++;
  }
  const means = Array.from(sums, (sum, column) => (sizes[column] > 0 ? sum / sizes[column] : null));
  return { title, x, y, counts, means, rankCorrelation: rankCorrelation(xs, ys) };
}

/** Surviving score: whole numbers from 0 to all iterations, a bin each. */
export function survivalAxis(iterations: number): PlaneAxis {
  return { title: 'iterations survived', low: -0.5, high: iterations + 0.5, bins: iterations + 1 };
}

/** Signed values, even to both sides. Four root mean squares hold all of a uniform distribution and nearly all of a normal. */
export function signedAxis(title: string, values: ArrayLike<number>): PlaneAxis {
  let most = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    most = Math.max(most, Math.abs(values[i]));
    squares += values[i] * values[i];
  }
  const reach = Math.min(most, 4 * Math.sqrt(squares / values.length)) || 1;
  return { title, low: -reach, high: reach, bins: binsFor(values) };
}

/** All values that there are. */
export function wholeAxis(title: string, values: ArrayLike<number>): PlaneAxis {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return high > low
    ? { title, low, high, bins: binsFor(values) }
    : { title, low: low - 1, high: low + 1, bins: binsFor(values) };
}

/** From 0 to 1: predictions, and places in a ranking. */
export function unitAxis(title: string, values: ArrayLike<number>): PlaneAxis {
  return { title, low: 0, high: 1, bins: binsFor(values) };
}

/** The fraction of the values that lie below each: scores of all methods on one scale, whatever their own is. */
export function rankFractions(values: ArrayLike<number>): Float64Array {
  const most = Math.max(values.length - 1, 1);
  return ranks(values).map((rank) => rank / most);
}
