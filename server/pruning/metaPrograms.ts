/** The programs of ProsPr: an inner step, the outer gradient, and the step of the recursion back. */
import { gradient, jvp } from '../graph/autodiff';
import type { Builder } from '../graph/builder';
import { jointNorm, scale } from '../graph/compose';
import { createProgram } from '../graph/program';
import type { Node, Program } from '../graph/types';
import type { Network } from '../models/types';
import { pullStep, type StepRule } from './innerOptimizers';
import { buildLoss, type LossGraph, namedOutputs, nodesOf } from './loss';
import type { ScoringOptions } from './types';

/** Prefixes of inputs and outputs besides parameters and data. */
export const weightAdjoint = 'weight-adjoint/';
export const stateInput = (slot: string): string => `${slot}/`;
export const stateAdjoint = (slot: string): string => `${slot}-adjoint/`;
/** L2 norm of the adjoint of all weights, before clipping; a scalar. */
export const adjointNorm = 'adjoint-norm';

type Options = Pick<ScoringOptions, 'innerWeightDecay' | 'clipAdjoint'>;

function stateInputs(
  b: Builder,
  rule: StepRule,
  prefix: (slot: string) => string,
  name: string,
  { shape }: Node,
): { [slot: string]: Node } {
  return Object.fromEntries(rule.slots.map((slot) => [slot, b.input(prefix(slot) + name, shape)]));
}

/** Gradients of the loss with the weight decay's. */
function decayedGradients({ b, loss }: LossGraph, weights: readonly Node[], decay: number): Node[] {
  return gradient(b, loss, weights).map((node, i) => b.add(node, scale(b, weights[i], decay)));
}

/** One step of the inner optimizer (equation 5, with momentum and decay). */
export function stepProgram(network: Network, size: number, rule: StepRule, options: Options): Program {
  const graph = buildLoss(network, size);
  const { b, parameters, trainable } = graph;
  const weights = nodesOf(parameters, trainable);
  const gradients = decayedGradients(graph, weights, options.innerWeightDecay);
  const stepped = trainable.map((name, i) =>
    rule.step(b, {
      weight: weights[i],
      gradient: gradients[i],
      state: stateInputs(b, rule, stateInput, name, weights[i]),
    }),
  );
  const states = rule.slots.map((slot) =>
    namedOutputs(
      stateInput(slot),
      trainable,
      stepped.map(({ state }) => state[slot]),
    ),
  );
  const moved = stepped.map(({ weight }) => weight);
  return createProgram('inner step', Object.assign(namedOutputs('', trainable, moved), ...states));
}

/** Outputs of the adjoints with their norm; scaled down together where they are longer than `clipAdjoint`. */
function adjointOutputs(
  b: Builder,
  names: readonly string[],
  weights: readonly Node[],
  states: { readonly [slot: string]: readonly Node[] },
  { clipAdjoint }: Options,
): { [name: string]: Node } {
  const norm = jointNorm(b, weights);
  const factor =
    clipAdjoint === undefined
      ? undefined
      : b.divide(b.constant(1), b.maximum(b.constant(1), scale(b, norm, 1 / clipAdjoint)));
  const clipped = (nodes: readonly Node[]) => (factor ? nodes.map((node) => b.multiply(node, factor)) : nodes);
  return Object.assign(
    { [adjointNorm]: norm },
    namedOutputs(weightAdjoint, names, clipped(weights)),
    ...Object.entries(states).map(([slot, nodes]) => namedOutputs(stateAdjoint(slot), names, clipped(nodes))),
  );
}

/** The gradient of the outer loss at w_M: where the recursion starts. */
export function outerProgram(network: Network, size: number, options: Options): Program {
  const { b, parameters, trainable, loss } = buildLoss(network, size);
  const gradients = gradient(b, loss, nodesOf(parameters, trainable));
  return createProgram('outer gradient', adjointOutputs(b, trainable, gradients, {}, options));
}

/**
 * The step of the recursion that brings the adjoints from after an inner step to before it: the optimizer's own part by
 * {@link pullStep}, then l_w <- l_w + (H + decay) l_g with the Hessian H of the step's loss at its weights. One
 * Hessian-vector product; nothing grows with M.
 */
export function adjointProgram(network: Network, size: number, rule: StepRule, options: Options): Program {
  const graph = buildLoss(network, size);
  const { b, parameters, trainable, loss } = graph;
  const weights = nodesOf(parameters, trainable);
  const gradients = decayedGradients(graph, weights, options.innerWeightDecay);
  const pulled = trainable.map((name, i) =>
    pullStep(
      b,
      rule,
      { weight: weights[i], gradient: gradients[i], state: stateInputs(b, rule, stateInput, name, weights[i]) },
      {
        weight: b.input(weightAdjoint + name, weights[i].shape),
        state: stateInputs(b, rule, stateAdjoint, name, weights[i]),
      },
    ),
  );
  const directions = pulled.map((adjoints) => adjoints.gradient);
  const products = jvp(b, gradient(b, loss, weights), weights, directions);
  const before = pulled.map(({ weight }, i) =>
    b.add(weight, b.add(products[i], scale(b, directions[i], options.innerWeightDecay))),
  );
  const states = Object.fromEntries(rule.slots.map((slot) => [slot, pulled.map(({ state }) => state[slot])]));
  return createProgram('adjoint step', adjointOutputs(b, trainable, before, states, options));
}
