/** LAMP (Lee et al. 2021, equation 4): layer ratios from magnitudes. */
import { countsOfHighest } from '../sortedValues';

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

/**
 * A function that tells how many weights each tensor has among the highest LAMP scores of all. Scores are made once.
 *
 * @returns counts for a total, in the order of the tensors; earlier tensors come first among equal scores.
 */
export function lampCounts(tensors: readonly Float32Array[]): (total: number) => readonly number[] {
  const scores = tensors.map(lampScores);
  return (total) => countsOfHighest(scores, total);
}
