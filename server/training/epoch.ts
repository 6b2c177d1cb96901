/** One epoch of training steps. */
import { setImmediate } from 'node:timers/promises';
import { augmentBatch } from '../data/augmentBatch';
import { type IndexedBatch, readEpoch } from '../data/batches';
import type { DeviceGroup, DeviceTensor, Executable, Executor } from '../executors/types';
import { inputTensors } from '../models/parameters';
import type { Network, Noise } from '../models/types';
import { labelTensor } from '../objectives/labelTensors';
import type { MetricValues } from '../protocol/catalogue/metrics';
import { type Batch, type Dataset, formatsOf } from '../protocol/data';
import { UserError } from '../protocol/errors';
import { floatTensor, type HostTensor, sizeOf } from '../protocol/tensor';
import type { DropoutSource } from '../runs/types';
import type { TrainingConfig } from './config';
import { drawNoise, dropMaskOf } from './dropout';
import type { MaskUpdates } from './dynamic/updates';
import { runWith } from './execution';
import type { HeldExamples } from './heldExamples';
import type { Optimizer } from './optimizers';
import { learningRateAt } from './schedules';
import { disposeState, uploadState } from './state';
import { METRIC_STEPS, METRICS, metricsShape, SHARE, scalarKey } from './step';

/** What stays the same over all epochs. */
export interface EpochContext {
  readonly network: Network;
  readonly dataset: Dataset;
  readonly config: TrainingConfig;
  readonly optimizer: Optimizer;
  /** What steps are taken on; of several devices, all of them as one. */
  readonly executor: Omit<Executor, 'dispose'>;
  /** The devices that share each batch; absent: one takes all of it. */
  readonly group?: DeviceGroup;
  /** The compiled step program, and the dropout masks it needs. */
  readonly executable: Executable;
  readonly noise: readonly Noise[];
  /** The training examples where they lie on the device. */
  readonly held?: HeldExamples;
  /** What masks are drawn from; a counter where absent. */
  readonly dropout?: DropoutSource;
  /** The part of a drawn dropout mask that the program takes; all of it where absent. */
  readonly cutNoise?: (input: string, mask: HostTensor) => HostTensor;
  /** Masks on the executor, under their program names. */
  readonly masks: Map<string, DeviceTensor>;
  /** Changes the masks in place of some of the steps; where they change at all. */
  readonly updates?: MaskUpdates;
  /** Full batches an epoch has; the examples left over come in another epoch's order. */
  readonly steps: number;
  readonly signal?: AbortSignal;
  /** The error for a loss that is not finite, where it is not that of a network; `place` says where it was seen. */
  readonly divergence?: (loss: number, place: string) => UserError;
  /** Names the chance of the batches' order, where it is not that of all networks. */
  readonly shuffle?: readonly string[];
}

/** One step as measured. */
export interface StepMetrics {
  /** Counted from 1. */
  readonly step: number;
  /** Mean over its batch. */
  readonly loss: number;
  /** Sums over its batch, by metric. */
  readonly sums: MetricValues;
}

/**
 * Metrics are read back after this many milliseconds, or when the device holds as many as it can. Reading waits for the
 * device, so doing it at every step would leave a GPU idle; a fifth of a second is as often as people look.
 */
const READ_INTERVAL = 200;

/**
 * Takes the steps of epoch `epoch` (from 0), replacing the tensors in `state` with new ones after each; the caller owns
 * what is in `state`, whether this succeeds or not. `onSteps` gets every step once, in order, several at a time. An abort
 * ends it between two steps with the signal's reason, a loss that is not finite with a UserError.
 */
export async function trainEpoch(
  context: EpochContext,
  state: Map<string, DeviceTensor>,
  epoch: number,
  onSteps: (steps: readonly StepMetrics[]) => Promise<void>,
): Promise<void> {
  const { network, dataset, config, executor, steps, signal, shuffle, held } = context;
  const batches = readEpoch({
    split: dataset.train,
    inputs: formatsOf(dataset),
    batchSize: config.batchSize,
    seed: config.seed,
    epoch,
    dropLast: true,
    onDemand: held !== undefined,
    ...(shuffle && { shuffle }),
  });
  const shape = metricsShape(network);
  const noMetrics = floatTensor(shape, new Float32Array(sizeOf(shape)));
  // Changes with every step as the state does, but is no part of it: nothing later depends on it.
  const working = new Map([[METRICS, executor.upload(noMetrics)]]);
  let known = 0;
  let lastRead = performance.now();
  try {
    for await (const batch of batches) {
      // Gives messages and signals their turn.
      await setImmediate();
      signal?.throwIfAborted();
      await takeStep(context, state, working, epoch, batch);
      const done = batch.position + 1;
      const due = performance.now() - lastRead >= READ_INTERVAL || done - known === METRIC_STEPS;
      if (!due && done < steps) continue;
      const measured = latestSteps(network, await working.get(METRICS)!.read(), known, done);
      known = done;
      lastRead = performance.now();
      checkFinite(context, epoch, measured);
      await onSteps(measured);
    }
  } finally {
    disposeState(working);
  }
}

/** Steps `from + 1` to `to` out of the metrics after step `to`. */
function latestSteps({ objective }: Network, { data }: HostTensor, from: number, to: number): readonly StepMetrics[] {
  const columns = 1 + objective.stepMetrics.length;
  return Array.from({ length: to - from }, (_, i) => {
    const [loss, ...sums] = data.slice(columns * (METRIC_STEPS - (to - from) + i));
    const named = objective.stepMetrics.map(({ name }, metric) => [name, sums[metric]] as const);
    return { step: from + 1 + i, loss, sums: Object.fromEntries(named) };
  });
}

