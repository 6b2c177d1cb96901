/** What a training takes, before it is begun: the time of its steps, measured on noise, and the memory of their tensors, counted. */
import type { Executor } from '../executors/types';
import type { Network } from '../models/types';
import type { TrainingConfig } from './config';
import { prepareStep } from './measureStep';
import { createOptimizer } from './optimizers';
import { createStepProgram } from './step';
import { peakBytes } from './stepMemory';

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

/** Bytes of the tensors of a training step at the same time. */
export function stepBytes(network: Network, { optimizer, batchSize }: TrainingConfig, isMasked: boolean): number {
  const masked = new Set(isMasked ? network.parameters.filter(({ prunable }) => prunable).map(({ name }) => name) : []);
  return peakBytes(createStepProgram(network, createOptimizer(optimizer), masked, batchSize).program);
}
