/** How well predictions order weights as the truth does. */
import { keepHighest, keptCount } from '../../pruning/selection';

/** The order of `values`, ascending, with equal values in the order of their indices. */
function ascending(values: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
}

/** Ranks from 0, with the mean rank of equals. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = ascending(values);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) result[order[i]] = (start + end - 1) / 2;
    start = end;
  }
  return result;
}

/** Pearson's correlation; 0 where one side does not vary. */
function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += (a[i] - meanA) * (b[i] - meanB);
    squaresA += (a[i] - meanA) ** 2;
    squaresB += (b[i] - meanB) ** 2;
  }
  return squaresA > 0 && squaresB > 0 ? product / Math.sqrt(squaresA * squaresB) : 0;
}

/** Spearman's rank correlation of two equally long lists, equals sharing their mean rank; 0 where one does not vary. */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return correlation(ranks(a), ranks(b));
}

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