function checkFinite(context: EpochContext, epoch: number, measured: readonly StepMetrics[]): void {
  const broken = measured.find(({ loss }) => !Number.isFinite(loss));
  if (!broken) return;
  const place = `in epoch ${epoch + 1}, step ${broken.step} of ${context.steps}`;
  throw context.divergence?.(broken.loss, place) ?? divergence(broken.loss, place, context);
}

/** The error for a loss that is not finite; `place` says where it was seen. */
export function divergence(loss: number, place: string, { config }: Pick<EpochContext, 'config'>): UserError {
  return new UserError(`Training diverged: the loss became ${loss} ${place}.`, {
    hint: `Lower the learning rate (now ${config.optimizer.learningRate}) or add warm-up epochs, and check the data for NaN.`,
  });
}

/** One step: uploads the batch, runs the program and puts its results in the place of what they replace. */
async function takeStep(
  context: EpochContext,
  state: Map<string, DeviceTensor>,
  working: Map<string, DeviceTensor>,
  epoch: number,
  batch: IndexedBatch,
): Promise<void> {
  const { executor, group, executable, masks, updates } = context;
  const step = epoch * context.steps + batch.position;
  const update = updates?.isUpdate(step) ? updates : undefined;
  const { shared, ofExamples } = stepInputs(context, epoch, batch);
  const inputs = new Map([
    ...uploadState(executor, shared),
    ...Array.from(
      ofExamples,
      ([name, tensor]) => [name, group ? group.uploadParts(tensor, 0) : executor.upload(tensor)] as const,
    ),
    ...(context.held?.take(batch.indices, epoch) ?? []),
    ...context.noise.map((entry) => [entry.input, noiseTensor(context, entry, epoch, batch.position)] as const),
  ]);
  try {
    const available = new Map([...state, ...working, ...masks, ...inputs]);
    const results = await runWith(update?.program ?? executable, available);
    const passed = new Map<string, DeviceTensor>();
    for (const [name, tensor] of Object.entries(results)) {
      const owner = [working, state].find((one) => one.has(name)) ?? passed;
      owner.get(name)?.dispose();
      owner.set(name, tensor);
    }
    try {
      await update?.apply(step, state, masks, passed);
    } finally {
      disposeState(passed);
    }
  } finally {
    disposeState(inputs);
  }
}

/** Noise of a step on the device, drawn there where the executor can. */
function noiseTensor(context: EpochContext, noise: Noise, epoch: number, step: number): DeviceTensor {
  const { executor, group, config, dropout = 'counter', cutNoise } = context;
  const chance = { seed: config.seed, epoch, step };
  const mask = dropout === 'counter' && !cutNoise ? dropMaskOf(noise, chance) : undefined;
  if (mask) {
    const axis = splitAxis(context, noise);
    const draw = axis === undefined ? executor.draw : axis === 0 ? group?.drawParts : undefined;
    if (draw) return draw(mask);
  }
  const drawn = drawNoise(noise, chance, dropout);
  const values = cutNoise?.(noise.input, drawn) ?? drawn;
  const axis = splitAxis(context, { ...noise, shape: values.shape });
  return axis === undefined ? executor.upload(values) : group!.uploadParts(values, axis);
}

/** The axis of noise along which devices share it; undefined where each has all of it. */
function splitAxis({ group, executable }: EpochContext, { input, shape }: Noise): number | undefined {
  const own = group && executable.program.inputs.find(({ attributes }) => attributes.name === input);
  const axis = own?.shape.findIndex((extent, i) => extent * group!.devices.length === shape[i]) ?? -1;
  return axis < 0 ? undefined : axis;
}

/** What a step gets from the host: the batch, or its labels alone where its examples are held, and the optimizer's scalars. */
function stepInputs(context: EpochContext, epoch: number, batch: IndexedBatch) {
  const { network, config, group, optimizer, steps } = context;
  const step = epoch * steps + batch.position;
  const { y, examples } = context.held ? { y: batch.y, examples: {} } : examplesOf(context, epoch, batch);
  const scalars = optimizer.scalarValues(learningRateAt(config, steps, step), step);
  const shares = group && sharesOf(network, y, group.devices.length);
  return {
    shared: new Map<string, HostTensor>(
      Object.entries(scalars).map(([name, value]) => [scalarKey(name), floatTensor([], Float64Array.of(value))]),
    ),
    /** With an axis of examples in front. */
    ofExamples: new Map<string, HostTensor>([
      ...Object.entries(examples),
      ['y', labelTensor(network.labels, batch.size, y)],
      ...(shares ? [[SHARE, floatTensor([shares.length], Float64Array.from(shares))] as const] : []),
    ]),
  };
}

/** What the part of a batch on each of `devices` counts, 1 on average; undefined where all count alike. */
function sharesOf({ objective }: Network, y: Batch['y'], devices: number): readonly number[] | undefined {
  const { countOf } = objective;
  if (!countOf) return undefined;
  const size = y.length / devices;
  const counts = Array.from({ length: devices }, (_, i) => countOf(y.subarray(i * size, (i + 1) * size)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (devices * count) / Math.max(total, 1));
}

/** The tensors of a batch, and its labels. */
function examplesOf(context: EpochContext, epoch: number, batch: IndexedBatch) {
  const { y, ...values } = augmented(context, epoch, batch);
  return { y, examples: inputTensors(context.network, values) };
}

/** The batch with its images moved at random, and with them the labels of their pixels. */
function augmented({ network, config, dataset }: EpochContext, epoch: number, batch: IndexedBatch): Batch {
  const { crop, flip } = config.augmentation;
  if (crop === 0 && !flip) return batch;
  return augmentBatch(
    batch,
    { inputs: formatsOf(dataset), labelShape: network.labels.shape },
    { cropPadding: crop, horizontalFlip: flip },
    { seed: config.seed, epoch },
  );
}
