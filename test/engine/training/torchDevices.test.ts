/** Several devices that train one network, each with its part of a batch: here two processes on the processor. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTorchExecutor } from '../../../server/executors/torch/executor';
import type { DeviceTensor, Executor } from '../../../server/executors/types';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Network } from '../../../server/models/types';
import { VARIABLES } from '../../../server/protocol/catalogue/environment';
import type { Dataset } from '../../../server/protocol/data';
import { train } from '../../../server/training/train';
import type { TrainingResult, TrainingTask } from '../../../server/training/types';
import { chain, relativeError } from '../../support/networks';
import { descendantsOf } from '../../support/processes';
import { TEST_PYTHON, whyNoPython } from '../../support/python';
import { cloudDataset, denseNetwork, initialWeights, randomMasks, trainingTask } from '../../support/training';

const reason = whyNoPython();

/** Convolutions, batch normalization whose statistics move, and dropout. */
const images = createNetwork(
  chain(
    [6, 6, 2],
    ['conv1', 'Conv2D', { filters: 4, kernelSize: 3, padding: 'same', useBias: false }],
    ['bn1', 'BatchNormalization', { momentum: 0.9 }],
    ['relu1', 'Activation', { activation: 'relu' }],
    ['pool1', 'MaxPooling2D', { poolSize: 2 }],
    ['conv2', 'Conv2D', { filters: 4, kernelSize: 3, padding: 'same', useBias: false }],
    ['bn2', 'BatchNormalization', { momentum: 0.9 }],
    ['flat', 'Flatten'],
    ['drop', 'Dropout', { rate: 0.3 }],
    ['fc', 'Dense', { units: 3 }],
  ),
);

/** 20 steps with all that chance decides. */
function task(network: Network, executor: Executor, rest: Partial<TrainingTask> = {}): TrainingTask {
  const [{ shape }] = network.inputs;
  return trainingTask(
    {
      ...{ epochs: 2, batchSize: 8, seed: 3, augmentation: { crop: shape.length === 3 ? 1 : 0 } },
      optimizer: { learningRate: 0.05, clipGradient: 1 },
    },
    {
      ...{ network, executor, weights: initialWeights(network, 1), masks: randomMasks(network, 0.6, 2) },
      dataset: cloudDataset({ shape, train: 83, test: 13 }),
      ...rest,
    },
  );
}

function expectEqual(actual: TrainingResult, expected: TrainingResult): void {
  for (const [name, values] of expected.weights) {
    // What is kept of weights is float32.
    expect(relativeError(actual.weights.get(name)!, values), name).toBeLessThan(1e-6);
  }
  for (const key of ['trainLoss', 'trainAccuracy', 'testLoss', 'testAccuracy'] as const) {
    expect(relativeError([actual.final![key]!], [expected.final![key]!]), key).toBeLessThan(1e-9);
  }
}

