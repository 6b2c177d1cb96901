/** PX behind batch normalization: paths are divided by the deviation with the epsilon of the layer. */
import { expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Batch } from '../../../server/protocol/data';
import { findCriterion, initialWeights, scoreNetwork } from '../../../server/pruning';
import { createRandom } from '../../../server/random';
import { chain } from '../../support/networks';

const SIZE = 16;
const CHANNELS = 5;

const x = new Float32Array(SIZE * 4);
createRandom(0, 'px test').fillNormal(x, 0, 1);
const batch: Batch = { x, y: Int32Array.from({ length: SIZE }, (_, i) => i % 3), size: SIZE };

const networkWith = (epsilon: number) =>
  createNetwork(
    chain(
      [4],
      ['a', 'Dense', { units: CHANNELS, useBias: false }],
      ['n', 'BatchNormalization', { epsilon }],
      ['r', 'ReLU'],
      ['b', 'Dense', { units: 3, useBias: false }],
    ),
  );

/** Scores of the first layer's kernel in one round. */
async function scoresWith(epsilon: number): Promise<Float32Array> {
  const network = networkWith(epsilon);
  const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
  const { scores } = await scoreNetwork({
    ...{ criterion: findCriterion('px'), network, weights: initialWeights(network, 1), prunable },
    ...{ executor: createReferenceExecutor(), options: { iterations: 1 }, seed: 0, givenBatches: [batch] },
  });
  return scores.get('a/kernel')!;
}

it('takes the epsilon of each layer', async () => {
  const kernel = initialWeights(networkWith(1), 1).get('a/kernel')!;
  const variances = Array.from({ length: CHANNELS }, (_, channel) => {
    const values = Array.from({ length: SIZE }, (_, row) =>
      [0, 1, 2, 3].reduce((sum, i) => sum + x[row * 4 + i] * kernel[i * CHANNELS + channel], 0),
    );
    const mean = values.reduce((sum, value) => sum + value, 0) / SIZE;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / SIZE;
  });
  const [small, large] = [await scoresWith(1e-3), await scoresWith(2)];
  // What the epsilon does beside the channel's own deviation is one factor for all channels.
  const factors = variances.map((variance, i) => ((small[i] / large[i]) * (variance + 1e-3)) / (variance + 2));
  for (const factor of factors) expect(factor / factors[0]).toBeCloseTo(1, 5);
  expect(small[0] / large[0]).not.toBeCloseTo(small[1] / large[1], 1);
});
