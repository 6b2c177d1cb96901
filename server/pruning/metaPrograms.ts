/** The programs of ProsPr: an inner step, the outer gradient, and the step of the recursion back. */
import { gradient, jvp } from '../graph/autodiff';
import type { Builder } from '../graph/builder';
import { jointNorm, scale } from '../graph/compose';
import { createProgram } from '../graph/program';
import type { Node, Program } from '../graph/types';
import type { Network } from '../models/types';
import { pullStep, type StepRule } from './innerOptimizers';
import { buildLoss, namedOutputs, nodesOf } from './loss';
import type { ScoringOptions } from './types';

/** Prefixes of inputs and outputs besides parameters and data. */
export const weightAdjoint = 'weight-adjoint/';
export const stateInput = (slot: string): string => `${slot}/`;
export const stateAdjoint = (slot: string): string => `${slot}-adjoint/`;
/** L2 norm of the adjoint of all weights, before clipping; a scalar. */
export const adjointNorm = 'adjoint-norm';

export type MetaOptions = Pick<ScoringOptions, 'innerWeightDecay' | 'clipAdjoint'>;

export function stateInputs(
  b: Builder,
  rule: StepRule,
  prefix: (slot: string) => string,
  name: string,
  { shape }: Node,
): { [slot: string]: Node } {
  return Object.fromEntries(rule.slots.map((slot) => [slot, b.input(prefix(slot) + name, shape)]));
}

/** A graph of the trainable parameters and of what a step makes of them. */
export interface StepGraph {
  readonly b: Builder;
  /** Names of the trainable parameters. */
  readonly trainable: readonly string[];
  readonly weights: readonly Node[];
  /** Gradients of the loss, without the weight decay's. */
  readonly gradients: readonly Node[];
}

function stepGraph(network: Network, size: number): StepGraph & { readonly loss: Node } {
  const { b, parameters, trainable, loss } = buildLoss(network, size);
  const weights = nodesOf(parameters, trainable);
  return { b, trainable, weights, loss, gradients: gradient(b, loss, weights) };
}

/** Gradients with the weight decay's. */
function decayed({ b, weights, gradients }: StepGraph, decay: number): readonly Node[] {
  return gradients.map((node, i) => b.add(node, scale(b, weights[i], decay)));
}

/** One step of the inner optimizer (equation 5, with momentum and decay). */
export function stepProgram(network: Network, size: number, rule: StepRule, options: MetaOptions): Program {
  return createProgram('inner step', stepOutputs(stepGraph(network, size), rule, options));
}

/** Parameters and the optimizer's state after a step. */
export function stepOutputs(graph: StepGraph, rule: StepRule, options: MetaOptions): { [name: string]: Node } {
  const { b, trainable, weights } = graph;
  const gradients = decayed(graph, options.innerWeightDecay);
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
  return Object.assign(namedOutputs('', trainable, moved), ...states);
}

/** Outputs of the adjoints with their norm; scaled down together where they are longer than `clipAdjoint`. */
export function adjointOutputs(
  b: Builder,
  names: readonly string[],
  weights: readonly Node[],
  states: { readonly [slot: string]: readonly Node[] },
  { clipAdjoint }: MetaOptions,
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
export function outerProgram(network: Network, size: number, options: MetaOptions): Program {
  const { b, parameters, trainable, loss } = buildLoss(network, size);
  const gradients = gradient(b, loss, nodesOf(parameters, trainable));
  return createProgram('outer gradient', adjointOutputs(b, trainable, gradients, {}, options));
}

/** The optimizer's own part of the way back, for each trainable parameter. */
export function pullAll(
  graph: StepGraph,
  rule: StepRule,
  options: MetaOptions,
): readonly ReturnType<typeof pullStep>[] {
  const { b, trainable, weights } = graph;
  const gradients = decayed(graph, options.innerWeightDecay);
  return trainable.map((name, i) =>
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
}

/** l_w + (H + decay) l_g, from the product H l_g. */
export function pulledWeight(b: Builder, weight: Node, direction: Node, product: Node, options: MetaOptions): Node {
  return b.add(weight, b.add(product, scale(b, direction, options.innerWeightDecay)));
}

/**
 * The step of the recursion that brings the adjoints from after an inner step to before it: the optimizer's own part by
 * {@link pullStep}, then l_w <- l_w + (H + decay) l_g with the Hessian H of the step's loss at its weights. One
 * Hessian-vector product; nothing grows with M.
 */
export function adjointProgram(network: Network, size: number, rule: StepRule, options: MetaOptions): Program {
  const graph = stepGraph(network, size);
  const { b, trainable, weights, gradients } = graph;
  const pulled = pullAll(graph, rule, options);
  const directions = pulled.map((adjoints) => adjoints.gradient);
  const products = jvp(b, gradients, weights, directions);
  const before = pulled.map(({ weight }, i) => pulledWeight(b, weight, directions[i], products[i], options));
  const states = Object.fromEntries(rule.slots.map((slot) => [slot, pulled.map(({ state }) => state[slot])]));
  return createProgram('adjoint step', adjointOutputs(b, trainable, before, states, options));
}
