/** Networks side by side in PyTorch, in float64: each is trained as it is alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createStack } from '../../../server/executors/stack/lanes';
import { createTorchExecutor } from '../../../server/executors/torch/executor';
import type { Executor } from '../../../server/executors/types';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import type { Network } from '../../../server/models/types';
import { VARIABLES } from '../../../server/protocol/catalogue/environment';
import { train } from '../../../server/training/train';
import type { TrainingTask } from '../../../server/training/types';
import { residualNetwork } from '../../gpu/resnet';
import { chain, relativeError } from '../../support/networks';
import { descendantsOf } from '../../support/processes';
import { TEST_PYTHON, whyNoPython } from '../../support/python';
import {
  type CountingExecutor,
  cloudDataset,
  countingExecutor,
  initialWeights,
  randomMasks,
  trainingTask,
} from '../../support/training';
import { type WiredRow, wire } from '../../support/wiring';

const reason = whyNoPython();

const lenet = createNetwork(
  chain(
    [16, 16, 1],
    ['conv1', 'Conv2D', { filters: 6, kernelSize: 5, padding: 'same', activation: 'relu' }],
    ['pool1', 'MaxPooling2D', { poolSize: 2 }],
    ['conv2', 'Conv2D', { filters: 16, kernelSize: 5, activation: 'relu' }],
    ['pool2', 'AveragePooling2D', { poolSize: 2 }],
    ['flat', 'Flatten'],
    ['fc1', 'Dense', { units: 24, activation: 'tanh' }],
    ['drop', 'Dropout', { rate: 0.3 }],
    ['fc2', 'Dense', { units: 3 }],
  ),
);

const attention: WiredRow[] = [
  ['norm1', 'LayerNormalization', {}, 'tokens'],
  ['attend', 'MultiHeadAttention', { numHeads: 2, keyDim: 6, dropout: 0.2 }, 'norm1', 'norm1'],
  ['sum1', 'Add', {}, 'tokens', 'attend'],
  ['norm2', 'LayerNormalization', {}, 'sum1'],
  ['up', 'Dense', { units: 24, activation: 'gelu' }, 'norm2'],
  ['down', 'Dense', { units: 12 }, 'up'],
  ['sum2', 'Add', {}, 'sum1', 'down'],
];
const vit = createNetwork(
  wire(
    { image: [8, 8, 3] },
    [
      ['patches', 'Conv2D', { filters: 12, kernelSize: 4, strides: 4 }, 'image'],
      ['tokens', 'Reshape', { targetShape: [4, 12] }, 'patches'],
      ...attention,
      ['pool', 'GlobalAveragePooling1D', {}, 'sum2'],
      ['classes', 'Dense', { units: 3 }, 'pool'],
    ],
    ['classes'],
  ),
);

const resnet = residualNetwork({ size: 8, width: 8, blocks: 3 });

/** With masks, weights, a seed and a learning rate of its own. */
function task(network: Network, executor: Executor, seed: number): TrainingTask {
  const [{ shape }] = network.inputs;
  const { classes } = network.labels;
  return trainingTask(
    { epochs: 1, batchSize: 4, seed, optimizer: { learningRate: 0.01 + 0.002 * seed }, augmentation: { crop: 1 } },
    {
      ...{ network, executor, compact: false, weights: initialWeights(network, seed) },
      masks: randomMasks(network, 0.4 + 0.02 * seed, seed),
      dataset: cloudDataset({ shape, classes, train: 8, test: 5 }),
    },
  );
}

describe.skipIf(reason !== undefined)(
  reason === undefined ? 'networks side by side in PyTorch' : `left out because ${reason}`,
  () => {
    let executor: CountingExecutor;
    beforeAll(async () => {
      vi.stubEnv(VARIABLES.threads.name, '1');
      const computing = { device: 'cpu', precision: 'float64' } as const;
      executor = countingExecutor(await createTorchExecutor({ path: TEST_PYTHON }, computing));
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      await executor.dispose();
    });

    it.each([
      ['LeNets with dropout', 16, lenet],
      ['transformers of images', 4, vit],
      ['transformers of images', 16, vit],
      ['ResNet-20s on small images', 4, resnet],
      ['ResNet-20s on small images', 16, resnet],
    ] as const)('%s, %i of them', async (_title, width, network) => {
      const stack = createStack(executor, width);
      const seeds = Array.from({ length: width }, (_, seed) => seed);
      const together = await Promise.all(
        seeds.map(async (seed) => {
          const lane = stack.enter();
          const result = await train(task(network, lane, seed));
          lane.leave();
          return result;
        }),
      );
      await stack.dispose();
      expect(executor.alive()).toBe(0);
      // The first and the last, and one between.
      for (const seed of [0, width >> 1, width - 1]) {
        const alone = await train(task(network, executor, seed));
        const losses = [together[seed], alone].map(({ final }) => [final!.trainLoss, final!.testLoss]);
        expect(relativeError(losses[0], losses[1])).toBeLessThan(1e-10);
        for (const [name, values] of alone.weights) {
          const own = together[seed].weights.get(name)!;
          // They are read as float32. Some gradients are nothing but rounding, as that of a bias of keys.
          expect(Math.max(...own.map((value, i) => Math.abs(value - values[i]))), name).toBeLessThan(1e-6);
        }
      }
    });

    it('go on to the bit after Python was killed among them, and end alone where they diverge', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'prunelens-stack-'));
      const all = async (name: string, more: (seed: number) => Partial<TrainingTask> = () => ({})) => {
        const stack = createStack(executor, 3);
        const results = await Promise.allSettled(
          [0, 1, 2].map(async (seed) => {
            const lane = stack.enter();
            try {
              const made = task(lenet, lane, seed);
              const optimizer = { ...made.config.optimizer, ...(seed === 1 && { learningRate: 1e200 }) };
              const config = { ...made.config, epochs: 3, optimizer };
              return await train({ ...made, config, runDir: join(folder, `${name}-${seed}`), ...more(seed) });
            } finally {
              lane.leave();
            }
          }),
        );
        await stack.dispose();
        return results;
      };
      const whole = await all('whole');
      expect(whole[1]).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('diverged') } });
      const kill = () => process.kill(descendantsOf(process.pid, 'serve.py')[0], 'SIGKILL');
      const killed = await all('killed', (seed) => ({
        onProgress: (event) => void (event.kind === 'epoch' && seed === 0 && event.epoch === 1 && kill()),
      }));
      expect(killed[0]).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('SIGKILL') } });
      const resumed = await all('killed', () => ({ resume: true }));
      for (const seed of [0, 2]) {
        const [before, after] = [whole[seed], resumed[seed]];
        if (before.status === 'rejected' || after.status === 'rejected') throw [before, after];
        expect(after.value.epochs).toHaveLength(3);
        expect(after.value.weights).toEqual(before.value.weights);
      }
      rmSync(folder, { recursive: true });
    });
  },
);
