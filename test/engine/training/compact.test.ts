/** Training without the channels that masks leave unread, against training the whole masked network. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { isStatistic, type Network } from '../../../server/models/types';
import { findChannels, livingChannels } from '../../../server/pruning/structured';
import { keptIndices, keptMask } from '../../../server/pruning/structured/slices';
import type { Masks } from '../../../server/pruning/types';
import { createRandom } from '../../../server/random';
import type { TrainingOptions } from '../../../server/training/config';
import { measureSteps, prepareStep } from '../../../server/training/measureStep';
import { train } from '../../../server/training/train';
import type { TrainingResult } from '../../../server/training/types';
import { architecture } from '../../support/architectures';
import { randomWeights } from '../../support/channels';
import { chain } from '../../support/networks';
import { cloudDataset, countingExecutor, initialWeights, randomMasks, trainingTask } from '../../support/training';

/** Dense layers and dropout, penalties and normalization; wide, so that masks leave units unread. */
const wide = createNetwork(
  chain(
    [5],
    [
      'fc1',
      'Dense',
      { units: 24, activation: 'relu', kernelRegularizer: { className: 'L1L2', config: { l1: 0.01, l2: 0.02 } } },
    ],
    ['bn1', 'BatchNormalization', { momentum: 0.8 }],
    ['drop', 'Dropout', { rate: 0.25 }],
    ['fc2', 'Dense', { units: 16, activation: 'sigmoid' }],
    ['fc3', 'Dense', { units: 3 }],
  ),
);

/** Masks that keep about `density` of each kernel, and of some channels nothing that reads them. */
function unreadMasks(network: Network, density: number, seed: number): Masks {
  const structure = findChannels(network);
  const masks = new Map(randomMasks(network, density, seed));
  for (const { name, shape } of network.parameters) {
    const mask = masks.get(name);
    const own = structure.axes.get(name);
    const made = structure.kernels.find(({ weight }) => weight === name)?.axis;
    if (!mask || !own) continue;
    const unread = Uint8Array.from({ length: structure.entries }, (_, entry) =>
      createRandom(seed, 'unread', String(entry)).uniform() < 0.6 ? 0 : 1,
    );
    const reading = own.map((axis, i) => (i === made ? undefined : axis));
    keptMask(shape, keptIndices(reading, unread)).forEach((bit, i) => {
      mask[i] &= bit;
    });
  }
  return masks;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>, counts?: Uint8Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (!counts || counts[i] === 1) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  }
  return largest;
}

/** Everything but the batch statistics of removed channels agrees. */
function expectSame(network: Network, masks: Masks, compact: TrainingResult, whole: TrainingResult): void {
  const structure = findChannels(network);
  const living = livingChannels(structure, masks);
  compact.epochs.forEach((epoch, i) => {
    for (const key of ['trainLoss', 'trainAccuracy', 'testLoss', 'testAccuracy'] as const) {
      expect(epoch[key]).toBeCloseTo(whole.epochs[i][key]!, 5);
    }
  });
  for (const parameter of network.parameters) {
    const { name, shape } = parameter;
    const kept = keptMask(shape, keptIndices(structure.axes.get(name) ?? [], living));
    const difference = largestDifference(
      compact.weights.get(name)!,
      whole.weights.get(name)!,
      isStatistic(parameter) ? kept : undefined,
    );
    expect(difference, name).toBeLessThan(1e-5);
  }
}

async function trainBoth(network: Network, masks: Masks, options: TrainingOptions, seed = 0) {
  const task = trainingTask(options, {
    network,
    masks,
    weights: seed === 0 ? initialWeights(network) : randomWeights(network, seed),
    dataset: cloudDataset({ shape: network.inputs[0].shape, train: 40, test: 11 }),
  });
  return { compact: await train(task), whole: await train({ ...task, compact: false }) };
}

const optimizers: readonly (readonly [string, TrainingOptions['optimizer']])[] = [
  ['plain steps', { kind: 'sgd', learningRate: 0.1, momentum: 0, weightDecay: 0.01 }],
  ['momentum', { kind: 'sgd', learningRate: 0.05, momentum: 0.9, weightDecay: 0.02 }],
  ['Nesterov momentum', { kind: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.02 }],
  ['Adam', { kind: 'adam', learningRate: 0.01, weightDecay: 0.02 }],
  ['AdamW', { kind: 'adamw', learningRate: 0.01, weightDecay: 0.2 }],
  [
    'AdamW without the decay of biases',
    { kind: 'adamw', learningRate: 0.01, weightDecay: 0.2, decayExclude: ['bias', 'norm'] },
  ],
];

