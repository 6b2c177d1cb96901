/** How long a training step of a network takes here: measured time, where multiplications are only counted. */
import type { Executor } from '../executors/types';
import { drawExamples, inputTensors } from '../models/parameters';
import type { Network } from '../models/types';
import { drawLabels, labelTensor } from '../objectives/labelTensors';
import { floatTensor, sizeOf } from '../protocol/tensor';
import { initialWeights } from '../pruning/initialWeights';
import type { Masks } from '../pruning/types';
import { createRandom } from '../random';
import { runWith } from './execution';
import { createOptimizer } from './optimizers';
import { disposeState, initialState, maskTensors, uploadState } from './state';
import { createStepProgram, METRICS, metricsShape, scalarKey } from './step';

/** A compiled step on a batch of noise that stays on the executor, as does all that the step changes. */
export interface PreparedStep {
  readonly compileSeconds: number;
  /** Takes a step, or so many, and waits for the last one. */
  step(count?: number): Promise<void>;
  dispose(): Promise<void>;
}

/** SGD with momentum and weight decay, as most papers train; with masks where they are given. */
const OPTIMIZER = { kind: 'sgd', learningRate: 0.01, momentum: 0.9, nesterov: false, weightDecay: 5e-4 } as const;

/** Prepares steps of a network on batches of `size`. */
export async function prepareStep(
  executor: Executor,
  network: Network,
  size: number,
  masks: Masks = new Map(),
): Promise<PreparedStep> {
  const optimizer = createOptimizer(OPTIMIZER);
  const { program, noise } = createStepProgram(network, optimizer, new Set(masks.keys()), size);
  const started = performance.now();
  const executable = await executor.compile(program, 'training');
  const compileSeconds = (performance.now() - started) / 1000;
  const state = new Map(uploadState(executor, initialState(network, initialWeights(network, 1), masks, optimizer)));
  state.set(
    METRICS,
    executor.upload(floatTensor(metricsShape(network), new Float32Array(sizeOf(metricsShape(network))))),
  );
  const random = createRandom(1, 'measured step');
  const examples = drawExamples(network, size, random);
  const y = drawLabels(network.labels, size, random);
  const fixed = uploadState(
    executor,
    new Map([
      ...maskTensors(network, masks),
      ...Object.entries(inputTensors(network, examples)),
      ['y', labelTensor(network.labels, size, y)],
      [scalarKey('learningRate'), floatTensor([], Float32Array.of(OPTIMIZER.learningRate))],
      // Nothing is dropped: the values do not change what a step costs.
      ...noise.map(({ input, shape }) => [input, floatTensor(shape, new Float32Array(sizeOf(shape)).fill(1))] as const),
    ]),
  );
  return {
    compileSeconds,
    async step(count = 1) {
      for (let i = 0; i < count; i++) {
        for (const [name, tensor] of Object.entries(await runWith(executable, new Map([...state, ...fixed])))) {
          state.get(name)!.dispose();
          state.set(name, tensor);
        }
      }
      // Reading the loss back waits for the device.
      await state.get(METRICS)!.read();
    },
    async dispose() {
      disposeState(state);
      disposeState(fixed);
      await executable.dispose();
    },
  };
}

/**
 * Seconds of a step of each network, medians of `repeats` rounds after a first one that does not count. The networks take
 * turns, because machines drift.
 */
export async function measureSteps(
  executor: Executor,
  networks: readonly Network[],
  size: number,
  repeats: number,
): Promise<readonly number[]> {
  const steps: PreparedStep[] = [];
  try {
    for (const network of networks) steps.push(await prepareStep(executor, network, size));
    const times: number[][] = networks.map(() => []);
    for (let round = 0; round <= repeats; round++) {
      for (const [i, { step }] of steps.entries()) {
        const start = performance.now();
        await step();
        if (round > 0) times[i].push((performance.now() - start) / 1000);
      }
    }
    return times.map((values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]);
  } finally {
    for (const one of steps) await one.dispose();
  }
}
