/**
 * Seeded random streams. Every use of chance names its own stream, so that adding a draw in one place changes no other:
 * `createRandom(seed, 'initialization', 'conv1/kernel')`. Only integer arithmetic, IEEE square roots and V8's portable
 * logarithm are used, so a seed gives the same numbers on every platform.
 */
import { createHash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { usageError } from './protocol/errors';

/** The whole state of a stream, as JSON can hold it. */
export type RandomState = readonly [number, number, number, number];

type FloatArray = Float32Array | Float64Array;

/** One stream of random numbers. Every call moves it on. */
export interface Random {
  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number;
  /** Uniform over 0 … n-1 without bias; n from 1 to 2^32. */
  integer(n: number): number;
  /** Standard normal. */
  normal(): number;
  /** Fills `out` with uniform values in [low, high). */
  fillUniform(out: FloatArray, low: number, high: number): void;
  /** Fills `out` with normal values. */
  fillNormal(out: FloatArray, mean: number, standardDeviation: number): void;
  /** Fills `out` with normal values, each drawn again until it is within two standard deviations of the mean (Keras). */
  fillTruncatedNormal(out: FloatArray, mean: number, standardDeviation: number): void;
  /** A uniformly drawn order of 0 … n-1 (Fisher-Yates). */
  permutation(n: number): Int32Array;
  /** The state, from which `restoreRandom` continues the stream exactly. */
  state(): RandomState;
}

/** The stream named `path` of `seed` (a whole number). Streams with different names or seeds are independent. */
export function createRandom(seed: number, ...path: (string | number)[]): Random {
  if (!Number.isSafeInteger(seed)) throw usageError(`The seed must be a whole number, not ${seed}.`);
  // A cryptographic hash of the name is the simplest way to starting states that are far apart.
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, ...path]))
    .digest();
  return restoreRandom([digest.readInt32LE(0), digest.readInt32LE(4), digest.readInt32LE(8), digest.readInt32LE(12)]);
}

/** The stream whose `state()` was `state`. */
export function restoreRandom(state: RandomState): Random {
  // xoroshiro128+ gives signed 32-bit integers; its lowest bits are the weakest, so only high bits decide anything.
  const generator = xoroshiro128plusFromState(state);

  const uniform = () => ((generator.next() >>> 5) * 0x4000000 + (generator.next() >>> 6)) / 0x20000000000000;

  const integer = (n: number) => {
    if (!Number.isInteger(n) || n < 1 || n > 0x100000000) throw new RangeError(`integer(n): n is ${n}`);
    // 2^32 is cut into n equal ranges; the draws beyond the last whole range are thrown away.
    const range = Math.floor(0x100000000 / n);
    for (;;) {
      const value = Math.floor((generator.next() >>> 0) / range);
      if (value < n) return value;
    }
  };

  /** Marsaglia's polar method: writes two independent standard normals. */
  const pair = new Float64Array(2);
  const drawPair = () => {
    for (;;) {
      const u = generator.next() / 0x80000000;
      const v = generator.next() / 0x80000000;
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      pair[0] = u * factor;
      pair[1] = v * factor;
      return;
    }
  };

  return {
    uniform,
    integer,
    normal() {
      // The second value of the pair is dropped: keeping it would make it a part of the state.
      drawPair();
      return pair[0];
    },
    fillUniform(out, low, high) {
      const width = high - low;
      for (let i = 0; i < out.length; i++) out[i] = low + width * uniform();
    },
    fillNormal(out, mean, standardDeviation) {
      for (let i = 0; i < out.length; i += 2) {
        drawPair();
        out[i] = mean + standardDeviation * pair[0];
        if (i + 1 < out.length) out[i + 1] = mean + standardDeviation * pair[1];
      }
    },
    fillTruncatedNormal(out, mean, standardDeviation) {
      for (let i = 0; i < out.length; ) {
        drawPair();
        if (Math.abs(pair[0]) <= 2) out[i++] = mean + standardDeviation * pair[0];
        if (i < out.length && Math.abs(pair[1]) <= 2) out[i++] = mean + standardDeviation * pair[1];
      }
    },
    permutation(n) {
      const order = new Int32Array(n);
      for (let i = 0; i < n; i++) order[i] = i;
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1);
        const value = order[i];
        order[i] = order[j];
        order[j] = value;
      }
      return order;
    },
    state() {
      return generator.getState() as unknown as RandomState;
    },
  };
}
