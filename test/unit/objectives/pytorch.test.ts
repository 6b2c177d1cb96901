/** Losses and scores of every objective against PyTorch's autograd in float64: see test/fixtures/objectives/generate.py. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor, interpret } from '../../../server/executors/reference';
import { readSafetensors } from '../../../server/files/safetensors';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { createProgram } from '../../../server/graph/program';
import { forScoring } from '../../../server/models/task';
import type { ObjectiveChoice } from '../../../server/objectives';
import type { Batch } from '../../../server/protocol/data';
import { findCriterion, scoreNetwork } from '../../../server/pruning';
import { buildLoss } from '../../../server/pruning/loss';
import { chain, relativeError } from '../../support/networks';

const fixture = readSafetensors(join(import.meta.dirname, '../../fixtures/objectives/objectives.safetensors'));

/** How a model of each case ends, and what is chosen for it. */
const CASES: readonly (readonly [name: string, units: number, activation: string, choice: ObjectiveChoice])[] = [
  ['mse', 1, 'linear', {}],
  ['mse-several', 3, 'linear', { objective: 'mse' }],
  ['huber', 2, 'linear', { objective: 'huber', huberDelta: 0.5 }],
  ['binary', 1, 'sigmoid', {}],
  ['multi-label', 3, 'sigmoid', {}],
  ['label-smoothing', 4, 'softmax', { labelSmoothing: 0.2 }],
];

describe.each(CASES)('%s', (name, units, activation, choice) => {
  // The sigmoid of one case is a layer of its own.
  const ending =
    name === 'binary'
      ? ([['out', 'Dense', { units }] as const, ['end', 'Activation', { activation }] as const] as const)
      : [['out', 'Dense', { units, activation }] as const];
  const described = chain([6], ['hidden', 'Dense', { units: 8, activation: 'tanh' }], ...ending);
  const network = forScoring(createNetwork(described), choice);

  async function prepare() {
    const { tensors } = await fixture;
    const data = (key: string) => tensors.get(`${name}/${key}`)!.data as Float32Array;
    const batches = [0, 1, 2, 3].map((i): Batch => ({ x: data(`${i}/x`), y: data(`${i}/y`), size: 10 }));
    const weights = new Map(network.parameters.map((one) => [one.name, data(`weights/${one.name}`)]));
    return { data, batches, weights };
  }

  it('has the loss of PyTorch', async () => {
    const { data, batches, weights } = await prepare();
    const { loss } = buildLoss(network, 10);
    const values = Object.fromEntries(
      network.parameters.map(({ name: own, shape }) => [own, { shape, data: Float64Array.from(weights.get(own)!) }]),
    );
    const { x, y } = batches[0];
    const labels = y instanceof Int32Array ? y : Float64Array.from(y);
    const results = interpret(createProgram('loss', { loss }), {
      ...values,
      x: { shape: [10, 6], data: Float64Array.from(x) },
      y: { shape: [10, ...network.labels.shape], data: labels },
    });
    expect(Math.abs(results.loss.data[0] / data('loss')[0] - 1)).toBeLessThan(1e-6);
  });

  it.each(['magnitude', 'snip', 'grasp', 'prospr'])('has the scores of PyTorch by %s', async (method) => {
    const { data, batches, weights } = await prepare();
    const { scores } = await scoreNetwork({
      criterion: findCriterion(method),
      network,
      weights,
      prunable: ['hidden/kernel', 'out/kernel'],
      executor: createReferenceExecutor(),
      options: {},
      seed: 0,
      givenBatches: method === 'prospr' ? batches : batches.slice(0, 1),
    });
    for (const [kernel, values] of scores) {
      expect(relativeError(values, data(`${method}/${kernel}`)), kernel).toBeLessThan(1e-5);
    }
  });
});
