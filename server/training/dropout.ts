/** Dropout masks and noise. */
import type { Noise } from '../models/types';
import { floatTensor, type HostTensor, sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';

/**
 * The values of `noise` in one step: a mask that is 0 with probability `rate`, else 1/(1-rate), or normal noise. They depend on the seed, the epoch and step (both
 * from 0) and the input's name only, so that a resumed run draws what an uninterrupted one does.
 */
export function drawNoise(noise: Noise, seed: number, epoch: number, step: number): HostTensor {
  const { input, shape } = noise;
  const random = createRandom(seed, 'dropout', epoch, step, input);
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