describe('compact training', () => {
  it.each(optimizers)('with %s ends where masked training does', async (_name, optimizer) => {
    const masks = unreadMasks(wide, 0.3, 1);
    const { compact, whole } = await trainBoth(wide, masks, { epochs: 3, batchSize: 8, optimizer });
    expect(compact.compaction?.kept).toBeLessThan(25);
    expect(compact.compaction!.macs).toBeLessThan(0.6 * compact.compaction!.denseMacs);
    expect(whole.compaction).toBeUndefined();
    expect(compact.weights.get('fc1/kernel')).not.toEqual(initialWeights(wide).get('fc1/kernel'));
    expectSame(wide, masks, compact, whole);
  });

  it('with clipped gradients ends where masked training does', async () => {
    const free = createNetwork(
      chain([5], ['fc1', 'Dense', { units: 24, activation: 'relu' }], ['fc2', 'Dense', { units: 3 }]),
    );
    const masks = unreadMasks(free, 0.3, 1);
    const optimizer = { kind: 'sgd', learningRate: 0.1, clipGradient: 0.3 } as const;
    const { compact, whole } = await trainBoth(free, masks, { epochs: 3, batchSize: 8, optimizer });
    expect(compact.compaction?.kept).toBeLessThan(20);
    expectSame(free, masks, compact, whole);
    const unclipped = await trainBoth(free, masks, {
      epochs: 3,
      batchSize: 8,
      optimizer: { ...optimizer, clipGradient: 1e6 },
    });
    expect(unclipped.compact.weights.get('fc1/kernel')).not.toEqual(compact.weights.get('fc1/kernel'));
  });

  it('leaves nothing out where idle weights have penalties, which count in the norm of clipped gradients', async () => {
    const optimizer = { kind: 'sgd', learningRate: 0.1, clipGradient: 0.3 } as const;
    const { compact, whole } = await trainBoth(wide, unreadMasks(wide, 0.3, 1), { epochs: 1, batchSize: 8, optimizer });
    expect(compact.compaction).toBeUndefined();
    expect(compact.weights).toEqual(whole.weights);
  });

  it('agrees with masked training on random architectures', async () => {
    let smaller = 0;
    const property = fc.asyncProperty(architecture, fc.integer({ min: 1, max: 1e6 }), async (description, seed) => {
      const network = createNetwork(description);
      const masks = unreadMasks(network, 0.5, seed);
      const optimizer = { kind: 'sgd', learningRate: 0.002, momentum: 0.9, weightDecay: 0.01 } as const;
      const { compact, whole } = await trainBoth(network, masks, { epochs: 1, batchSize: 8, optimizer }, seed);
      if (compact.compaction) smaller++;
      expectSame(network, masks, compact, whole);
    });
    await fc.assert(property, { numRuns: 20 });
    expect(smaller).toBeGreaterThan(8);
  });

  it('leaves nothing on the executor, and trains all where every channel is read', async () => {
    const executor = countingExecutor(createReferenceExecutor());
    const masks = unreadMasks(wide, 0.3, 1);
    await train(trainingTask({ epochs: 1 }, { network: wide, masks, executor }));
    expect(executor.alive()).toBe(0);
    const all = await train(trainingTask({ epochs: 1 }, { network: wide, masks: randomMasks(wide, 1) }));
    expect(all.compaction).toBeUndefined();
  });
});

describe('measured steps', () => {
  it('are of networks with dropout, statistics and masks, and leave nothing on the executor', async () => {
    const executor = countingExecutor(createReferenceExecutor());
    const [first, second] = await measureSteps(executor, [wide, wide], 4, 1);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(0);
    const { step, dispose } = await prepareStep(executor, wide, 4, randomMasks(wide, 0.5));
    await step();
    await dispose();
    expect(executor.alive()).toBe(0);
  });
});

describe('living channels', () => {
  it('are those that something living reads', () => {
    const network = createNetwork(
      chain([2], ['a', 'Dense', { units: 3 }], ['b', 'Dense', { units: 3 }], ['c', 'Dense', { units: 2 }]),
    );
    const structure = findChannels(network);
    // a0 is read by b0 only, which nothing reads; a1 by b1; a2 by nothing. b2 is read, but nothing comes into it.
    const masks = new Map([
      ['b/kernel', Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0)],
      ['c/kernel', Uint8Array.of(0, 0, 1, 0, 0, 1)],
    ]);
    expect([...livingChannels(structure, masks)]).toEqual([0, 1, 0, 0, 1, 1]);
    // Where a layer has collapsed one channel of it stays, with what it reads, for the network to be one.
    expect([...livingChannels(structure, new Map([['c/kernel', new Uint8Array(6)]]))]).toEqual([1, 1, 1, 1, 0, 0]);
  });
});
