/**
 * One measurement in a process of its own, so that its peak memory is its own: `measure.js CASE BACKEND [--batch N] [--python PYTHON]`.
 * Prints one JSON line. What is compared with PyTorch is prepared and then takes turns (`turns.ts`). The size of batches is for trials, of
 * training steps.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openExecutor } from '../../server/executors/select';
import { pythonEnvironment } from '../../server/executors/torch/environment';
import type { Executor } from '../../server/executors/types';
import { loadNetwork } from '../../server/frontends';
import type { Network } from '../../server/models/types';
import type { Batch } from '../../server/protocol/data';
import { sizeOf } from '../../server/protocol/tensor';
import { findCriterion, initialWeights, type ScoringOptions, scoreNetwork } from '../../server/pruning';
import { keepHighest, selectMasks } from '../../server/pruning/selection';
import {
  denseMacs,
  findChannelCriterion,
  findChannels,
  livingChannels,
  scoreChannels,
  selectChannels,
  shrinkNetwork,
} from '../../server/pruning/structured';
import { createRandom } from '../../server/random';
import { measureSteps, prepareStep } from '../../server/training/measureStep';
import { descendantsOf } from '../support/processes';
import { predictorTimes } from './predictor';
import { type Prepared, takeTurns } from './turns';

export interface Measurement {
  /** Median of the repeats, without compiling. */
  readonly seconds: number;
  readonly compileSeconds?: number;
  readonly peakMegabytes: number;
  readonly device?: string;
  /** Steps of shrunk models, and their parts of the dense model's time and multiplications. */
  readonly shrunk?: readonly {
    readonly sparsity: number;
    readonly seconds: number;
    readonly ofTime: number;
    readonly ofMacs: number;
  }[];
}

type Timed = Pick<Measurement, 'seconds' | 'compileSeconds' | 'shrunk'>;

const samples = join(process.cwd(), 'samples');

async function sample(name: string): Promise<Network> {
  return loadNetwork(join(samples, `${name}.ts`), { trusted: true });
}

/** A model that Keras wrote: see `models/generate.py`. */
async function sequenceModel(name: string): Promise<Network> {
  return loadNetwork(join(process.cwd(), 'test', 'bench', 'models', `${name}.json`), { trusted: false });
}

function randomBatch(network: Network, size: number, seed: number): Batch {
  const random = createRandom(seed, 'bench');
  const x = new Float32Array(size * sizeOf(network.inputs[0].shape));
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
async function trainingStep(executor: Executor, network: Network, size: number): Promise<Prepared> {
  const prunable = network.parameters.filter((parameter) => parameter.prunable);
  const masks = new Map(prunable.map(({ name, shape }) => [name, new Uint8Array(sizeOf(shape)).fill(1)]));
  const { step, compileSeconds } = await prepareStep(executor, network, size, masks);
  await step();
  return { run: () => seconds(step), compileSeconds };
}

const SHRUNK = [0.8, 0.9, 0.95];

/**
 * Training steps of a model and of what structured ProsPr leaves of it, in turns, because machines drift. Scored on noise:
 * only the widths matter here.
 */
async function shrunkSteps(executor: Executor, model: string, size: number, repeats: number): Promise<Timed> {
  const network = await sample(model);
  const structure = findChannels(network);
  const weights = initialWeights(network, 1);
  const prunable = network.parameters.filter((parameter) => parameter.prunable).map(({ name }) => name);
  const { scores } = await scoreChannels({
    criterion: findChannelCriterion('prospr'),
    structure,
    network,
    weights,
    prunable,
    executor,
    options: { steps: 3, innerLearningRate: 0.01 },
    seed: 1,
    givenBatches: Array.from({ length: 4 }, (_, i) => randomBatch(network, 16, i)),
  });
  const networks = [network];
  for (const sparsity of SHRUNK) {
    const keep = selectChannels(structure, scores, { sparsity, prunable });
    networks.push(shrinkNetwork(structure, keep, weights).network);
  }
  return inTurns(executor, networks, SHRUNK, size, repeats);
}

/** Steps of a network, the first one, and of smaller ones. */
async function inTurns(
  executor: Executor,
  networks: readonly Network[],
  sparsities: readonly number[],
  size: number,
  repeats: number,
): Promise<Timed> {
  const [dense, ...others] = await measureSteps(executor, networks, size, repeats);
  const macs = denseMacs(networks[0]);
  return {
    seconds: dense,
    shrunk: others.map((time, i) => ({
      sparsity: sparsities[i],
      seconds: time,
      ofTime: time / dense,
      ofMacs: denseMacs(networks[i + 1]) / macs,
    })),
  };
}

/** Scoring without the time that compiling takes, which is reported apart. */
async function scoring(
  executor: Executor,
  model: string,
  method: string,
  size: number,
  options: Partial<ScoringOptions> = {},
): Promise<Prepared> {
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
  const run = async () => {
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
    return total - compileSeconds;
  };
  await run();
  return { run, compileSeconds };
}

/** Training steps of a masked network, whole and without the channels that masks over weights (SNIP, on noise) leave unread. */
async function compactSteps(executor: Executor, model: string, size: number, repeats: number): Promise<Timed> {
  const network = await sample(model);
  const structure = findChannels(network);
  const weights = initialWeights(network, 1);
  const saliency = await scoreNetwork({
    criterion: findCriterion('snip'),
    network,
    weights,
    prunable: network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name),
    executor,
    seed: 1,
    givenBatches: [randomBatch(network, 32, 1)],
  });
  const sparsities = [0.95, 0.98, 0.99];
  const smaller = sparsities.map((sparsity) => {
    const keep = livingChannels(structure, selectMasks(saliency, { sparsity }));
    return shrinkNetwork(structure, keep, weights).network;
  });
  return inTurns(executor, [network, ...smaller], sparsities, size, repeats);
}

