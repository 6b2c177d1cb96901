/** LAMP (Lee et al. 2021, equation 4): layer ratios from magnitudes. */

/**
 * Ascending LAMP scores of a tensor: the square of each weight over the sum of squares of those at least as large, itself
 * included. Among equal magnitudes the one that is sorted first has the others in its sum.
 */
function lampScores(weights: Float32Array): Float64Array {
  const scores = Float64Array.from(weights.map(Math.abs).sort(), (magnitude) => magnitude * magnitude);
  let sum = 0;
  for (let i = scores.length - 1; i >= 0; i--) {
    sum += scores[i];
    scores[i] = sum > 0 ? scores[i] / sum : 0;
  }
  return scores;
}

/** How many values are not below `limit`, or above it where `isAbove`. */
function countFrom(sorted: Float64Array, limit: number, isAbove: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < limit || (isAbove && sorted[middle] === limit)) low = middle + 1;
    else high = middle;
  }
  return sorted.length - low;
}

const numbers = new Float64Array(1);
const bits = new BigUint64Array(numbers.buffer);

/** The bits of a number that is not negative, which order as the numbers do, and back. */
function bitsOf(value: number): bigint {
  numbers[0] = value;
  return bits[0];
}

function numberOf(value: bigint): number {
  bits[0] = value;
  return numbers[0];
}

/** The highest value that `count` scores reach, by bisection over the numbers from 0 to 1. */
function thresholdOf(scores: readonly Float64Array[], count: number): number {
  let low = bitsOf(0);
  let high = bitsOf(1);
  while (low < high) {
    const middle = low + (high - low + 1n) / 2n;
    const limit = numberOf(middle);
    if (scores.reduce((sum, one) => sum + countFrom(one, limit, false), 0) >= count) low = middle;
    else high = middle - 1n;
  }
  return numberOf(low);
}

/**
 * A function that tells how many weights each tensor has among the highest LAMP scores of all. Scores are made once.
 *
 * @returns counts for a total, in the order of the tensors; earlier tensors come first among equal scores.
 */
export function lampCounts(tensors: readonly Float32Array[]): (total: number) => readonly number[] {
  const scores = tensors.map(lampScores);
  return (total) => {
    if (total === 0) return scores.map(() => 0);
    const threshold = thresholdOf(scores, total);
    const above = scores.map((one) => countFrom(one, threshold, true));
    let left = total - above.reduce((sum, count) => sum + count, 0);
    return scores.map((one, i) => {
      const taken = Math.min(countFrom(one, threshold, false) - above[i], left);
      left -= taken;
      return above[i] + taken;
    });
  };
}
