/**
 * One measurement in a process of its own, so that its peak memory is its own: `measure.js CASE BACKEND`.
 * Prints one JSON line.
 */
import { join } from 'node:path';
import { openExecutor } from '../../server/executors/select';
import type { BackendName, Executor } from '../../server/executors/types';
import { createNetwork } from '../../server/models/network';
import type { Network } from '../../server/models/types';
import type { Batch } from '../../server/protocol/data';
import { floatTensor, sizeOf } from '../../server/protocol/tensor';
import { findCriterion, initialWeights, type ScoringOptions, scoreNetwork } from '../../server/pruning';
import { keepHighest } from '../../server/pruning/selection';
import { disposeAll, runWith, uploadBatch } from '../../server/pruning/tensors';
import { createRandom } from '../../server/random';
import { createOptimizer } from '../../server/training/optimizers';
import { initialState, maskTensors } from '../../server/training/state';
import { createStepProgram, METRIC_STEPS, METRICS, scalarKey } from '../../server/training/step';
import { loadModel } from '../../server/workspace';

export interface Measurement {
  /** Median of the repeats, without compiling. */
  readonly seconds: number;
  readonly compileSeconds?: number;
  readonly peakMegabytes: number;
  readonly device?: string;
}

type Timed = Pick<Measurement, 'seconds' | 'compileSeconds'>;

const samples = join(process.cwd(), 'samples');

async function sample(name: string): Promise<Network> {
  return createNetwork(await loadModel(join(samples, `${name}.ts`)));
}

function randomBatch(network: Network, size: number, seed: number): Batch {
  const random = createRandom(seed, 'bench');
  const x = new Float32Array(size * sizeOf(network.inputShape));
  random.fillNormal(x, 0, 1);
  return { x, y: Int32Array.from({ length: size }, () => random.integer(network.classes)), size };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function seconds(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

async function repeated(action: () => unknown, repeats: number, warmups: number): Promise<number> {
  for (let i = 0; i < warmups; i++) await action();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) times.push(await seconds(action));
  return median(times);
}

/** SGD with momentum, decay and masks, its state staying on the executor. */
async function trainingStep(executor: Executor, model: string, size: number, repeats: number): Promise<Timed> {
  const network = await sample(model);
  const optimizer = createOptimizer({
    kind: 'sgd',
    learningRate: 0.1,
    momentum: 0.9,
    nesterov: false,
    weightDecay: 5e-4,
  });
  const prunable = network.parameters.filter((parameter) => parameter.prunable);
  const masks = new Map(prunable.map(({ name, shape }) => [name, new Uint8Array(sizeOf(shape)).fill(1)]));
  const weights = initialWeights(network, 1);
  const { program } = createStepProgram(network, optimizer, new Set(masks.keys()), size);
  let executable: Awaited<ReturnType<Executor['compile']>> | undefined;
  const compileSeconds = await seconds(async () => {
    executable = await executor.compile(program);
  });
  const host = [...initialState(network, weights, masks, optimizer), ...maskTensors(network, masks)];
  let state = Object.fromEntries(host.map(([name, tensor]) => [name, executor.upload(tensor)]));
  state[METRICS] = executor.upload(floatTensor([METRIC_STEPS, 2], new Float32Array(2 * METRIC_STEPS)));
  const data = uploadBatch(executor, network, randomBatch(network, size, 1));
  const rate = { [scalarKey('learningRate')]: executor.upload(floatTensor([], Float32Array.of(0.01))) };
  const step = async () => {
    const outputs = await runWith(executable!, state, data, rate);
    disposeAll(Object.fromEntries(Object.keys(outputs).map((name) => [name, state[name]])));
    state = { ...state, ...outputs };
    // Reading the loss back waits for the device.
    await state[METRICS].read();
  };
  return { seconds: await repeated(step, repeats, 2), compileSeconds };
}

/** Scoring without the time that compiling takes, which is reported apart. */
async function scoring(
  executor: Executor,
  model: string,
  method: string,
  size: number,
  options: Partial<ScoringOptions>,
  repeats: number,
): Promise<Timed> {
  const network = await sample(model);
  let compileSeconds = 0;
  const timed: Executor = {
    ...executor,
    async compile(program) {
      let compiled: Awaited<ReturnType<Executor['compile']>> | undefined;
      compileSeconds += await seconds(async () => {
        compiled = await executor.compile(program);
      });
      return compiled!;
    },
  };
  const weights = initialWeights(network, 1);
  const batches = Array.from({ length: (options.steps ?? 0) + 1 }, (_, i) => randomBatch(network, size, i));
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    compileSeconds = 0;
    const total = await seconds(() =>
      scoreNetwork({
        criterion: findCriterion(method),
        network,
        weights,
        prunable: network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name),
        executor: timed,
        options,
        seed: 1,
        givenBatches: batches,
      }),
    );
    times.push(total - compileSeconds);
  }
  return { seconds: median(times), compileSeconds };
}

async function selection(): Promise<Timed> {
  const scores = new Float32Array(11_000_000);
  createRandom(1, 'bench').fillNormal(scores, 0, 1);
  return { seconds: await repeated(() => keepHighest([scores], 220_000), 5, 1) };
}

const cases: { readonly [name: string]: (executor: Executor) => Promise<Timed> } = {
  'step-resnet20': (executor) => trainingStep(executor, 'resnet-20', 128, 7),
  'step-vgg16': (executor) => trainingStep(executor, 'vgg-16', 64, 3),
  'snip-resnet20': (executor) => scoring(executor, 'resnet-20', 'snip', 128, {}, 5),
  'prospr-resnet20': (executor) => scoring(executor, 'resnet-20', 'prospr', 128, { steps: 3 }, 3),
  'prospr-30-resnet20': (executor) =>
    scoring(executor, 'resnet-20', 'prospr', 128, { steps: 30, innerLearningRate: 0.001 }, 1),
};

async function main([name, backend]: readonly string[]): Promise<void> {
  const executor = name === 'select-11-million' ? undefined : await openExecutor(backend as BackendName);
  const timed = executor ? await cases[name](executor) : await selection();
  const measurement: Measurement = {
    ...timed,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    device: executor?.device,
  };
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
  process.exit(0);
}

void main(process.argv.slice(2));
