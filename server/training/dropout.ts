/** Dropout masks. */
import type { Noise } from '../models/types';
import { floatTensor, type HostTensor, sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';

/**
 * The mask `noise` of one step: 0 with probability `rate`, else 1/(1-rate). It depends on the seed, the epoch and step (both
 * from 0) and the input's name only, so that a resumed run draws what an uninterrupted one does.
 */
export function drawNoise({ input, shape, rate }: Noise, seed: number, epoch: number, step: number): HostTensor {
  const random = createRandom(seed, 'dropout', epoch, step, input);
  const values = new Float32Array(sizeOf(shape));
  const kept = 1 / (1 - rate);
  for (let i = 0; i < values.length; i++) values[i] = random.uniform() < rate ? 0 : kept;
  return floatTensor(shape, values);
}
