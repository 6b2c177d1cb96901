/** One training step as one program: forward, backward, penalties, masks, optimizer and batch-norm statistics. */
import { gradient } from '../graph/autodiff';
import { type Builder, createBuilder } from '../graph/builder';
import { createProgram } from '../graph/program';
import { overDevices, synchronized } from '../graph/synchronized';
import type { Node, Program } from '../graph/types';
import { declareInputs } from '../models/parameters';
import type { Network, Noise } from '../models/types';
import type { Optimizer } from './optimizers';
import { maskKey, parameterKey, slotKey } from './state';

export interface StepProgram {
  /**
   * Inputs: the state's tensors and masks under their names (see `state.ts`), the examples (`x` [batch, …]), `y` [batch, …]
   * (of the labels' shape and type), the optimizer's scalars under `scalarKey`, and the noise. What a network does not use is not an input.
   * Outputs: the changed part of the state under the same names.
   *
   * `metrics` [METRIC_STEPS, 1 + the objective's step metrics] is input and output: every step drops its first row and adds
   * one at the end, with the batch's mean loss before the step, without penalties, and the sums of the step metrics.
   * One read so gives what many steps measured, without waiting for the device at each.
   */
  readonly program: Program;
  /** Dropout masks that every step needs. */
  readonly noise: readonly Noise[];
}

/** Program name of an optimizer's scalar. */
export const scalarKey = (name: string) => `scalar:${name}`;

/** Program name of the last steps' losses and sums of metrics. */
export const METRICS = 'metrics';

/** Program name of what a device's part of a batch counts, [1]: 1 where all count alike. An input where parts can count differently. */
export const SHARE = 'share';

/** How many steps the metrics reach back. */
export const METRIC_STEPS = 64;

/** Shape of the metrics of a network's steps. */
export function metricsShape({ objective }: Pick<Network, 'objective'>): readonly [number, number] {
  return [METRIC_STEPS, 1 + objective.stepMetrics.length];
}

/** How several devices share the batches of a training. */
export interface Sharing {
  readonly devices: number;
  /** Whether batch normalization takes the statistics of the whole batch; else each device takes those of its part. */
  readonly synchronized: boolean;
}

const ALONE: Sharing = { devices: 1, synchronized: true };

/**
 * The step program of a network for batches of `batchSize`. The gradient is that of the mean loss plus the network's
 * penalties. Parameters that are not trainable stay as they are, but for the statistics the network updates.
 *
 * Where several devices share the batch, the program is that of each: its examples, labels and noise are a part of the batch's, the
 * gradient is that of the whole batch before anything is done with it, and so state and metrics are the same on all.
 */
export function createStepProgram(
  network: Network,
  optimizer: Optimizer,
  maskedNames: ReadonlySet<string>,
  batchSize: number,
  sharing: Sharing = ALONE,
): StepProgram {
  const b = builderFor(sharing);
  const trainable = network.parameters.filter((parameter) => parameter.trainable);
  const names = trainable.map(({ name }) => name);
  const { parameters, noise, gradients, measured } = differentiate(b, network, names, batchSize, sharing);
  const masked = trainable.map(({ name, shape }, i) =>
    maskedNames.has(name) ? b.multiply(gradients[i], b.input(maskKey(name), shape)) : gradients[i],
  );
  const clipped = optimizer.clip(b, masked);
  const scalars = Object.fromEntries(optimizer.scalars.map((name) => [name, b.input(scalarKey(name), [])]));

  const outputs: { [name: string]: Node } = {};
  trainable.forEach((parameter, i) => {
    const { name, shape } = parameter;
    const updated = optimizer.update(b, {
      weight: parameters.get(name)!,
      gradient: clipped[i],
      isDecayed: optimizer.decays(parameter),
      state: Object.fromEntries(optimizer.slots.map((slot) => [slot, b.input(slotKey(slot, name), shape)])),
      scalars,
    });
    outputs[parameterKey(name)] = updated.weight;
    for (const [slot, value] of Object.entries(updated.state)) outputs[slotKey(slot, name)] = value;
  });
  Object.assign(outputs, measuredOutputs(b, network, measured));
  return { program: createProgram(`train ${network.name}`, outputs), noise };
}

/** Program name of a parameter's gradient. */
export const gradientKey = (name: string) => `gradient:${name}`;

