/** Training on examples that lie on the device. */
import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { augmentBatch } from '../../../server/data/augmentBatch';
import { createTorchExecutor } from '../../../server/executors/torch/executor';
import type { Executor } from '../../../server/executors/types';
import { completeConfig } from '../../../server/training/config';
import { holdExamples } from '../../../server/training/heldExamples';
import { train } from '../../../server/training/train';
import { TEST_PYTHON, whyNoPython } from '../../support/python';
import { cloudDataset, countingExecutor, imageNetwork, trainingTask } from '../../support/training';

const reason = whyNoPython();
const shape = [6, 5, 2];
const network = imageNetwork(shape);
const dataset = cloudDataset({ shape, train: 64 });
const AUGMENTATION = { crop: 3, flip: true };

describe.skipIf(reason !== undefined)(
  reason === undefined ? 'examples on the device' : `left out because ${reason}`,
  () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu' });
    });
    afterAll(() => executor.dispose());

    it('are moved as here, to the bit', async () => {
      for (const augmentation of [AUGMENTATION, { crop: 0, flip: true }, { crop: 0, flip: false }]) {
        const config = completeConfig({ augmentation, seed: 3 });
        const held = (await holdExamples(executor, network, dataset, config))!;
        const indices = Int32Array.from({ length: 32 }, (_, i) => (7 * i) % 64);
        const x = new Float32Array(32 * 60);
        dataset.train.read(indices, x);
        const expected = augmentBatch(
          { x, y: new Int32Array(32), size: 32, indices, position: 0 },
          { inputs: [{ shape, dtype: 'float32' }], labelShape: [] },
          { cropPadding: augmentation.crop, horizontalFlip: augmentation.flip },
          { seed: 3, epoch: 2 },
        );
        const [[, tensor]] = held.take(indices, 2);
        expect(await tensor.read()).toEqual({ shape: [32, ...shape], dtype: 'float32', data: expected.x });
        tensor.dispose();
        held.dispose();
      }
    });

    it('give the training that uploads give, to the bit, and free their memory', async () => {
      const counting = countingExecutor(executor);
      const { hold: _, ...uploading } = counting;
      const run = (on: Executor) =>
        train(trainingTask({ epochs: 2, augmentation: AUGMENTATION }, { network, dataset, executor: on }));
      const [held, uploaded] = [await run(counting), await run(uploading)];
      expect(held.weights).toEqual(uploaded.weights);
      const losses = ({ epochs }: typeof held) => epochs.map(({ trainLoss, testLoss }) => [trainLoss, testLoss]);
      expect(losses(held)).toEqual(losses(uploaded));
      expect(counting.alive()).toBe(0);
    });

    it('leave a step with the numbers of its examples to send, their moves and their labels', async () => {
      const many = cloudDataset({ shape: [32, 32, 3], train: 512, test: 8 });
      const large = imageNetwork([32, 32, 3]);
      let sent = 0;
      const write = Socket.prototype.write;
      const spy = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
        sent += (args[0] as Uint8Array).length;
        return write.apply(this, args as Parameters<typeof write>);
      });
      try {
        const bytesOf = async (epochs: number) => {
          sent = 0;
          const options = { epochs, batchSize: 64, augmentation: AUGMENTATION };
          await train(trainingTask(options, { network: large, dataset: many, executor }));
          return sent;
        };
        const [one, three] = [await bytesOf(1), await bytesOf(3)];
        // An epoch has 8 steps, and one batch of the test data, whose examples lie there, too.
        const step = (three - one) / 2 / 8;
        expect(step).toBeGreaterThan(64 * 4 * 5);
        expect(step).toBeLessThan(6000);
      } finally {
        spy.mockRestore();
      }
    });
  },
);