async function selection(): Promise<Timed> {
  const scores = new Float32Array(11_000_000);
  createRandom(1, 'bench').fillNormal(scores, 0, 1);
  return { seconds: await repeated(() => keepHighest([scores], 220_000), 5, 1) };
}

/** What takes turns with PyTorch. */
const paired: { readonly [name: string]: (executor: Executor, batch?: number) => Promise<Prepared> } = {
  'step-resnet20': async (executor, batch = 128) => trainingStep(executor, await sample('resnet-20'), batch),
  'step-vgg16': async (executor, batch = 64) => trainingStep(executor, await sample('vgg-16'), batch),
  'step-lstm': async (executor, batch = 64) => trainingStep(executor, await sequenceModel('lstm'), batch),
  'step-attention': async (executor, batch = 64) => trainingStep(executor, await sequenceModel('attention'), batch),
  'snip-resnet20': (executor) => scoring(executor, 'resnet-20', 'snip', 128),
  'prospr-resnet20': (executor) => scoring(executor, 'resnet-20', 'prospr', 128, { steps: 3, innerLearningRate: 0.1 }),
};

const alone: { readonly [name: string]: (executor: Executor) => Promise<Timed> } = {
  'shrunk-vgg16': (executor) => shrunkSteps(executor, 'vgg-16', 64, 3),
  'compact-vgg16': (executor) => compactSteps(executor, 'vgg-16', 64, 3),
  'prospr-30-resnet20': async (executor) => {
    const { run, compileSeconds } = await scoring(executor, 'resnet-20', 'prospr', 128, {
      steps: 30,
      innerLearningRate: 0.001,
    });
    return { seconds: await run(), compileSeconds };
  },
};

/** The peak memory of this process, or of the Python that computes for it, in megabytes. */
function peakMegabytes(): number {
  const [python] = descendantsOf(process.pid, 'serve.py');
  if (python === undefined) return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${python}/status`, 'utf8'))?.[1]) / 1024;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { batch: { type: 'string' }, python: { type: 'string' } },
    allowPositionals: true,
  });
  const [name, backend] = positionals;
  const { batch, python } = values;
  const asked = { backend, ...(python !== undefined && { interpreter: { flag: python } }) };
  if (name === 'environment') {
    // What the Python of the backend torch is started with, for a reference under the same conditions.
    process.stdout.write(`${JSON.stringify(pythonEnvironment({}))}\n`);
    process.exit(0);
  }
  if (name === 'predictor') {
    const times = await predictorTimes(await openExecutor(asked, { trusted: true }));
    process.stdout.write(`${JSON.stringify(times)}\n`);
    process.exit(0);
  }
  const executor = name === 'select-11-million' ? undefined : await openExecutor(asked, { trusted: true });
  if (executor && name in paired) {
    const { run, compileSeconds } = await paired[name](executor, batch === undefined ? undefined : Number(batch));
    await takeTurns({ run, compileSeconds }, { device: executor.device, peakMegabytes });
    process.exit(0);
  }
  const timed = executor ? await alone[name](executor) : await selection();
  const measurement: Measurement = {
    ...timed,
    peakMegabytes: peakMegabytes(),
    device: executor?.device,
  };
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
  process.exit(0);
}

void main();
