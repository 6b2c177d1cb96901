/** Random weights and channel masks for tests of structured pruning. */
import type { Network } from '../../server/models/types';
import { sizeOf } from '../../server/protocol/tensor';
import type { ChannelStructure } from '../../server/pruning/structured/channels';
import { STAYS } from '../../server/pruning/structured/labels';
import { createRandom } from '../../server/random';

/** Random values for everything, biases and statistics included. */
export function randomWeights(network: Network, seed: number): Map<string, Float32Array> {
  return new Map(
    network.parameters.map(({ name, shape }) => {
      const values = new Float32Array(sizeOf(shape));
      createRandom(seed, name).fillNormal(values, 0, 0.5);
      return [name, name.endsWith('variance') ? values.map((value) => 0.5 + value * value) : values];
    }),
  );
}

/** A random mask that leaves every kernel a channel. */
export function randomKeep({ entries, kernels, axes }: ChannelStructure, seed: number): Uint8Array {
  const random = createRandom(seed, 'keep');
  const density = random.uniform();
  const keep = Uint8Array.from({ length: entries }, () => (random.uniform() < density ? 1 : 0));
  for (const { weight, axis } of kernels) {
    const made = axes.get(weight)![axis];
    if (made?.every((entry) => entry !== STAYS && keep[entry] === 0)) keep[made[random.integer(made.length)]] = 1;
  }
  return keep;
}
