/** One training step as one program: forward, backward, penalties, masks, optimizer and batch-norm statistics. */
import { gradient } from '../graph/autodiff';
import { type Builder, createBuilder } from '../graph/builder';
import { createProgram } from '../graph/program';
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

/** How many steps the metrics reach back. */
export const METRIC_STEPS = 64;

/** Shape of the metrics of a network's steps. */
export function metricsShape({ objective }: Pick<Network, 'objective'>): readonly [number, number] {
  return [METRIC_STEPS, 1 + objective.stepMetrics.length];
}

/**
 * The step program of a network for batches of `batchSize`. The gradient is that of the mean loss plus the network's
 * penalties. Parameters that are not trainable stay as they are, but for the statistics the network updates.
 */
export function createStepProgram(
  network: Network,
  optimizer: Optimizer,
  maskedNames: ReadonlySet<string>,
  batchSize: number,
): StepProgram {
  const b = createBuilder();
  const forward = declareForward(b, network, batchSize);
  const { parameters, noise } = forward;
  const trainable = network.parameters.filter((parameter) => parameter.trainable);
  const gradients = gradient(
    b,
    forward.minimized,
    trainable.map(({ name }) => parameters.get(name)!),
  );
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
  Object.assign(outputs, measuredOutputs(b, network, forward));
  return { program: createProgram(`train ${network.name}`, outputs), noise };
}

/** Program name of a parameter's gradient. */
export const gradientKey = (name: string) => `gradient:${name}`;

/**
 * What stands in place of a step where masks are changed: a pass over its batch that updates statistics and metrics as a step does,
 * and leaves weights alone. Inputs are those of a step, less the masks and what only an optimizer needs. Outputs are the statistics,
 * `metrics`, and under `gradientKey` the gradient of what is minimized with respect to all of each named parameter, masked or not.
 */
export function createGrowthProgram(network: Network, names: readonly string[], batchSize: number): Program {
  const b = createBuilder();
  const forward = declareForward(b, network, batchSize);
  const wanted = names.map((name) => forward.parameters.get(name)!);
  const gradients = wanted.length > 0 ? gradient(b, forward.minimized, wanted) : [];
  const outputs = measuredOutputs(b, network, forward);
  names.forEach((name, i) => {
    outputs[gradientKey(name)] = gradients[i];
  });
  return createProgram(`grow ${network.name}`, outputs);
}

/** A batch through the network as training sees it. */
interface Forward {
  readonly parameters: ReadonlyMap<string, Node>;
  readonly statistics: ReadonlyMap<string, Node>;
  readonly noise: readonly Noise[];
  /** The mean loss, without penalties. */
  readonly loss: Node;
  /** With the network's penalties. */
  readonly minimized: Node;
  /** Sums of the step metrics. */
  readonly sums: readonly Node[];
}

function declareForward(b: Builder, network: Network, batchSize: number): Forward {
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
  const loss = objective.loss(b, batch);
  const minimized = penalty ? b.add(loss, penalty) : loss;
  return {
    parameters,
    statistics,
    noise,
    loss,
    minimized,
    sums: objective.stepMetrics.map(({ sum }) => sum(b, batch)),
  };
}

/** The updated statistics, and the metrics with one row more. */
function measuredOutputs(b: Builder, network: Network, { statistics, loss, sums }: Forward): { [name: string]: Node } {
  const outputs: { [name: string]: Node } = {};
  for (const [name, value] of statistics) outputs[parameterKey(name)] = value;
  const [rows, columns] = metricsShape(network);
  const earlier = b.slice(b.input(METRICS, [rows, columns]), [1, 0], [rows - 1, columns]);
  const latest = [loss, ...sums].map((value) => b.reshape(value, [1, 1]));
  outputs[METRICS] = b.concat([earlier, b.concat(latest, 1)], 0);
  return outputs;
}
