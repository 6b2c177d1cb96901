/** The values of a tensor in their order, of which no more is sorted than what is asked for. */
import { orderedBits } from './ranks';
import { countBelow, countsAbove, sortedCopy } from './sortedValues';

/** Finite values in ascending order, with 0 for -0. */
export interface Ascending {
  readonly length: number;
  readonly byteLength: number;
  /** The value at a place of the order, from 0. */
  at(place: number): number;
  /** Number of values below `limit`, or not above it. */
  countBelow(limit: number, orEqual: boolean): number;
}

/** Tensors with fewer values are sorted at once. */
const LARGE = 2 ** 16;

const LOW_BITS = 16;
const BUCKETS = 2 ** 16;

const numbers = new Float32Array(1);
const bits = new Uint32Array(numbers.buffer);

/** The place of a float32 in the order of all. */
function keyOf(value: number): number {
  numbers[0] = value;
  return orderedBits(bits[0]);
}

function numberAt(key: number): number {
  bits[0] = key >>> 31 ? key & 0x7fffffff : ~key;
  return numbers[0];
}

/** Where the keys of each bucket begin, those of equal high bits; last, where they end. */
function startsOf(values: Uint32Array): Uint32Array {
  const starts = new Uint32Array(BUCKETS + 1);
  for (let i = 0; i < values.length; i++) starts[(orderedBits(values[i]) >>> LOW_BITS) + 1]++;
  for (let bucket = 0; bucket < BUCKETS; bucket++) starts[bucket + 1] += starts[bucket];
  return starts;
}

/** The keys of all values, a bucket after the other. */
function partedIn(values: Uint32Array, starts: Uint32Array): Uint32Array {
  const keys = new Uint32Array(values.length);
  const next = starts.slice();
  for (let i = 0; i < values.length; i++) {
    const key = orderedBits(values[i]);
    keys[next[key >>> LOW_BITS]++] = key;
  }
  return keys;
}

/** Buckets of a tensor that are gathered one by one: to look for each is quicker than to move all values, up to so many. */
const FEW = 6;

/** Values in buckets by the high half of their bits; a bucket is gathered and sorted when somebody looks into it. */
function inBuckets(values: Float32Array): Ascending {
  const raw = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const starts = startsOf(raw);
  const known = new Map<number, Uint32Array>();
  let all: Uint32Array | undefined;
  const gathered = (bucket: number): Uint32Array => {
    const [start, end] = [starts[bucket], starts[bucket + 1]];
    if (known.size >= FEW) {
      all ??= partedIn(raw, starts);
      return all.subarray(start, end);
    }
    const found = new Uint32Array(end - start);
    for (let i = 0, at = 0; at < found.length; i++) {
      const key = orderedBits(raw[i]);
      if (key >>> LOW_BITS === bucket) found[at++] = key;
    }
    return found;
  };
  const sorted = (bucket: number): Uint32Array => {
    const found = known.get(bucket) ?? gathered(bucket).sort();
    known.set(bucket, found);
    return found;
  };
  return {
    length: raw.length,
    // As much as it may become.
    byteLength: raw.byteLength + starts.byteLength,
    at(place) {
      let [low, high] = [0, BUCKETS - 1];
      // The last bucket that does not begin behind the place.
      while (low < high) {
        const middle = (low + high + 1) >>> 1;
        if (starts[middle] <= place) low = middle;
        else high = middle - 1;
      }
      return numberAt(sorted(low)[place - starts[low]]);
    },
    countBelow(limit, orEqual) {
      const nearest = Math.fround(limit);
      const key = keyOf(nearest);
      const bucket = key >>> LOW_BITS;
      // Of float32s, those up to the nearest one below the limit are below it.
      const isIncluded = nearest < limit || (orEqual && nearest === limit);
      if (!isIncluded && (key & (2 ** LOW_BITS - 1)) === 0) return starts[bucket];
      return starts[bucket] + countBelow(sorted(bucket), key, isIncluded);
    },
  };
}

function atOnce(values: Float32Array): Ascending {
  const sorted = sortedCopy(values);
  return {
    length: sorted.length,
    byteLength: sorted.byteLength,
    at: (place) => sorted[place],
    countBelow: (limit, orEqual) => countBelow(sorted, limit, orEqual),
  };
}

/** @param values Finite; they stay as they are. */
export function ascending(values: Float32Array): Ascending {
  return values.length < LARGE ? atOnce(values) : inBuckets(values);
}

const LAST_KEY = 2 ** 32 - 1;

/** How many each list has among the `count` highest values of all together, earlier lists first among equals. */
export function countsAmongHighest(lists: readonly Ascending[], count: number): number[] {
  if (count === 0) return lists.map(() => 0);
  const atLeast = (limit: number) => lists.reduce((sum, list) => sum + list.length - list.countBelow(limit, false), 0);
  // The highest value that `count` of them reach, by bisection over all float32s: the first halves are whole buckets.
  let [low, high] = [0, LAST_KEY];
  while (low < high) {
    const middle = low + Math.ceil((high - low) / 2);
    const limit = numberAt(middle);
    if (!Number.isNaN(limit) ? atLeast(limit) >= count : middle < 2 ** 31) low = middle;
    else high = middle - 1;
  }
  return countsAbove(lists, numberAt(low), count);
}