/**
 * What stands in place of a step where masks are changed: a pass over its batch that updates statistics and metrics as a step does,
 * and leaves weights alone. Inputs are those of a step, less the masks and what only an optimizer needs. Outputs are the statistics,
 * `metrics`, and under `gradientKey` the gradient of what is minimized with respect to all of each named parameter, masked or not.
 */
export function createGrowthProgram(
  network: Network,
  names: readonly string[],
  batchSize: number,
  sharing: Sharing = ALONE,
): Program {
  const b = builderFor(sharing);
  const { gradients, measured } = differentiate(b, network, names, batchSize, sharing);
  const outputs = measuredOutputs(b, network, measured);
  names.forEach((name, i) => {
    outputs[gradientKey(name)] = gradients[i];
  });
  return createProgram(`grow ${network.name}`, outputs);
}

function builderFor({ devices, synchronized: isSynchronized }: Sharing): Builder {
  const b = createBuilder();
  return devices > 1 && isSynchronized ? synchronized(b, devices) : b;
}

/** What a batch gives besides a gradient. */
interface Measured {
  readonly statistics: ReadonlyMap<string, Node>;
  /** The mean loss, without penalties. */
  readonly loss: Node;
  /** Sums of the step metrics. */
  readonly sums: readonly Node[];
}

/** A batch, or a part of one, through the network as training sees it. */
interface Forward extends Measured {
  readonly parameters: ReadonlyMap<string, Node>;
  readonly noise: readonly Noise[];
  /** With the network's penalties. */
  readonly minimized: Node;
}

/** The noise of a training step on batches of `batchSize`. */
export function noiseOf(network: Network, batchSize: number): readonly Noise[] {
  return declareForward(createBuilder(), network, batchSize).noise;
}

/** The gradient of what is minimized by the named parameters, and what is measured, of the whole batch. */
function differentiate(
  b: Builder,
  network: Network,
  names: readonly string[],
  batchSize: number,
  { devices, synchronized: isSynchronized }: Sharing,
) {
  const forward = declareForward(b, network, batchSize / devices, devices > 1);
  const { parameters, loss, sums, statistics } = forward;
  const wanted = names.map((name) => parameters.get(name)!);
  const own = wanted.length > 0 ? gradient(b, forward.minimized, wanted) : [];
  if (devices === 1) return { parameters, noise: forward.noise, gradients: own, measured: forward };
  // Synchronized statistics are the same on all devices.
  const moved = isSynchronized ? [] : [...statistics.values()];
  const { means, sums: totals } = overDevices(b, devices, { means: [...own, loss, ...moved], sums });
  const measured: Measured = {
    loss: means[own.length],
    sums: totals,
    statistics: isSynchronized
      ? statistics
      : new Map([...statistics.keys()].map((name, i) => [name, means[own.length + 1 + i]])),
  };
  return { parameters, noise: noiseOf(network, batchSize), gradients: means.slice(0, own.length), measured };
}

function declareForward(b: Builder, network: Network, batchSize: number, isPart = false): Forward {
  const { objective, labels } = network;
  const y = b.input('y', [batchSize, ...labels.shape], labels.dtype);
  const parameters = new Map(network.parameters.map(({ name, shape }) => [name, b.input(parameterKey(name), shape)]));
  const { logits, statistics, noise, penalty } = network.apply(
    b,
    declareInputs(b, network, batchSize),
    parameters,
    'train',
  );
  const batch = { logits, y, labels };
  // Means over what each part has of it are no mean over all, unless each counts as it has.
  const share = isPart && objective.countOf ? b.reshape(b.input(SHARE, [1]), []) : undefined;
  const counted = (node: Node) => (share ? b.multiply(node, share) : node);
  const loss = counted(objective.loss(b, batch));
  const minimized = penalty ? b.add(loss, penalty) : loss;
  const sums = objective.stepMetrics.map(({ sum }) => counted(sum(b, batch)));
  return { parameters, statistics, noise, loss, minimized, sums };
}

/** The updated statistics, and the metrics with one row more. */
function measuredOutputs(b: Builder, network: Network, { statistics, loss, sums }: Measured): { [name: string]: Node } {
  const outputs: { [name: string]: Node } = {};
  for (const [name, value] of statistics) outputs[parameterKey(name)] = value;
  const [rows, columns] = metricsShape(network);
  const earlier = b.slice(b.input(METRICS, [rows, columns]), [1, 0], [rows - 1, columns]);
  const latest = [loss, ...sums].map((value) => b.reshape(value, [1, 1]));
  outputs[METRICS] = b.concat([earlier, b.concat(latest, 1)], 0);
  return outputs;
}
