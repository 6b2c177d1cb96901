import { describe, expect, it } from 'vitest';
import { createReferenceExecutor } from '../../../server/executors/reference';
import type { Executable, Executor } from '../../../server/executors/types';
import type { Dataset, Split } from '../../../server/protocol/data';
import { UserError } from '../../../server/protocol/errors';
import { floatTensor } from '../../../server/protocol/tensor';
import type { FinishedEpoch } from '../../../server/runs/types';
import { createEvaluator } from '../../../server/training/evaluate';
import { type HostState, parameterKey, uploadState } from '../../../server/training/state';
import { METRIC_STEPS } from '../../../server/training/step';
import { train } from '../../../server/training/train';
import type { TrainingEvent } from '../../../server/training/types';
import {
  cloudDataset,
  countingExecutor,
  denseNetwork,
  imageNetwork,
  initialWeights,
  plainNetwork,
  randomMasks,
  trainingTask,
} from '../../support/training';

const withoutTime = (epochs: readonly FinishedEpoch[]) => epochs.map(({ seconds: _, ...metrics }) => metrics);

describe('train', () => {
  it.each([
    ['sgd', { kind: 'sgd', learningRate: 0.1, nesterov: true }],
    ['adam', { kind: 'adam', learningRate: 0.03 }],
  ] as const)('learns separable classes with %s', async (_, optimizer) => {
    const network = plainNetwork();
    const result = await train(trainingTask({ epochs: 6, optimizer }, { network }));
    expect(result.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(result.final).toBe(result.epochs[5]);
    expect(result.epochs[0].trainLoss).toBeGreaterThan(result.final!.trainLoss);
    expect(result.final!.testAccuracy).toBeGreaterThan(0.9);
    expect(result).toMatchObject({ interrupted: false, stoppedEarly: false, backend: 'reference' });
  });

  it('learns under masks, and gives weights that are exactly zero where masked', async () => {
    const network = denseNetwork();
    const masks = randomMasks(network, 0.5);
    const result = await train(trainingTask({ epochs: 8, optimizer: { learningRate: 0.1 } }, { network, masks }));
    expect(result.final!.testAccuracy).toBeGreaterThan(0.8);
    for (const [name, mask] of masks) {
      const weights = result.weights.get(name)!;
      expect(weights.filter((_, i) => mask[i] === 0).every((value) => Object.is(value, 0))).toBe(true);
      expect(weights.some((value) => value !== 0)).toBe(true);
    }
    expect([...result.weights.keys()]).toEqual(network.parameters.map(({ name }) => name));
  });

  it('is the same for the same seed, to the bit, and another for another', async () => {
    const network = imageNetwork();
    const options = { epochs: 2, augmentation: { crop: 1, flip: true } };
    const [first, second, other] = await Promise.all([
      train(trainingTask(options, { network })),
      train(trainingTask(options, { network })),
      train(trainingTask({ ...options, seed: 1 }, { network })),
    ]);
    expect(second.weights).toEqual(first.weights);
    expect(withoutTime(second.epochs)).toEqual(withoutTime(first.epochs));
    expect(other.weights).not.toEqual(first.weights);
  });

  it('augments where asked', async () => {
    const network = imageNetwork();
    const plain = await train(trainingTask({ epochs: 1 }, { network }));
    const cropped = await train(trainingTask({ epochs: 1, augmentation: { crop: 1 } }, { network }));
    expect(cropped.weights).not.toEqual(plain.weights);
  });

  it('reports every epoch, steps in order, and exact means', async () => {
    const events: TrainingEvent[] = [];
    const result = await train(trainingTask({ epochs: 2 }, { onProgress: (event) => events.push(event) }));
    expect(events[0]).toEqual({ kind: 'start', epoch: 1, epochs: 2, steps: 6 });
    const steps = events.filter((event) => event.kind === 'step');
    const places = steps.map(({ epoch, step }) => epoch * 100 + step);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    for (const epoch of [1, 2]) {
      const last = steps.filter((event) => event.epoch === epoch).at(-1)!;
      expect(last).toMatchObject({ step: 6, steps: 6 });
      // The mean is that of the single losses, each told once.
      const losses = steps.filter((event) => event.epoch === epoch).flatMap((event) => event.stepLosses);
      expect(losses.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(losses.reduce((sum, { loss }) => sum + loss, 0) / 6).toBeCloseTo(last.loss, 12);
      // So is the accuracy, which each step has of its own.
      expect(losses.reduce((sum, { accuracy }) => sum + accuracy!, 0) / 6).toBeCloseTo(last.metrics.accuracy!, 12);
      expect(new Set(losses.map(({ accuracy }) => accuracy)).size).toBeGreaterThan(1);
      expect(last.loss).toBe(result.epochs[epoch - 1].trainLoss);
      expect(last.metrics.accuracy).toBe(result.epochs[epoch - 1].trainAccuracy);
      expect(last.imagesPerSecond).toBeGreaterThan(0);
      expect(last.secondsLeft).toBeGreaterThanOrEqual(0);
    }
    const epochs = events.filter((event) => event.kind === 'epoch');
    expect(epochs).toEqual(result.epochs.map((epoch) => ({ kind: 'epoch', ...epoch })));
  });

  it('takes the means of the losses the steps had', async () => {
    const losses: number[] = [];
    const executor = spiedExecutor((program, outputs) => {
      if (program.startsWith('train')) losses.push(outputs.metrics[2 * METRIC_STEPS - 2]);
    });
    const result = await train(trainingTask({ epochs: 1 }, { executor }));
    expect(losses.length).toBe(6);
    expect(result.final!.trainLoss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss) / 6, 14);
  });

  it('does so where an epoch has more steps than the device holds metrics for', async () => {
    const dataset = cloudDataset({ train: 2 * METRIC_STEPS + 10 });
    const losses: number[] = [];
    const executor = spiedExecutor((program, outputs) => {
      if (program.startsWith('train')) losses.push(outputs.metrics[2 * METRIC_STEPS - 2]);
    });
    const result = await train(trainingTask({ epochs: 1, batchSize: 1 }, { executor, dataset }));
    expect(losses.length).toBe(2 * METRIC_STEPS + 10);
    expect(result.final!.trainLoss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss) / losses.length, 12);
  });

  it('stops early when the test loss does not fall any more', async () => {
    const options = { epochs: 30, optimizer: { learningRate: 0.3 }, earlyStop: { patience: 2 } } as const;
    const result = await train(trainingTask(options, { network: plainNetwork() }));
    expect(result.stoppedEarly).toBe(true);
    const best = result.epochs.reduce((least, epoch) => (epoch.testLoss < least.testLoss ? epoch : least));
    expect(result.epochs.length).toBe(best.epoch + 2);
  });

  it('frees all it takes of the executor, whether it succeeds, is aborted or fails', async () => {
    const executor = countingExecutor(createReferenceExecutor());
    const network = denseNetwork();
    const masks = randomMasks(network, 0.5);
    await train(trainingTask({}, { network, masks, executor }));
    expect(executor.alive()).toBe(0);
    const abort = new AbortController();
    const onProgress = (event: TrainingEvent) => event.kind === 'epoch' && abort.abort();
    await train(trainingTask({}, { network, masks, executor, signal: abort.signal, onProgress }));
    expect(executor.alive()).toBe(0);
    await expect(train(trainingTask({ optimizer: { learningRate: 1e200 } }, { executor }))).rejects.toThrow(UserError);
    expect(executor.alive()).toBe(0);
  });

  it('keeps finished epochs when it is aborted', async () => {
    const abort = new AbortController();
    const onProgress = (event: TrainingEvent) => event.kind === 'epoch' && event.epoch === 2 && abort.abort();
    const result = await train(trainingTask({ epochs: 4 }, { signal: abort.signal, onProgress }));
    expect(result.interrupted).toBe(true);
    expect(result.stoppedEarly).toBe(false);
    expect(result.epochs.length).toBe(2);

    const beforehand = await train(trainingTask({}, { signal: AbortSignal.abort() }));
    expect(beforehand).toMatchObject({ interrupted: true, epochs: [] });
    expect(beforehand.final).toBeUndefined();
    expect(beforehand.weights).toEqual(initialWeights(denseNetwork()));
  });

  it('sees a signal that comes while it is busy', async () => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), 50);
    const result = await train(trainingTask({ epochs: 100_000 }, { signal: abort.signal }));
    clearTimeout(timer);
    expect(result.interrupted).toBe(true);
  });
});