describe.skipIf(reason !== undefined)(
  reason === undefined ? 'training on two devices' : `left out because ${reason}`,
  () => {
    let one: Executor;
    let two: Executor;
    let folder: string;
    let alone: readonly number[];
    /** Processes of both that compute together. */
    let members: readonly number[];
    beforeAll(async () => {
      vi.stubEnv(VARIABLES.threads.name, '1');
      const open = (computing: object) =>
        createTorchExecutor({ path: TEST_PYTHON }, { precision: 'float64', ...computing });
      one = await open({ device: 'cpu' });
      alone = descendantsOf(process.pid, 'serve.py');
      two = await open({ devices: ['cpu', 'cpu'] });
      members = descendantsOf(process.pid, 'serve.py').filter((pid) => !alone.includes(pid));
      folder = await mkdtemp(join(tmpdir(), 'prunelens-devices-'));
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      await Promise.all([one.dispose(), two.dispose()]);
      await rm(folder, { recursive: true });
    });

    it.each([
      ['dense layers with a penalty', denseNetwork()],
      ['convolutions', images],
    ])('is what one device does with the whole batches: %s', async (_title, network) => {
      const [actual, expected] = [await train(task(network, two)), await train(task(network, one))];
      expectEqual(actual, expected);
    });

    it('is so where the examples are not held, and where masks change', async () => {
      const uploading = (executor: Executor): Executor => {
        const { hold: _, group, ...rest } = executor;
        const without = group && { ...group, executor: { ...group.executor, hold: undefined } };
        return { ...rest, ...(without && { group: without as unknown as NonNullable<Executor['group']> }) };
      };
      const changing = (executor: Executor): TrainingTask => {
        const made = task(images, executor);
        const dynamic = { method: 'rigl', updateEvery: 3, dropFraction: 0.3, updateEnd: 0.75 } as const;
        return { ...made, config: { ...made.config, dynamic } };
      };
      const [actual, expected] = [await train(changing(uploading(two))), await train(changing(one))];
      expect(actual.updates!.length).toBeGreaterThan(2);
      expect(actual.updates).toEqual(expected.updates);
      expect(actual.masks).toEqual(expected.masks);
      expectEqual(actual, expected);
    });

    it('counts tokens, not examples, where the loss is a mean over them', async () => {
      const tokens = createNetwork(chain([6, 4], ['step', 'Dense', { units: 5 }]));
      const clouds = cloudDataset({ shape: [6, 4], train: 24, test: 9 });
      // The first examples have few labels that count.
      const labelled = (split: Dataset['train']) => ({
        ...split,
        labels: Int32Array.from({ length: 6 * split.size }, (_, i) => ((i * 7) % 11 < 6 && i % 5 ? -100 : i % 5)),
      });
      const dataset: Dataset = {
        ...clouds,
        ...{ classes: 5, labelShape: [6], train: labelled(clouds.train), test: labelled(clouds.test) },
      };
      const trained = (executor: Executor) => {
        const made = task(tokens, executor, { dataset, masks: new Map() });
        return train({ ...made, config: { ...made.config, objective: 'token-cross-entropy' } });
      };
      expectEqual(await trained(two), await trained(one));
    });

    it('keeps state and masks the same on both, to the bit', async () => {
      const apart: string[] = [];
      const group = two.group!;
      const watching: Executor = {
        ...two,
        group: {
          ...group,
          executor: {
            ...group.executor,
            async compile(...asked) {
              const executable = await group.executor.compile(...asked);
              const run: typeof executable.run = async (inputs) => {
                const results = await executable.run(inputs);
                for (const [name, tensor] of Object.entries(results)) {
                  const { parts } = tensor as DeviceTensor & { readonly parts: readonly DeviceTensor[] };
                  const [first, second] = await Promise.all(parts.map((part) => part.read()));
                  if (!first.data.every((value, i) => Object.is(value, second.data[i]))) apart.push(name);
                }
                return results;
              };
              return { ...executable, run };
            },
          },
        },
      };
      const made = task(images, watching);
      const { weights, masks } = await train({ ...made, config: { ...made.config, epochs: 1 } });
      expect(apart).toEqual([]);
      for (const [name, mask] of masks) {
        expect(weights.get(name)!.every((value, i) => mask[i] === 1 || value === 0)).toBe(true);
      }
    });

    it('normalizes each part of a batch by itself where it is asked to, on as many devices as it was begun', async () => {
      const byDevice = (executor: Executor): TrainingTask => {
        const made = task(images, executor);
        return { ...made, config: { ...made.config, batchParts: 2 } };
      };
      const [parts, whole] = [await train(byDevice(two)), await train(task(images, two))];
      expect(Math.abs(parts.final!.trainLoss - whole.final!.trainLoss)).toBeGreaterThan(1e-4);
      expect(relativeError([parts.final!.trainLoss], [whole.final!.trainLoss])).toBeLessThan(0.5);
      await expect(train(byDevice(one))).rejects.toThrow(
        'Batch normalization is by device, on 2 devices, and there is 1.',
      );
    });

    it('refuses batches that cannot be shared alike', async () => {
      const made = task(images, two);
      await expect(train({ ...made, config: { ...made.config, batchSize: 9 } })).rejects.toThrow(
        'Batches of 9 examples cannot be shared by 2 devices alike.',
      );
    });

    it('ends with one message where one of the processes is killed, and goes on to the bit', async () => {
      const runDir = (name: string) => join(folder, name);
      const whole = await train(task(images, two, { runDir: runDir('whole') }));
      const config = JSON.parse(await readFile(join(runDir('whole'), 'config.json'), 'utf8'));
      expect(config.devices).toEqual(['cpu', 'cpu']);
      expect(members).toHaveLength(2);
      const killing = train(
        task(images, two, {
          runDir: runDir('killed'),
          onProgress(event) {
            if (event.kind === 'epoch' && event.epoch === 1) process.kill(members[1], 'SIGKILL');
          },
        }),
      );
      await expect(killing).rejects.toThrow(
        /^Python, in which the backend torch computes on device [12] of 2 \(cpu\), was ended by SIGKILL\.$/,
      );
      const resumed = await train(task(images, two, { runDir: runDir('killed'), resume: true }));
      expect(resumed.weights).toEqual(whole.weights);
      expect(await readFile(join(runDir('killed'), 'metrics.jsonl'))).toEqual(
        await readFile(join(runDir('whole'), 'metrics.jsonl')),
      );
    });

    it('ends what is begun where one was killed while nobody waited, once', async () => {
      const now = () => descendantsOf(process.pid, 'serve.py').filter((pid) => !alone.includes(pid));
      const [, second] = now();
      process.kill(second, 'SIGKILL');
      await vi.waitFor(() => expect(now()).toEqual([]), 60_000);
      const ended = 'Python, in which the backend torch computes on device 2 of 2 (cpu), was ended by SIGKILL.';
      await expect(train(task(images, two))).rejects.toThrow(ended);
      expectEqual(await train(task(images, two)), await train(task(images, one)));
    });
  },
);
