/** Giving values another distribution without changing their order. */

/** Bits of a float32 that are left out of its key: 512 keys lie between a value and its double. */
const DROPPED = 14;
const KEYS = 2 ** (32 - DROPPED);

/** The bits of a float32, mapped so that unsigned integers order as the floats do. */
function orderedBits(bits: number): number {
  return bits >>> 31 ? ~bits >>> 0 : (bits | 0x80000000) >>> 0;
}

/** How many values have each key, and between which keys all are. */
function countKeys(bits: Uint32Array) {
  const counts = new Uint32Array(KEYS);
  let lowest = KEYS;
  let highest = 0;
  for (let i = 0; i < bits.length; i++) {
    const key = orderedBits(bits[i]) >>> DROPPED;
    counts[key]++;
    if (key < lowest) lowest = key;
    if (key > highest) highest = key;
  }
  return { counts, lowest, highest };
}

/**
 * Gives finite values, as many as `distribution` adds up to, its distribution: so many between 0 and 1/n, so many between
 * 1/n and 2/n, …, evenly spread in each. The order stays. Values that agree in about three decimal digits are put on a
 * straight line between the others.
 */
export function matchDistribution(values: Float32Array, distribution: Float64Array): Float32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const levels = distribution.length;
  const { counts, lowest, highest } = countKeys(bits);
  // Where the values of each key begin in the distribution; they are spread up to where those of the next one begin.
  const begins = new Float32Array(Math.max(highest - lowest + 2, 0));
  let level = 0;
  let below = 0;
  let reached = 0;
  for (let key = lowest; key <= highest; key++) {
    reached += counts[key];
    while (level < levels - 1 && below + distribution[level] <= reached) below += distribution[level++];
    const within = distribution[level] > 0 ? Math.min((reached - below) / distribution[level], 1) : 0;
    begins[key - lowest + 1] = (level + within) / levels;
  }
  const scores = new Float32Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const ordered = orderedBits(bits[i]);
    const key = (ordered >>> DROPPED) - lowest;
    const within = (ordered & (2 ** DROPPED - 1)) * 2 ** -DROPPED;
    scores[i] = begins[key] + within * (begins[key + 1] - begins[key]);
  }
  return scores;
}
