/** One training step as one program: forward, backward, penalties, masks, optimizer and batch-norm statistics. */
import { gradient } from '../graph/autodiff';
import { createBuilder } from '../graph/builder';
import { correctCount, scale } from '../graph/compose';
import { createProgram } from '../graph/program';
import type { Node, Program } from '../graph/types';
import type { Network, Noise } from '../models/types';
import { sizeOf } from '../protocol/tensor';
import { batchLoss, type LossName } from './objective';
import type { Optimizer } from './optimizers';
import { maskKey, parameterKey, slotKey } from './state';

export interface StepProgram {
  /**
   * Inputs: the state's tensors and masks under their names (see `state.ts`), `x` [batch, …inputShape], `y` [batch]
   * int32 (with the labels' shape), the optimizer's scalars under `scalarKey`, and the noise. What a network does not use is not an input.
   * Outputs: the changed part of the state under the same names.
   *
   * `metrics` [METRIC_STEPS, 2] is input and output: every step drops its first row and adds one at the end, with the
   * batch's mean loss before the step, without penalties, and how many of its examples were classified correctly (in a
   * segmentation, the sum of the fractions of their pixels).
   * One read so gives what many steps measured, without waiting for the device at each.
   */
  readonly program: Program;
  /** Dropout masks that every step needs. */
  readonly noise: readonly Noise[];
}

/** Program name of an optimizer's scalar. */
export const scalarKey = (name: string) => `scalar:${name}`;

/** Program name of the last steps' losses and correct counts. */
export const METRICS = 'metrics';

/** How many steps the metrics reach back. */
export const METRIC_STEPS = 64;

/**
 * The step program of a network for batches of `batchSize`. The gradient is that of the mean loss plus the network's
 * penalties. Parameters that are not trainable stay as they are, but for the statistics the network updates.
 */
export function createStepProgram(
  network: Network,
  optimizer: Optimizer,
  maskedNames: ReadonlySet<string>,
  batchSize: number,
  lossName: LossName = 'cross-entropy',
): StepProgram {
  const b = createBuilder();
  const x = b.input('x', [batchSize, ...network.inputShape]);
  const y = b.input('y', [batchSize, ...network.labelShape], 'int32');
  const parameters = new Map(network.parameters.map(({ name, shape }) => [name, b.input(parameterKey(name), shape)]));
  const { logits, statistics, noise, penalty } = network.apply(b, x, parameters, 'train');

  const loss = batchLoss(b, logits, b.oneHot(y, network.classes), lossName);
  const trainable = network.parameters.filter((parameter) => parameter.trainable);
  const gradients = gradient(
    b,
    penalty ? b.add(loss, penalty) : loss,
    trainable.map(({ name }) => parameters.get(name)!),
  );
  const scalars = Object.fromEntries(optimizer.scalars.map((name) => [name, b.input(scalarKey(name), [])]));

  const outputs: { [name: string]: Node } = {};
  trainable.forEach(({ name, shape }, i) => {
    const updated = optimizer.update(b, {
      weight: parameters.get(name)!,
      gradient: gradients[i],
      ...(maskedNames.has(name) ? { mask: b.input(maskKey(name), shape) } : {}),
      state: Object.fromEntries(optimizer.slots.map((slot) => [slot, b.input(slotKey(slot, name), shape)])),
      scalars,
    });
    outputs[parameterKey(name)] = updated.weight;
    for (const [slot, value] of Object.entries(updated.state)) outputs[slotKey(slot, name)] = value;
  });
  for (const [name, value] of statistics) outputs[parameterKey(name)] = value;
  const earlier = b.slice(b.input(METRICS, [METRIC_STEPS, 2]), [1, 0], [METRIC_STEPS - 1, 2]);
  const correct = scale(b, correctCount(b, logits, y), 1 / sizeOf(network.labelShape));
  const latest = [loss, correct].map((value) => b.reshape(value, [1, 1]));
  outputs[METRICS] = b.concat([earlier, b.concat(latest, 1)], 0);
  return { program: createProgram(`train ${network.name}`, outputs), noise };
}
