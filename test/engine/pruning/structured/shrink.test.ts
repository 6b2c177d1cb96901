/** Shrunk and masked networks agree, on hundreds of random architectures. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelDescription } from '../../../../server/frontends/keras/description';
import { createNetwork } from '../../../../server/frontends/keras/network/createNetwork';
import type { Mode, Network } from '../../../../server/models/types';
import { applyMasks } from '../../../../server/pruning/selection';
import { findChannels } from '../../../../server/pruning/structured/channels';
import { parameterMasks } from '../../../../server/pruning/structured/masks';
import { shrinkNetwork } from '../../../../server/pruning/structured/shrink';
import { architecture } from '../../../support/architectures';
import { randomKeep, randomWeights } from '../../../support/channels';
import { randomValues, runNetwork, type Values } from '../../../support/networks';

function logitsOf(network: Network, weights: ReadonlyMap<string, Float32Array>, x: Values, mode: Mode): Values {
  const values = network.parameters.map(({ name, shape }) => [name, { shape, data: weights.get(name)! }] as const);
  return runNetwork(network, x, mode, Object.fromEntries(values)).logits;
}

function largestDifference(a: Values, b: Values): number {
  expect(a.shape).toEqual(b.shape);
  return Math.max(...Array.from(a.data, (value, i) => Math.abs(value - b.data[i])));
}

function checkAgreement(description: ModelDescription, seed: number): number {
  const network = createNetwork(description);
  const structure = findChannels(network);
  const weights = randomWeights(network, seed);
  const keep = randomKeep(structure, seed);
  const masked = applyMasks(weights, parameterMasks(structure, keep));
  const shrunk = shrinkNetwork(structure, keep, weights);
  const smaller = shrunk.network;
  expect(smaller.parameters.map(({ name }) => name)).toEqual(network.parameters.map(({ name }) => name));
  for (const { name, initialize } of smaller.parameters) expect(initialize(5)).toEqual(shrunk.weights.get(name));
  const x = randomValues([4, ...network.inputs[0].shape], seed);
  for (const mode of ['evaluate', 'score'] as const) {
    const expected = logitsOf(network, masked, x, mode);
    expect(largestDifference(logitsOf(smaller, shrunk.weights, x, mode), expected)).toBeLessThan(1e-5);
  }
  return structure.entries - keep.reduce((sum, bit) => sum + bit, 0);
}

describe('shrunk and masked networks', () => {
  it('agree on 400 random architectures', () => {
    let removed = 0;
    const property = fc.property(architecture, fc.integer({ min: 0, max: 1e6 }), (description, seed) => {
      removed += checkAgreement(description, seed);
    });
    fc.assert(property, { numRuns: 400 });
    expect(removed).toBeGreaterThan(400);
  });
});
