/** PHEW's walks: what they keep, and how often they take which way. */
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Network } from '../../../server/models/types';
import {
  findCriterion,
  initialWeights,
  keptCount,
  type Masks,
  scoreNetwork,
  selectMasks,
} from '../../../server/pruning';
import { connectedMasks } from '../../../server/pruning/connectivity';
import { chain } from '../../support/networks';

async function masksOf(network: Network, weights: Map<string, Float32Array>, sparsity: number, seed: number) {
  const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
  const executor = createReferenceExecutor();
  const criterion = findCriterion('phew');
  const saliency = await scoreNetwork({ criterion, network, weights, prunable, executor, options: { sparsity }, seed });
  return selectMasks(saliency, { sparsity });
}

function count(masks: Masks): number {
  return [...masks.values()].reduce((sum, mask) => sum + mask.reduce((total, bit) => total + bit, 0), 0);
}

describe('PHEW', () => {
  it('keeps exactly k, nearly all of them on paths', async () => {
    const network = createNetwork(
      chain(
        [6, 6, 2],
        ['a', 'Conv2D', { filters: 8, kernelSize: [3, 3], padding: 'same' }],
        ['n', 'BatchNormalization', {}],
        ['b', 'Conv2D', { filters: 8, kernelSize: [3, 3], strides: [2, 2], activation: 'relu' }],
        ['f', 'Flatten', {}],
        ['c', 'Dense', { units: 10, activation: 'relu' }],
        ['d', 'Dense', { units: 3 }],
      ),
    );
    const masks = await masksOf(network, initialWeights(network, 1), 0.95, 1);
    const total = 9 * 2 * 8 + 9 * 8 * 8 + 32 * 10 + 30;
    expect(count(masks)).toBe(keptCount(total, 0.95));
    // Only the last walk can be cut short: one weight a layer, and one before the whole.
    const connected = await connectedMasks(createReferenceExecutor(), network, masks);
    expect(count(connected)).toBeGreaterThanOrEqual(count(masks) - 3);
  });

  it('goes on to a unit with probability proportional to the weight', async () => {
    const network = createNetwork(chain([1], ['a', 'Dense', { units: 3 }], ['b', 'Dense', { units: 2 }]));
    const weights = initialWeights(network, 1);
    weights.set('a/kernel', Float32Array.of(0.1, -0.6, 0.3));
    const runs = 300;
    const firsts = [0, 0, 0];
    for (let seed = 0; seed < runs; seed++) {
      // Two of nine weights stay: the first walk, from the only input.
      const masks = await masksOf(network, weights, 7 / 9, seed);
      const unit = masks.get('a/kernel')!.indexOf(1);
      expect(masks.get('b/kernel')!.subarray(2 * unit, 2 * unit + 2)).toContain(1);
      firsts[unit]++;
    }
    // Three standard deviations of a share of 300 are at most 0.085.
    [0.1, 0.6, 0.3].forEach((share, unit) => {
      expect(Math.abs(firsts[unit] / runs - share)).toBeLessThan(0.085);
    });
  });

  it('ranks by magnitude what no walk can meet', async () => {
    const network = createNetwork(chain([2], ['a', 'Dense', { units: 3 }], ['b', 'Dense', { units: 2 }]));
    const weights = initialWeights(network, 1);
    weights.set('a/kernel', Float32Array.of(1, 1, 0, 1, 1, 0));
    weights.set('b/kernel', Float32Array.of(1, 1, 1, 1, 0, 0));
    const masks = await masksOf(network, weights, 1 / 12, 1);
    expect(count(masks)).toBe(11);
  });
});
