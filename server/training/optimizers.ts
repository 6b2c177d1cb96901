/**
 * Optimizers as graph expressions, so that one compiled program does a whole training step.
 *
 * Weight decay is the gradient of the L2 penalty, decay/2 · |w|², added to every trainable parameter's gradient (biases
 * and normalization parameters included), as PyTorch's optimizers do by default.
 *
 * Masks: the gradient is multiplied by the mask before anything else is done with it. A masked weight starts at zero, so
 * its decay term is zero, its momentum and moments stay zero, and its update is zero: it is exactly 0 at every step.
 */
import type { Builder } from '../graph/builder';
import { scale, square } from '../graph/compose';
import type { Node } from '../graph/types';
import type { AdamConfig, OptimizerConfig, SgdConfig } from './config';

/** One parameter's part of a step. All nodes but the scalars have the parameter's shape. */
export interface ParameterStep {
  readonly weight: Node;
  /** Gradient of the mean loss, without weight decay. */
  readonly gradient: Node;
  /** 1 for each weight kept, else 0; absent where the parameter is not masked. */
  readonly mask?: Node;
  /** The optimizer's state before the step, by slot. */
  readonly state: { readonly [slot: string]: Node };
  /** The step's scalars by name. */
  readonly scalars: { readonly [name: string]: Node };
}

export interface Optimizer {
  /** What is stored for each parameter between steps, in its shape, starting at zero. */
  readonly slots: readonly string[];
  /** Numbers that change from step to step. */
  readonly scalars: readonly string[];
  /** Values of the scalars for a learning rate at step `step` of the run, counted from 0. */
  scalarValues(learningRate: number, step: number): { readonly [name: string]: number };
  /** The parameter and its state after the step. */
  update(b: Builder, parameter: ParameterStep): UpdatedParameter;
}

export interface UpdatedParameter {
  readonly weight: Node;
  readonly state: { readonly [slot: string]: Node };
}

/** The optimizer that `config` describes. */
export function createOptimizer(config: OptimizerConfig): Optimizer {
  return config.kind === 'sgd' ? createSgd(config) : createAdam(config);
}

/**
 * SGD as PyTorch defines it, with g the masked gradient plus weightDecay · w:
 *     m ← momentum · m + g        (the first step leaves m = g, since m starts at zero)
 *     w ← w - learningRate · m                      plain
 *     w ← w - learningRate · (g + momentum · m)     Nesterov
 */
function createSgd({ momentum, nesterov, weightDecay }: SgdConfig): Optimizer {
  return {
    slots: momentum > 0 ? ['momentum'] : [],
    scalars: ['learningRate'],
    scalarValues: (learningRate) => ({ learningRate }),
    update(b, parameter): UpdatedParameter {
      const { weight, state, scalars } = parameter;
      const gradient = decayedGradient(b, parameter, weightDecay);
      const step = (direction: Node) => b.subtract(weight, b.multiply(direction, scalars.learningRate));
      if (momentum === 0) return { weight: step(gradient), state: {} };
      const buffer = b.add(scale(b, state.momentum, momentum), gradient);
      const direction = nesterov ? b.add(gradient, scale(b, buffer, momentum)) : buffer;
      return { weight: step(direction), state: { momentum: buffer } };
    },
  };
}

/**
 * Adam (Kingma & Ba 2015), with g the masked gradient plus weightDecay · w and t the step counted from 1:
 *     m ← beta1 · m + (1 - beta1) · g
 *     v ← beta2 · v + (1 - beta2) · g²
 *     w ← w - learningRate / (1 - beta1^t) · m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
 * The two corrections are computed in float64 on the host and given as scalars.
 */
function createAdam({ beta1, beta2, epsilon, weightDecay }: AdamConfig): Optimizer {
  return {
    slots: ['firstMoment', 'secondMoment'],
    scalars: ['stepSize', 'deviationScale'],
    scalarValues: (learningRate, step) => ({
      stepSize: learningRate / (1 - beta1 ** (step + 1)),
      deviationScale: 1 / Math.sqrt(1 - beta2 ** (step + 1)),
    }),
    update(b, parameter): UpdatedParameter {
      const { weight, state, scalars } = parameter;
      const gradient = decayedGradient(b, parameter, weightDecay);
      const first = b.add(scale(b, state.firstMoment, beta1), scale(b, gradient, 1 - beta1));
      const second = b.add(scale(b, state.secondMoment, beta2), scale(b, square(b, gradient), 1 - beta2));
      const deviation = b.add(b.multiply(b.sqrt(second), scalars.deviationScale), b.constant(epsilon));
      return {
        weight: b.subtract(weight, b.multiply(b.divide(first, deviation), scalars.stepSize)),
        state: { firstMoment: first, secondMoment: second },
      };
    },
  };
}

/** mask · gradient + weightDecay · w. */
function decayedGradient(b: Builder, { weight, gradient, mask }: ParameterStep, weightDecay: number): Node {
  const masked = mask ? b.multiply(gradient, mask) : gradient;
  return weightDecay > 0 ? b.add(masked, scale(b, weight, weightDecay)) : masked;
}
