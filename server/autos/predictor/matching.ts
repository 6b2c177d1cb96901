/** Giving values another distribution without changing their order. */

/** Bits of a float32 that are left out of its key: 128 keys lie between a value and its double. */
const DROPPED = 16;
const WITHIN = 2 ** DROPPED - 1;
const KEYS = 2 ** (32 - DROPPED);

/** The bits of a float32 as a signed integer, mapped so that integers order as the floats do. */
const ordered = (bits: number) => bits ^ ((bits >> 31) & 0x7fffffff);

/** How many values have each key. */
export interface KeyCounts {
  readonly counts: Uint32Array;
  /** Between these keys all values are. */
  readonly lowest: number;
  readonly highest: number;
}

export function countKeys(values: Float32Array): KeyCounts {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const counts = new Uint32Array(KEYS);
  for (let i = 0; i < bits.length; i++) counts[(ordered(bits[i]) >> DROPPED) + KEYS / 2]++;
  const lowest = counts.findIndex((count) => count > 0);
  return { counts, lowest, highest: counts.findLastIndex((count) => count > 0) };
}

/** The value in the middle of those that have the key. */
export function valueOfKey(key: number): number {
  const bits = ordered(((key - KEYS / 2) << DROPPED) | (WITHIN >> 1));
  return new Float32Array(Int32Array.of(bits).buffer)[0];
}

/**
 * Gives finite values, as many as `distribution` adds up to, its distribution: so many between 0 and 1/n, so many between
 * 1/n and 2/n, …, evenly spread in each. The order stays. Values that agree in about two decimal digits are put on a
 * straight line between the others.
 */
export function matchDistribution(
  values: Float32Array,
  distribution: Float64Array,
  { counts, lowest, highest }: KeyCounts = countKeys(values),
): Float32Array {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const levels = distribution.length;
  // Where the values of each key begin in the distribution; they are spread up to where those of the next one begin.
  const begins = new Float32Array(highest - lowest + 2);
  let level = 0;
  let below = 0;
  let reached = 0;
  for (let key = lowest; key <= highest; key++) {
    reached += counts[key];
    while (level < levels - 1 && below + distribution[level] <= reached) below += distribution[level++];
    const within = distribution[level] > 0 ? Math.min((reached - below) / distribution[level], 1) : 0;
    begins[key - lowest + 1] = (level + within) / levels;
  }
  const first = KEYS / 2 - lowest;
  const scores = new Float32Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const place = ordered(bits[i]);
    const key = (place >> DROPPED) + first;
    const within = (place & WITHIN) * 2 ** -DROPPED;
    scores[i] = begins[key] + within * (begins[key + 1] - begins[key]);
  }
  return scores;
}
