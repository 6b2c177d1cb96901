/** What a training takes, before it is begun: the time of its steps, measured on noise, and the memory of their tensors, counted. */

import { limitSplit } from '../data/limitSplit';
import type { Executor } from '../executors/types';
import type { Network } from '../models/types';
import type { Dataset } from '../protocol/data';
import { initialWeights } from '../pruning/initialWeights';
import type { TrainingConfig } from './config';
import { prepareStep } from './measureStep';
import { createOptimizer } from './optimizers';
import { createStepProgram } from './step';
import { peakBytes } from './stepMemory';
import { train } from './train';

/** Multiply-accumulates forwards of a measured batch where a processor computes: a second or two on two cores. */
const MOST_MACS = 1.2e10;
/** Batch normalization wants some. */
const LEAST_EXAMPLES = 16;
/** Seconds that are measured, after the first step. */
const LONGEST = 1;
/** Steps are measured in groups, as a training does not wait for each of them. */
const GROUPS = 3;
const MOST_IN_GROUP = 32;

export interface MeasuredStep {
  /** Examples of the batches that were measured. */
  readonly examples: number;
  readonly seconds: number;
}

/** So many examples that a step is measured quickly: all of them where something else than a processor computes. */
export function measuredExamples(
  { layers }: Pick<Network, 'layers'>,
  batchSize: number,
  { device }: Pick<Executor, 'device'>,
): number {
  if (/cuda|gpu|mps|xpu/i.test(device)) return batchSize;
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  return Math.min(batchSize, Math.max(LEAST_EXAMPLES, Math.floor(MOST_MACS / Math.max(1, macs))));
}

const secondsOf = async (work: () => Promise<void>) => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

/**
 * The time of a training step on batches of `examples`: the median of groups of steps, of which the first does not count, as programs
 * are compiled and memory is asked for then.
 */
export async function measureStep(
  executor: Executor,
  network: Network,
  examples: number,
  signal: AbortSignal,
): Promise<MeasuredStep> {
  const step = await prepareStep(executor, network, examples);
  try {
    await step.step();
    signal.throwIfAborted();
    const first = await secondsOf(() => step.step());
    const count = Math.max(1, Math.min(MOST_IN_GROUP, Math.floor(LONGEST / GROUPS / first)));
    const times: number[] = [];
    while (times.length < GROUPS && times.reduce((sum, time) => sum + time * count, 0) < LONGEST) {
      signal.throwIfAborted();
      times.push((await secondsOf(() => step.step(count))) / count);
    }
    times.sort((a, b) => a - b);
    return { examples, seconds: times[Math.floor(times.length / 2)] };
  } finally {
    await step.dispose();
  }
}

/** A training that is measured. */
export interface MeasuredTask {
  readonly executor: Executor;
  readonly network: Network;
  readonly dataset: Dataset;
  readonly config: TrainingConfig;
  readonly isMasked: boolean;
}

export interface MeasuredTraining extends MeasuredStep {
  /** Seconds of a test example; absent where steps are so long that they alone were measured. */
  readonly testSeconds?: number;
}

/** Small enough that no loss becomes infinite. */
const HARMLESS_RATE = 1e-6;
const MOST_STEPS = 64;

/**
 * The time of a training's steps and of its evaluation. Where a step takes long, it is measured alone on noise; else the network is trained
 * shortly, twice over some of its own data, of which the first time does not count: reading, augmentation and the way to the device are in it.
 */
export async function measureTraining(
  { executor, network, dataset, config, isMasked }: MeasuredTask,
  examples: number,
  signal: AbortSignal,
): Promise<MeasuredTraining> {
  const alone = await measureStep(executor, network, examples, signal);
  const steps = Math.min(MOST_STEPS, Math.floor(LONGEST / alone.seconds), Math.floor(dataset.train.size / examples));
  if (steps < 2) return alone;
  const part = { train: limitSplit(dataset.train, steps * examples), test: limitSplit(dataset.test, steps * examples) };
  const weights = initialWeights(network, 1);
  const names = isMasked ? network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name) : [];
  const masks = new Map(names.map((name) => [name, new Uint8Array(weights.get(name)!.length).fill(1)]));
  const { earlyStop: _, ...shared } = config;
  const optimizer = { ...config.optimizer, learningRate: HARMLESS_RATE };
  let [begun, trained, ended] = [0, 0, 0];
  await train({
    ...{ executor, network, weights, masks, signal, compact: false },
    dataset: { ...dataset, ...part },
    config: { ...shared, optimizer, batchSize: examples, epochs: 2 },
    onProgress(event) {
      if (event.kind === 'step') trained = performance.now();
      if (event.kind !== 'epoch') return;
      [begun, ended] = [ended, performance.now()];
    },
  });
  signal.throwIfAborted();
  return {
    examples,
    seconds: (trained - begun) / 1000 / steps,
    testSeconds: (ended - trained) / 1000 / part.test.size,
  };
}

/** Bytes of the tensors of a training step at the same time. */
export function stepBytes(network: Network, { optimizer, batchSize }: TrainingConfig, isMasked: boolean): number {
  const masked = new Set(isMasked ? network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name) : []);
  return peakBytes(createStepProgram(network, createOptimizer(optimizer), masked, batchSize).program);
}
