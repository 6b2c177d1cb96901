/**
 * The programs of ProsPr for batches in parts: derivatives of the loss add up over the parts, and what is made of them
 * comes after, in programs that see no batch.
 */
import { gradient, jvp } from '../graph/autodiff';
import { createBuilder } from '../graph/builder';
import { createProgram } from '../graph/program';
import type { Node, Program } from '../graph/types';
import type { Network } from '../models/types';
import type { SummedGraph } from './batchPrograms';
import type { StepRule } from './innerOptimizers';
import { buildLoss, namedOutputs, nodesOf } from './loss';
import {
  adjointOutputs,
  type MetaOptions,
  pullAll,
  pulledWeight,
  type StepGraph,
  stateAdjoint,
  stateInputs,
  stepOutputs,
} from './metaPrograms';

/** Prefixes of what goes from one of these programs to the next. */
const gradientInput = 'gradient/';
const directionInput = 'direction/';
const productInput = 'product/';
const pulledInput = 'pulled/';

/** Gradients of the loss by the trainable parameters. */
export function gradientGraph(network: Network, size: number): SummedGraph {
  const { b, parameters, trainable, loss } = buildLoss(network, size);
  const gradients = gradient(b, loss, nodesOf(parameters, trainable));
  return { title: 'gradient', b, outputs: namedOutputs(gradientInput, trainable, gradients) };
}

/** The product of the Hessian with the directions. */
export function productGraph(network: Network, size: number): SummedGraph {
  const { b, parameters, trainable, loss } = buildLoss(network, size);
  const weights = nodesOf(parameters, trainable);
  const directions = weights.map(({ shape }, i) => b.input(directionInput + trainable[i], shape));
  const products = jvp(b, gradient(b, loss, weights), weights, directions);
  return { title: 'hessian', b, outputs: namedOutputs(productInput, trainable, products) };
}

/** A graph in which the gradients are inputs. */
function givenGradients(network: Network): StepGraph {
  const b = createBuilder();
  const parameters = network.parameters.filter(({ trainable }) => trainable);
  const inputs = (prefix: string) => parameters.map(({ name, shape }) => b.input(prefix + name, shape));
  const trainable = parameters.map(({ name }) => name);
  return { b, trainable, weights: inputs(''), gradients: inputs(gradientInput) };
}

/** The inner step from the gradients. */
export function stepOfGradients(network: Network, rule: StepRule, options: MetaOptions): Program {
  return createProgram('inner step', stepOutputs(givenGradients(network), rule, options));
}

/** Where the recursion starts, from the gradients. */
export function outerOfGradients(network: Network, options: MetaOptions): Program {
  const { b, trainable, gradients } = givenGradients(network);
  return createProgram('outer gradient', adjointOutputs(b, trainable, gradients, {}, options));
}

/** The optimizer's own part of the way back: directions for the Hessian, and what is added to its product with them. */
export function pullProgram(network: Network, rule: StepRule, options: MetaOptions): Program {
  const graph = givenGradients(network);
  const { trainable } = graph;
  const pulled = pullAll(graph, rule, options);
  const outputs = (prefix: string, of: (index: number) => Node) =>
    namedOutputs(
      prefix,
      trainable,
      trainable.map((_, i) => of(i)),
    );
  return createProgram(
    'adjoint of the optimizer',
    Object.assign(
      outputs(directionInput, (i) => pulled[i].gradient),
      outputs(pulledInput, (i) => pulled[i].weight),
      ...rule.slots.map((slot) => outputs(stateAdjoint(slot), (i) => pulled[i].state[slot])),
    ),
  );
}

/** The adjoints before a step, from the Hessian's product. */
export function adjointOfProducts(network: Network, rule: StepRule, options: MetaOptions): Program {
  const { b, trainable, weights } = givenGradients(network);
  const before = trainable.map((name, i) => {
    const [pulled, direction, product] = [pulledInput, directionInput, productInput].map((prefix) =>
      b.input(prefix + name, weights[i].shape),
    );
    return pulledWeight(b, pulled, direction, product, options);
  });
  const pulledStates = trainable.map((name, i) => stateInputs(b, rule, stateAdjoint, name, weights[i]));
  const states = Object.fromEntries(rule.slots.map((slot) => [slot, pulledStates.map((state) => state[slot])]));
  return createProgram('adjoint step', adjointOutputs(b, trainable, before, states, options));
}
