/** A network of two inputs is scored and trained as the network that has them joined. */
import { describe, expect, it } from 'vitest';
import { adaptToInputs } from '../../../server/data/adapt';
import { pruningBatches } from '../../../server/data/batches';
import { openDataset } from '../../../server/data/open';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Network } from '../../../server/models/types';
import type { Batch, Dataset, Split } from '../../../server/protocol/data';
import { findCriterion, initialWeights, scoreNetwork } from '../../../server/pruning';
import { connectedMasks } from '../../../server/pruning/connectivity';
import { countPaths } from '../../../server/pruning/paths';
import { findChannels } from '../../../server/pruning/structured';
import { createRandom } from '../../../server/random';
import { completeConfig } from '../../../server/training/config';
import { prepareStep } from '../../../server/training/measureStep';
import { train } from '../../../server/training/train';
import { chain, relativeError } from '../../support/networks';
import { wire } from '../../support/wiring';

const two = createNetwork(
  wire(
    { left: [3], right: [2] },
    [
      ['join', 'Concatenate', {}, 'left', 'right'],
      ['a', 'Dense', { units: 6, activation: 'relu' }, 'join'],
      ['b', 'Dense', { units: 3 }, 'a'],
    ],
    ['b'],
  ),
);
const one = createNetwork(chain([5], ['a', 'Dense', { units: 6, activation: 'relu' }], ['b', 'Dense', { units: 3 }]));
const KERNELS = ['a/kernel', 'b/kernel'];
const weights = initialWeights(one, 2);

function rows(seed: number, size: number): Float32Array {
  const values = new Float32Array(5 * size);
  createRandom(seed, 'rows').fillNormal(values, 0, 1);
  return values;
}

/** The columns of rows of five that an input has. */
function columns(values: Float32Array, begin: number, end: number): Float32Array {
  return values.filter((_, i) => i % 5 >= begin && i % 5 < end);
}

function batches(count: number): readonly [joined: Batch[], apart: Batch[]] {
  const size = 8;
  const y = Int32Array.from({ length: size }, (_, i) => i % 3);
  const all = Array.from({ length: count }, (_, seed) => rows(seed, size));
  return [
    all.map((x) => ({ x, y, size })),
    all.map((x) => ({ x: columns(x, 0, 3), further: [columns(x, 3, 5)], y, size })),
  ];
}

function score(network: Network, method: string, givenBatches: readonly Batch[]) {
  return scoreNetwork({
    criterion: findCriterion(method),
    network,
    weights,
    prunable: KERNELS,
    executor: createReferenceExecutor(),
    options: { sparsity: 0.5, iterations: 2, steps: 2, draws: 1 },
    seed: 1,
    givenBatches,
  });
}

/** Examples of five numbers, in one part or in two, named in another order than the network has them. */
function dataset(names?: readonly [string, string]): Dataset {
  const split = (seed: number, size: number): Split => {
    const values = rows(seed, size);
    const parts = names ? [columns(values, 3, 5), columns(values, 0, 3)] : [values];
    return {
      size,
      labels: Int32Array.from({ length: size }, (_, i) => i % 3),
      read(indices, out, part = 0) {
        const width = parts[part].length / size;
        for (let i = 0; i < indices.length; i++) {
          out.set(parts[part].subarray(indices[i] * width, (indices[i] + 1) * width), i * width);
        }
      },
    };
  };
  return {
    name: 'rows',
    ...(names
      ? {
          shape: [2],
          parts: [
            { name: names[0], shape: [2] },
            { name: names[1], shape: [3] },
          ],
        }
      : { shape: [5] }),
    classes: 3,
    train: split(10, 24),
    test: split(11, 9),
  };
}

describe('two inputs', () => {
  const [joined, apart] = batches(3);

  it.each(['snip', 'grasp', 'synflow', 'prospr', 'px', 'fisher-taylor'])('%s scores as with one', async (method) => {
    const { scores } = await score(two, method, apart);
    const expected = await score(one, method, joined);
    for (const name of KERNELS) {
      expect(relativeError(scores.get(name)!, expected.scores.get(name)!), name).toBeLessThan(1e-6);
    }
  });

  it.each(['phew', 'ntk-sap'])('%s scores all weights', async (method) => {
    const { scores } = await score(two, method, apart);
    for (const values of scores.values()) expect(new Set(values).size).toBeGreaterThan(5);
  });

  it('lie at the start of all paths', async () => {
    const random = createRandom(4, 'mask');
    const mask = (size: number) => new Uint8Array(size).map(() => (random.uniform() < 0.4 ? 1 : 0));
    const masks = new Map([
      ['a/kernel', mask(30)],
      ['b/kernel', mask(18)],
    ]);
    const executor = createReferenceExecutor();
    expect(await connectedMasks(executor, two, masks)).toEqual(await connectedMasks(executor, one, masks));
    expect(countPaths(two, masks).total).toBeCloseTo(countPaths(one, masks).total!, 10);
    expect(findChannels(two).entries).toBe(findChannels(one).entries);
  });

  it('train as one, fed by name', async () => {
    const config = completeConfig({ epochs: 2, batchSize: 8, seed: 3 });
    const run = (network: Network, data: Dataset) =>
      train({
        network,
        weights,
        executor: createReferenceExecutor(),
        dataset: adaptToInputs(data, network.inputs),
        config,
      });
    const [a, b] = [await run(two, dataset(['right', 'left'])), await run(one, dataset())];
    expect(a.epochs.flatMap(({ trainLoss, testLoss }) => [trainLoss, testLoss])).toEqual(
      b.epochs.flatMap(({ trainLoss, testLoss }) => [expect.closeTo(trainLoss, 6), expect.closeTo(testLoss, 6)]),
    );
  });

  it('take a measured step', async () => {
    const prepared = await prepareStep(createReferenceExecutor(), two, 4);
    await prepared.step();
    await prepared.dispose();
  });

  it('are not augmented, and refuse data without their names', async () => {
    const adapted = adaptToInputs(dataset(['right', 'left']), two.inputs);
    const config = completeConfig({ epochs: 1, batchSize: 8, augmentation: { flip: true } });
    await expect(
      train({ network: two, weights, executor: createReferenceExecutor(), dataset: adapted, config }),
    ).rejects.toThrow('The augmentation is for images, but the examples of rows have no part that is one.');
    expect(() => adaptToInputs(dataset(['right', 'middle']), two.inputs)).toThrow(
      "The model takes 2 inputs, but rows has no array for 'left'.",
    );
    expect(() => adaptToInputs(dataset(), two.inputs)).toThrow("has no array for 'left'");
    expect(() => adaptToInputs(dataset(['right', 'left']), one.inputs)).toThrow(
      "The model takes one input, 'input', but the examples of rows have 2 parts, none of that name.",
    );
  });

  it('have noise of their own', async () => {
    const data = adaptToInputs(await openDataset('noise:3+2:3:20'), two.inputs);
    const many = pruningBatches(data, { count: 40, size: 4, seed: 1, balanced: true });
    const few = pruningBatches(data, { count: 1, size: 4, seed: 1, balanced: true });
    expect([many[0].x.length, many[0].further![0].length]).toEqual([12, 8]);
    expect([many[0].x, many[0].further]).toEqual([few[0].x, few[0].further]);
    expect(many[0].x[0]).not.toBe(many[0].further![0][0]);
  });
});
