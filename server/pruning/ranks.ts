/** Ranks, and how well two lists are ordered alike. */

/** The bits of a float32 mapped so that unsigned integers order as the floats do (-0 and 0 alike). */
export function orderedBits(bits: number): number {
  if (bits === 0x80000000) return 0x80000000;
  return bits >>> 31 ? ~bits >>> 0 : (bits | 0x80000000) >>> 0;
}

/** The order of float32s, ascending, with equal values in the order of their indices: two passes over 16 bits each. */
function ascendingFloats(values: Float32Array): Uint32Array {
  const keys = new Uint32Array(values.buffer, values.byteOffset, values.length).map(orderedBits);
  let order = Uint32Array.from(keys, (_, i) => i);
  for (const shift of [0, 16]) {
    const starts = new Uint32Array(65537);
    for (const key of keys) starts[((key >>> shift) & 0xffff) + 1]++;
    for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
    const next = new Uint32Array(order.length);
    for (const index of order) next[starts[(keys[index] >>> shift) & 0xffff]++] = index;
    order = next;
  }
  return order;
}

/** The order of `values`, ascending, with equal values in the order of their indices. */
function ascending(values: ArrayLike<number>): Uint32Array {
  if (values instanceof Float32Array) return ascendingFloats(values);
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

/** All values of some lists, one list after the other. */
export function joined(lists: readonly ArrayLike<number>[]): Float32Array {
  const values = new Float32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const list of lists) {
    values.set(list, start);
    start += list.length;
  }
  return values;
}
