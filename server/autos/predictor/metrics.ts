/** How well predictions order weights as the truth does. */
import { keepHighest, keptCount } from '../../pruning/selection';

export { rankCorrelation, ranks } from '../../pruning/ranks';

/** Mean squared difference. */
export function meanSquaredError(predicted: ArrayLike<number>, truth: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < truth.length; i++) sum += (predicted[i] - truth[i]) ** 2;
  return sum / truth.length;
}

/** Of the weights that `a` keeps at `sparsity`, the fraction that `b` keeps too. */
export function maskOverlap(a: Float32Array, b: Float32Array, sparsity: number): number {
  const count = keptCount(a.length, sparsity);
  if (count === 0) return 1;
  const [[first], [second]] = [keepHighest([a], count), keepHighest([b], count)];
  return first.reduce((sum, bit, i) => sum + (bit & second[i]), 0) / count;
}