describe('what cannot be trained', () => {
  it('names epoch and step of a loss that is not finite', async () => {
    const base = cloudDataset();
    const poisoned: Split = {
      ...base.train,
      read(indices, out) {
        base.train.read(indices, out);
        if (Array.from(indices).includes(3)) out[0] = Number.NaN;
      },
    };
    const failure = train(trainingTask({}, { dataset: { ...base, train: poisoned }, network: plainNetwork() }));
    await expect(failure).rejects.toThrow(/the loss became NaN in epoch 1, step [1-6] of 6/);
    await expect(failure).rejects.toMatchObject({ name: 'UserError', hint: expect.stringContaining('learning rate') });
  });

  it('notices weights that the last step spoiled', async () => {
    const failure = train(
      trainingTask(
        { epochs: 1, batchSize: 96, optimizer: { learningRate: 1e308, momentum: 0 } },
        { network: plainNetwork() },
      ),
    );
    await expect(failure).rejects.toThrow(/the loss became (NaN|Infinity) on the test data after epoch 1/);
  });

  const mask = (name: string, values: number[]) => new Map([[name, Uint8Array.from(values)]]);
  it.each([
    ['inputs of shape [5], but the examples of clouds are [4]', { dataset: cloudDataset({ shape: [4] }) }],
    ['has 3 outputs, but clouds has 4 classes', { dataset: cloudDataset({ classes: 4 }) }],
    ['batchSize is 16, but clouds has only 15', { dataset: cloudDataset({ train: 15 }) }],
    ['no test examples', { dataset: cloudDataset({ test: 0 }) }],
    ['masks are for fc9/kernel', { masks: mask('fc9/kernel', [1]) }],
    ['masks are for bn1/moving_mean', { masks: mask('bn1/moving_mean', [1, 1, 1, 1, 1, 1]) }],
    ['masks have 1 values for fc2/kernel', { masks: mask('fc2/kernel', [1]) }],
    ['mask of fc2/bias holds 2', { masks: mask('fc2/bias', [0, 1, 2]) }],
    ['weights have no fc1/kernel', { weights: new Map() }],
    ['Only a run that has a folder', { resume: true }],
  ])('says: %s', async (message, rest) => {
    const failure = train(trainingTask({}, rest));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ name: 'UserError', kind: 'usage' });
  });

  it('refuses to augment what is no image', async () => {
    const failure = train(trainingTask({ augmentation: { flip: true } }));
    await expect(failure).rejects.toThrow('The augmentation is for images');
  });
});

