/** Networks of tokens on one executor, against PyTorch's autograd in float64: see test/fixtures/tokens/generate.py. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../server/executors/types';
import { readSafetensors } from '../../server/files/safetensors';
import { createNetwork } from '../../server/frontends/keras/network/createNetwork';
import { fromFramework } from '../../server/models/stored';
import type { Batch } from '../../server/protocol/data';
import { findCriterion, scoreNetwork } from '../../server/pruning';
import { chain, relativeError } from '../support/networks';

const words = ['words', 'Embedding', { inputDim: 11, outputDim: 4 }] as const;
const NETWORKS = {
  texts: createNetwork(
    chain(
      [7],
      words,
      ['phrases', 'Conv1D', { filters: 5, kernelSize: 3, padding: 'same', activation: 'tanh' }],
      ['pool', 'GlobalAveragePooling1D'],
      ['opinion', 'Dense', { units: 3, activation: 'softmax' }],
    ),
  ),
  language: createNetwork(
    chain(
      [7],
      words,
      ['memory', 'LSTM', { units: 5, returnSequences: true }],
      ['next', 'Dense', { units: 11, activation: 'softmax' }],
    ),
  ),
};
const METHODS = ['snip', 'grasp', 'prospr'] as const;

/** Declares the tests for an executor. */
export function describeTokens(title: string, open: () => Promise<Executor>, tolerance: number): void {
  describe(`networks of tokens on ${title}`, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await open();
    });
    afterAll(() => executor.dispose());

    describe.each(Object.entries(NETWORKS))('%s', (name, network) => {
      it.each(METHODS.flatMap((method) => [[method, 'kernels'] as const, [method, 'all'] as const]))(
        '%s of %s',
        async (method, kind) => {
          const path = join(import.meta.dirname, '../fixtures/tokens', `${name}.safetensors`);
          const { tensors } = await readSafetensors(path);
          const below = (prefix: string) =>
            new Map(
              [...tensors].flatMap(([key, { data }]) =>
                key.startsWith(prefix) ? [[key.slice(prefix.length), data as Float32Array] as const] : [],
              ),
            );
          const batches = [0, 1, 2, 3].map((i): Batch => {
            const [x, y] = [tensors.get(`batch/${i}/x`)!, tensors.get(`batch/${i}/y`)!];
            return { x: x.data as Int32Array, y: y.data as Int32Array, size: x.shape[0] };
          });
          const weights = fromFramework(network, below('parameter/'));
          expect([...weights.keys()].sort()).toEqual(network.parameters.map((parameter) => parameter.name).sort());
          const expected = fromFramework(network, below(`${kind}/${method}/`));
          const { scores } = await scoreNetwork({
            criterion: findCriterion(method),
            network,
            weights,
            prunable: [...expected.keys()],
            executor,
            options: { innerLearningRate: 0.1 },
            seed: 1,
            givenBatches: method === 'prospr' ? batches : batches.slice(0, 2),
          });
          for (const [weight, values] of expected) {
            expect(relativeError(scores.get(weight)!, values), weight).toBeLessThan(tolerance);
          }
        },
      );
    });
  });
}
