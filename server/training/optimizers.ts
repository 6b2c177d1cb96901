/**
 * Optimizers as graph expressions, so that one compiled program does a whole training step.
 *
 * Weight decay of SGD and Adam is the gradient of the L2 penalty, decay/2 · |w|², added to every trainable parameter's
 * gradient (biases and normalization parameters included), as PyTorch's optimizers do by default. AdamW's is decoupled: it
 * shrinks the weights and leaves the gradient alone. `decayExclude` leaves out parameters by their roles.
 *
 * Masks: the gradient is multiplied by the mask before anything else is done with it. A masked weight starts at zero, so
 * its decay is zero, its momentum and moments stay zero, and its update is zero: it is exactly 0 at every step.
 */
import type { Builder } from '../graph/builder';
import { jointNorm, scale, square } from '../graph/compose';
import type { Node } from '../graph/types';
import type { Parameter } from '../models/types';
import type { DecayGroup } from '../protocol/catalogue/options';
import type { AdamConfig, OptimizerConfig, SgdConfig } from './config';

/** One parameter's part of a step. All nodes but the scalars have the parameter's shape. */
export interface ParameterStep {
  readonly weight: Node;
  /** Gradient of the mean loss under the mask, clipped where it is, without weight decay. */
  readonly gradient: Node;
  /** Whether weight decay applies to it. */
  readonly isDecayed: boolean;
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
  /** The gradients of all trained parameters as steps are taken by: scaled down together where they are clipped. */
  clip(b: Builder, gradients: readonly Node[]): readonly Node[];
  /** Whether weight decay applies to a parameter. */
  decays(parameter: Pick<Parameter, 'role'>): boolean;
  /** The parameter and its state after the step. */
  update(b: Builder, parameter: ParameterStep): UpdatedParameter;
}

/** What tells the kinds apart. */
type StepRule = Pick<Optimizer, 'slots' | 'scalars' | 'scalarValues' | 'update'>;

export interface UpdatedParameter {
  readonly weight: Node;
  readonly state: { readonly [slot: string]: Node };
}

/** The optimizer that `config` describes. */
export function createOptimizer(config: OptimizerConfig): Optimizer {
  const { clipGradient } = config;
  return {
    ...(config.kind === 'sgd' ? createSgd(config) : createAdam(config)),
    clip: (b, gradients) => (clipGradient === undefined ? gradients : clipped(b, gradients, clipGradient)),
    decays: (parameter) => isDecayed(config, parameter),
  };
}

/** Roles of the parameters that each group to exclude from weight decay stands for. */
const DECAY_GROUPS: { readonly [group in DecayGroup]: readonly Parameter['role'][] } = {
  bias: ['bias'],
  norm: ['gamma', 'beta'],
};

/** Whether weight decay applies to a parameter. */
export function isDecayed(
  { weightDecay, decayExclude = [] }: Pick<OptimizerConfig, 'weightDecay' | 'decayExclude'>,
  { role }: Pick<Parameter, 'role'>,
): boolean {
  return weightDecay > 0 && !decayExclude.some((group) => DECAY_GROUPS[group].includes(role));
}

/** Added to the norm by PyTorch's clip_grad_norm_, too. */
const CLIP_EPSILON = 1e-6;

/** The gradients times min(1, limit / (n + 1e-6)), where n is the L2 norm of all of them together. */
function clipped(b: Builder, gradients: readonly Node[], limit: number): readonly Node[] {
  if (gradients.length === 0) return gradients;
  const norm = b.add(jointNorm(b, gradients), b.constant(CLIP_EPSILON));
  // 1 / max(1, n / limit): no norm is too small to divide by.
  const factor = b.divide(b.constant(1), b.maximum(b.constant(1), scale(b, norm, 1 / limit)));
  return gradients.map((gradient) => b.multiply(gradient, factor));
}

/**
 * SGD as PyTorch defines it, with g the gradient plus weightDecay · w:
 *     m ← momentum · m + g        (the first step leaves m = g, since m starts at zero)
 *     w ← w - learningRate · m                      plain
 *     w ← w - learningRate · (g + momentum · m)     Nesterov
 */
function createSgd({ momentum, nesterov, weightDecay }: SgdConfig): StepRule {
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
 * Adam (Kingma & Ba 2015), with g the gradient plus weightDecay · w and t the step counted from 1:
 *     m ← beta1 · m + (1 - beta1) · g
 *     v ← beta2 · v + (1 - beta2) · g²
 *     w ← w - learningRate / (1 - beta1^t) · m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
 * AdamW (Loshchilov & Hutter 2019) takes g without the decay, and before the last line
 *     w ← w - learningRate · weightDecay · w
 * The two corrections are computed in float64 on the host and given as scalars.
 */
function createAdam({ kind, beta1, beta2, epsilon, weightDecay }: AdamConfig): StepRule {
  const isDecoupled = kind === 'adamw';
  return {
    slots: ['firstMoment', 'secondMoment'],
    scalars: ['stepSize', 'deviationScale', ...(isDecoupled ? ['decayRate'] : [])],
    scalarValues: (learningRate, step) => ({
      stepSize: learningRate / (1 - beta1 ** (step + 1)),
      deviationScale: 1 / Math.sqrt(1 - beta2 ** (step + 1)),
      ...(isDecoupled && { decayRate: learningRate * weightDecay }),
    }),
    update(b, parameter): UpdatedParameter {
      const { weight, state, scalars } = parameter;
      const gradient = isDecoupled ? parameter.gradient : decayedGradient(b, parameter, weightDecay);
      const first = b.add(scale(b, state.firstMoment, beta1), scale(b, gradient, 1 - beta1));
      const second = b.add(scale(b, state.secondMoment, beta2), scale(b, square(b, gradient), 1 - beta2));
      const deviation = b.add(b.multiply(b.sqrt(second), scalars.deviationScale), b.constant(epsilon));
      const shrinks = isDecoupled && parameter.isDecayed;
      const start = shrinks ? b.subtract(weight, b.multiply(weight, scalars.decayRate)) : weight;
      return {
        weight: b.subtract(start, b.multiply(b.divide(first, deviation), scalars.stepSize)),
        state: { firstMoment: first, secondMoment: second },
      };
    },
  };
}

/** gradient + weightDecay · w. */
function decayedGradient(b: Builder, { weight, gradient, isDecayed }: ParameterStep, weightDecay: number): Node {
  return isDecayed ? b.add(gradient, scale(b, weight, weightDecay)) : gradient;
}