describe('evaluation', () => {
  it.each([1, 7, 16, 31, 40])('counts each of 31 examples once in batches of %i', async (batchSize) => {
    const network = plainNetwork();
    const dataset = cloudDataset();
    const seen = new Int32Array(31);
    const spied: Split = {
      ...dataset.test,
      read(indices, out) {
        dataset.test.read(indices, out);
        for (let i = 0; i < indices.length; i++) seen[indices[i]]++;
      },
    };
    const expected = oneByOne(network, dataset);
    const executor = createReferenceExecutor();
    const weights = initialWeights(network);
    const state: HostState = new Map(
      network.parameters.map(({ name, shape }) => [parameterKey(name), floatTensor(shape, weights.get(name)!)]),
    );
    const evaluator = await createEvaluator(network, executor, batchSize);
    const { loss, accuracy } = await evaluator.evaluate(uploadState(executor, state), spied);
    expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-12);
    expect(accuracy).toBe(expected.accuracy);
    expect(seen.every((count) => count >= 1)).toBe(true);
  });
});

/** Loss and accuracy of a plain network by hand. */
function oneByOne(network: ReturnType<typeof plainNetwork>, { test }: Dataset): { loss: number; accuracy: number } {
  const weights = initialWeights(network);
  const dense = (x: readonly number[], layer: string) => {
    const kernel = weights.get(`${layer}/kernel`)!;
    const bias = weights.get(`${layer}/bias`)!;
    return Array.from(bias, (offset, o) =>
      x.reduce((sum, value, i) => sum + value * kernel[i * bias.length + o], offset),
    );
  };
  let loss = 0;
  let correct = 0;
  for (let i = 0; i < test.size; i++) {
    const x = new Float32Array(5);
    test.read([i], x);
    const logits = dense(dense(Array.from(x), 'fc1').map(Math.tanh), 'fc2');
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    loss += Math.log(total) - logits[test.labels[i]];
    if (logits.indexOf(Math.max(...logits)) === test.labels[i]) correct++;
  }
  return { loss: loss / test.size, accuracy: correct / test.size };
}

/** A reference executor that shows what every run gave. */
function spiedExecutor(onRun: (program: string, outputs: { [name: string]: ArrayLike<number> }) => void): Executor {
  const inner = createReferenceExecutor();
  return {
    ...inner,
    async compile(program) {
      const executable: Executable = await inner.compile(program);
      return {
        ...executable,
        async run(inputs) {
          const outputs = await executable.run(inputs);
          const values: { [name: string]: ArrayLike<number> } = {};
          for (const [name, tensor] of Object.entries(outputs)) values[name] = (await tensor.read()).data;
          onRun(program.name, values);
          return outputs;
        },
      };
    },
  };
}
