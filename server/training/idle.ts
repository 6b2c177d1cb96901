/**
 * What the optimizer does to weights that no gradient reaches: weight decay and the layer's penalty go on, momentum and
 * moments with them. The same equations as in `optimizers.ts`, one number at a time, for the few weights this concerns.
 */
import type { AdamConfig, OptimizerConfig, SgdConfig } from './config';

/** The values of one parameter that are stepped, changed in place; the slots by the optimizer's names. */
export interface IdleParameter {
  readonly weight: Float32Array | Float64Array;
  readonly slots: { readonly [slot: string]: Float32Array | Float64Array };
  /** Factors of the layer's own penalty, l1 |w| + l2 w². */
  readonly penalty: { readonly l1: number; readonly l2: number };
  /** Whether weight decay applies to it. */
  readonly isDecayed: boolean;
}

/** Takes steps with the given learning rates, the first of them step `first` of the run, wherever `trained` is 0. */
export function stepIdle(
  config: OptimizerConfig,
  parameter: IdleParameter,
  trained: Uint8Array,
  rates: readonly number[],
  first: number,
): void {
  const { l1, l2 } = parameter.penalty;
  const weightDecay = parameter.isDecayed ? config.weightDecay : 0;
  const decay = (config.kind === 'adamw' ? 0 : weightDecay) + 2 * l2;
  const stays = weightDecay === 0 && decay === 0 && l1 === 0;
  const slots = Object.values(parameter.slots);
  const gradient = (weight: number) => decay * weight + l1 * Math.sign(weight);
  for (let position = 0; position < trained.length; position++) {
    if (trained[position] === 1) continue;
    if (slots.every((slot) => slot[position] === 0) && (stays || parameter.weight[position] === 0)) continue;
    if (config.kind === 'sgd') stepSgd(config, parameter, position, gradient, rates);
    else stepAdam(config, parameter, position, gradient, rates, first);
  }
}

type Gradient = (weight: number) => number;

function stepSgd(
  { momentum, nesterov }: SgdConfig,
  { weight, slots }: IdleParameter,
  at: number,
  gradient: Gradient,
  rates: readonly number[],
): void {
  let w = weight[at];
  let m = slots.momentum?.[at] ?? 0;
  for (const rate of rates) {
    const g = gradient(w);
    m = momentum * m + g;
    w -= rate * (nesterov ? g + momentum * m : m);
  }
  weight[at] = w;
  if (slots.momentum) slots.momentum[at] = m;
}

function stepAdam(
  { kind, beta1, beta2, epsilon, weightDecay }: AdamConfig,
  { weight, slots: { firstMoment, secondMoment }, isDecayed }: IdleParameter,
  at: number,
  gradient: Gradient,
  rates: readonly number[],
  first: number,
): void {
  let w = weight[at];
  let m = firstMoment[at];
  let v = secondMoment[at];
  const shrinking = kind === 'adamw' && isDecayed ? weightDecay : 0;
  rates.forEach((rate, i) => {
    const step = first + i + 1;
    const g = gradient(w);
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    w -= rate * shrinking * w;
    w -= ((rate / (1 - beta1 ** step)) * m) / (Math.sqrt(v) / Math.sqrt(1 - beta2 ** step) + epsilon);
  });
  weight[at] = w;
  firstMoment[at] = m;
  secondMoment[at] = v;
}
