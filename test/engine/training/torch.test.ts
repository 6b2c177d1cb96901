/** Training in PyTorch. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxExecutor } from '../../../server/executors/onnx';
import { createTorchExecutor } from '../../../server/executors/torch/executor';
import type { Executor } from '../../../server/executors/types';
import { train } from '../../../server/training/train';
import type { TrainingResult, TrainingTask } from '../../../server/training/types';
import { relativeError } from '../../support/networks';
import { descendantsOf } from '../../support/processes';
import { TEST_PYTHON, whyNoPython } from '../../support/python';
import {
  type CountingExecutor,
  cloudDataset,
  countingExecutor,
  denseNetwork,
  imageNetwork,
  randomMasks,
  trainingTask,
} from '../../support/training';

const reason = whyNoPython();
const network = denseNetwork();
const masks = randomMasks(network, 0.6);

function expectClose(actual: TrainingResult, expected: TrainingResult, tolerance: number): void {
  for (const [name, values] of expected.weights) {
    expect(relativeError(actual.weights.get(name)!, values), name).toBeLessThan(tolerance);
  }
  expect(relativeError([actual.final!.testLoss], [expected.final!.testLoss])).toBeLessThan(tolerance);
}

describe.skipIf(reason !== undefined)(
  reason === undefined ? 'training in PyTorch' : `left out because ${reason}`,
  () => {
    let executor: CountingExecutor;
    let folder: string;
    beforeAll(async () => {
      executor = countingExecutor(await createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu' }));
      folder = await mkdtemp(join(tmpdir(), 'prunelens-torch-'));
    });
    afterAll(async () => {
      await executor.dispose();
      await rm(folder, { recursive: true });
    });

    const task = (rest: Partial<TrainingTask> = {}) =>
      trainingTask({ epochs: 4 }, { network, masks, executor, ...rest });

    it('agrees with ONNX Runtime after 20 steps, and frees its tensors', async () => {
      const onnx = await createOnnxExecutor({ provider: 'cpu', threads: 1 });
      for (const one of [network, imageNetwork()]) {
        const dataset = cloudDataset({ shape: one.inputs[0].shape, train: 320 });
        const run = (on: Executor) =>
          train(trainingTask({ epochs: 1 }, { network: one, masks: randomMasks(one, 0.6), dataset, executor: on }));
        const [actual, expected] = [await run(executor), await run(onnx)];
        expectClose(actual, expected, 1e-4);
      }
      await onnx.dispose();
      expect(executor.alive()).toBe(0);
    });

    it('agrees with the reference in float64, whole programs too', async () => {
      const exact = await createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu', precision: 'float64' });
      for (const one of [network, imageNetwork()]) {
        const run = (on?: Executor) =>
          train(
            trainingTask({ epochs: 2, optimizer: { kind: 'adam' } }, { network: one, ...(on && { executor: on }) }),
          );
        const [actual, expected] = [await run(exact), await run()];
        // What is kept of weights is float32.
        expectClose(actual, expected, 1e-6);
      }
      await exact.dispose();
    });

    it('records how it computed, and refuses to go on in another precision', async () => {
      const runDir = join(folder, 'recorded');
      const inner = await createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu', precision: 'bf16' });
      await train(task({ executor: inner, runDir }));
      expect(JSON.parse(await readFile(join(runDir, 'config.json'), 'utf8'))).toMatchObject({
        backend: 'torch',
        precision: 'bf16',
        deterministic: true,
        versions: { torch: expect.stringMatching(/^\d/), python: expect.stringMatching(/^3/) },
      });
      await inner.dispose();
      const other = await createTorchExecutor({ path: TEST_PYTHON }, { device: 'cpu' });
      await expect(train(task({ executor: other, runDir, resume: true }))).rejects.toThrow(
        'since it differs in precision ("bf16" there, "float32" now)',
      );
      await other.dispose();
    });

    it('resumes to the bit after a stop, and after Python was killed in a step', async () => {
      const whole = await train(task({ runDir: join(folder, 'whole') }));
      const { dataset } = task();
      const interrupted = (runDir: string, interrupt: () => void, signal?: AbortSignal) => {
        let reads = 0;
        const split = {
          ...dataset.train,
          read(indices: ArrayLike<number>, out: Float32Array) {
            dataset.train.read(indices, out);
            if (++reads === 16) interrupt();
          },
        };
        // Where the device holds the examples, they are read once.
        const { hold: _, ...uploading } = executor;
        return train(
          task({ runDir, executor: uploading, dataset: { ...dataset, train: split }, ...(signal && { signal }) }),
        );
      };
      const abort = new AbortController();
      const stopped = await interrupted(join(folder, 'stopped'), () => abort.abort(), abort.signal);
      expect(stopped).toMatchObject({ interrupted: true, epochs: [{ epoch: 1 }, { epoch: 2 }] });
      const kill = () => process.kill(descendantsOf(process.pid, 'serve.py')[0], 'SIGKILL');
      await expect(interrupted(join(folder, 'killed'), kill)).rejects.toThrow(
        'Python, in which the backend torch computes, was ended by SIGKILL.',
      );
      for (const name of ['stopped', 'killed']) {
        const resumed = await train(task({ runDir: join(folder, name), resume: true }));
        expect(resumed.weights).toEqual(whole.weights);
        expect(await readFile(join(folder, name, 'metrics.jsonl'))).toEqual(
          await readFile(join(folder, 'whole', 'metrics.jsonl')),
        );
      }
      expect(executor.alive()).toBe(0);
    });
  },
);
