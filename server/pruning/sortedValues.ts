/** Sorting values, and counting in them: how many of each list are among the highest of all, without looking at every value again. */
import { orderedBits } from './ranks';

type Sorted = Float32Array | Float64Array;

/** Number of values below `limit`, or not above it. */
export function countBelow(sorted: Sorted | Uint32Array, limit: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < limit || (orEqual && sorted[middle] === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const numbers = new Float64Array(1);
const bits = new BigUint64Array(numbers.buffer);
const SIGN = 1n << 63n;

/** The number at a place in the order of all numbers, and the place of a number. */
function numberAt(place: bigint): number {
  bits[0] = place >= SIGN ? place - SIGN : ~place;
  return numbers[0];
}

function placeOf(value: number): bigint {
  numbers[0] = value;
  return bits[0] >= SIGN ? BigInt.asUintN(64, ~bits[0]) : bits[0] | SIGN;
}

/** How many each ascending list has among the `count` highest values of all together, earlier lists first among equals. */
export function countsOfHighest(lists: readonly Sorted[], count: number): number[] {
  if (count === 0) return lists.map(() => 0);
  const filled = lists.filter(({ length }) => length > 0);
  const atLeast = (limit: number) =>
    lists.reduce((sum, sorted) => sum + sorted.length - countBelow(sorted, limit, false), 0);
  // The highest value that `count` of them reach, by bisection over the numbers.
  let low = placeOf(Math.min(...filled.map((sorted) => sorted[0])));
  let high = placeOf(Math.max(...filled.map((sorted) => sorted[sorted.length - 1])));
  while (low < high) {
    const middle = low + (high - low + 1n) / 2n;
    if (atLeast(numberAt(middle)) >= count) low = middle;
    else high = middle - 1n;
  }
  const counted = lists.map((sorted) => ({
    length: sorted.length,
    countBelow: (limit: number, orEqual: boolean) => countBelow(sorted, limit, orEqual),
  }));
  return countsAbove(counted, numberAt(low), count);
}

/** A list of which is known how many values are below a limit, or not above it. */
interface Counted {
  readonly length: number;
  countBelow(limit: number, orEqual: boolean): number;
}

/** How many values of each list are above a threshold, and of those that equal it as many as `count` asks for, of earlier lists first. */
export function countsAbove(lists: readonly Counted[], threshold: number, count: number): number[] {
  const above = lists.map((list) => list.length - list.countBelow(threshold, true));
  let left = count - above.reduce((sum, number) => sum + number, 0);
  return lists.map((list, i) => {
    const equal = list.length - list.countBelow(threshold, false) - above[i];
    const taken = Math.min(equal, left);
    left -= taken;
    return above[i] + taken;
  });
}

/** Lists that are shorter are sorted by comparing. */
const SHORT = 4096;
const DIGITS = [0, 11, 22] as const;
const DIGIT_SIZE = 2048;

/** Where each digit's keys begin, for each of the three digits of 11 bits. */
function startsOf(keys: Uint32Array): readonly Uint32Array[] {
  const [low, middle, high] = DIGITS.map(() => new Uint32Array(DIGIT_SIZE));
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    low[key & 2047]++;
    middle[(key >>> 11) & 2047]++;
    high[key >>> 22]++;
  }
  for (const counts of [low, middle, high]) {
    let start = 0;
    for (let digit = 0; digit < DIGIT_SIZE; digit++) {
      const count = counts[digit];
      counts[digit] = start;
      start += count;
    }
  }
  return [low, middle, high];
}

/**
 * A copy of finite values, ascending, with 0 for -0. By the digits of their bits, which takes a third of the time of comparing them.
 */
export function sortedCopy(values: Float32Array): Float32Array {
  // Adding 0 makes 0 of -0, which sorting would tell apart.
  if (values.length < SHORT) return values.map((value) => value + 0).sort();
  let keys = new Uint32Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) keys[i] = orderedBits(bits[i]);
  let next = new Uint32Array(values.length);
  for (const [pass, starts] of startsOf(keys).entries()) {
    const shift = DIGITS[pass];
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      next[starts[(key >>> shift) & 2047]++] = key;
    }
    [keys, next] = [next, keys];
  }
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    keys[i] = key >>> 31 ? key & 0x7fffffff : ~key;
  }
  return new Float32Array(keys.buffer);
}
