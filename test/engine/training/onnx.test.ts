/** Training on ONNX Runtime, the backend that is always there. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxExecutor } from '../../../server/executors/onnx';
import { train } from '../../../server/training/train';
import type { TrainingTask } from '../../../server/training/types';
import { relativeError } from '../../support/networks';
import {
  type CountingExecutor,
  countingExecutor,
  denseNetwork,
  imageNetwork,
  randomMasks,
  trainingTask,
} from '../../support/training';

let executor: CountingExecutor;
let folder: string;

beforeAll(async () => {
  executor = countingExecutor(await createOnnxExecutor({ provider: 'cpu', threads: 2 }));
  folder = await mkdtemp(join(tmpdir(), 'prunelens-training-'));
});

afterAll(async () => {
  await executor.dispose();
  await rm(folder, { recursive: true });
});

describe('training on ONNX Runtime', () => {
  it.each([
    // Adam turns the rounding errors of a gradient that should be zero into whole steps, unless epsilon is above them.
    ['dense, Adam', denseNetwork(), { kind: 'adam', epsilon: 1e-3 }],
    ['images, Nesterov', imageNetwork(), { kind: 'sgd', nesterov: true }],
  ] as const)('agrees with the reference and frees its tensors: %s', async (_, network, optimizer) => {
    const masks = randomMasks(network, 0.6);
    const options = { epochs: 2, optimizer };
    const exact = await train(trainingTask(options, { network, masks }));
    const result = await train(trainingTask(options, { network, masks, executor }));
    for (const [name, values] of exact.weights)
      expect(relativeError(result.weights.get(name)!, values)).toBeLessThan(1e-3);
    for (const [name, mask] of masks) {
      expect(
        result.weights
          .get(name)!
          .filter((_, i) => mask[i] === 0)
          .every((value) => value === 0),
      ).toBe(true);
    }
    expect(result.final!.testLoss).toBeCloseTo(exact.final!.testLoss, 4);
    expect(executor.alive()).toBe(0);
  });

  it('resumes to the bit after a stop in the middle of an epoch', async () => {
    const network = denseNetwork();
    const task = (rest: Partial<TrainingTask> = {}) =>
      trainingTask({ epochs: 4 }, { network, masks: randomMasks(network, 0.6), executor, ...rest });
    const whole = await train(task({ runDir: join(folder, 'whole') }));
    const abort = new AbortController();
    const { dataset } = task();
    let reads = 0;
    const train_ = {
      ...dataset.train,
      read(indices: ArrayLike<number>, out: Float32Array) {
        dataset.train.read(indices, out);
        if (++reads === 16) abort.abort();
      },
    };
    const runDir = join(folder, 'stopped');
    const stopped = await train(task({ runDir, signal: abort.signal, dataset: { ...dataset, train: train_ } }));
    expect(stopped).toMatchObject({ interrupted: true, epochs: [{ epoch: 1 }, { epoch: 2 }] });
    const resumed = await train(task({ runDir, resume: true }));
    expect(resumed.weights).toEqual(whole.weights);
    expect(await readFile(join(runDir, 'metrics.jsonl'))).toEqual(
      await readFile(join(folder, 'whole', 'metrics.jsonl')),
    );
    expect(executor.alive()).toBe(0);
  });
});
