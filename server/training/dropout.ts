/** Dropout masks and noise. */
import { createHash } from 'node:crypto';
import type { DropMask } from '../executors/types';
import type { Noise } from '../models/types';
import { floatTensor, type HostTensor, sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';
import type { DropoutSource } from '../runs/types';

/** The step that noise is for; epoch and step are counted from 0. */
export interface NoiseChance {
  readonly seed: number;
  readonly epoch: number;
  readonly step: number;
}

/**
 * The values of `noise` in one step: a mask that is 0 with probability `rate`, else 1/(1-rate), or normal noise. They depend on the
 * seed, the epoch and step and the input's name only, so that a resumed run draws what an uninterrupted one does.
 *
 * @param source What masks are drawn from. Runs of before there was a counter go on with the sequence that they began with.
 */
export function drawNoise(noise: Noise, chance: NoiseChance, source: DropoutSource = 'counter'): HostTensor {
  const mask = source === 'counter' ? dropMaskOf(noise, chance) : undefined;
  if (mask) return drawMask(mask);
  const { input, shape } = noise;
  const random = createRandom(chance.seed, 'dropout', chance.epoch, chance.step, input);
  const values = new Float32Array(sizeOf(shape));
  if ('deviation' in noise) {
    random.fillNormal(values, 0, noise.deviation);
    return floatTensor(shape, values);
  }
  const { rate } = noise;
  const kept = 1 / (1 - rate);
  for (let i = 0; i < values.length; i++) values[i] = random.uniform() < rate ? 0 : kept;
  return floatTensor(shape, values);
}

/** What a mask of dropout is drawn from; undefined for noise that is none. */
export function dropMaskOf(noise: Noise, { seed, epoch, step }: NoiseChance): DropMask | undefined {
  if (!('rate' in noise)) return undefined;
  const { input, shape, rate } = noise;
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, 'dropout mask', epoch, step, input]))
    .digest();
  return {
    shape,
    keys: [digest.readUInt32LE(0), digest.readUInt32LE(4)],
    threshold: Math.ceil(rate * 2 ** 32),
    kept: Math.fround(1 / (1 - rate)),
  };
}

/** A bijection of 32-bit integers in which every bit of the result depends on every bit of x (C. Wellons, T. Ettinger). */
function mixed(x: number): number {
  let word = x;
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0xd35a2d97);
  return word ^ (word >>> 15);
}

/**
 * A mask whose element i depends on the keys and on i alone: 0 where mixed(mixed(i ^ k0) ^ k1) is below the threshold. Nothing is
 * drawn in a sequence, so that a device draws all elements at once, or a part of them; executors that do so give the same bits.
 */
export function drawMask({ shape, keys: [one, other], first = 0, threshold, kept }: DropMask): HostTensor {
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    if (mixed(mixed((first + i) ^ one) ^ other) >>> 0 >= threshold) values[i] = kept;
  }
  return floatTensor(shape, values);
}
