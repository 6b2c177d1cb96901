/** The loss that saliencies are derivatives of, as a graph: that of the network's objective, with batch statistics. */
import { type Builder, createBuilder } from '../graph/builder';
import { scale } from '../graph/compose';
import type { Node } from '../graph/types';
import { declareInputs, declareParameters } from '../models/parameters';
import type { Mode, Network } from '../models/types';

export interface LossGraph {
  readonly b: Builder;
  /** A node for every parameter, under its own name as input name. */
  readonly parameters: ReadonlyMap<string, Node>;
  /** Names of the trainable parameters, in the network's order. */
  readonly trainable: readonly string[];
  /** Mean loss of the batch, a scalar. */
  readonly loss: Node;
}

/**
 * The mean loss that criteria score by, of a batch of `size` examples, its examples and labels being inputs (`x` and `y`).
 * Dropout is left out, so that a saliency is a function of weights and data alone.
 * @param temperature divides the logits of a softmax or a sigmoid before the loss; no other outputs.
 * @param mode `score` normalizes by the batch's own statistics, `evaluate` by the parameters that hold statistics.
 */
export function buildLoss(network: Network, size: number, temperature = 1, mode: Mode = 'score'): LossGraph {
  const b = createBuilder();
  const parameters = declareParameters(b, network);
  const { logits } = network.apply(b, declareInputs(b, network, size), parameters, mode);
  const { objective, labels } = network;
  const y = b.input('y', [size, ...labels.shape], labels.dtype);
  return {
    b,
    parameters,
    trainable: network.parameters.filter(({ trainable }) => trainable).map(({ name }) => name),
    loss: objective.loss(b, { logits: objective.isOfLogits ? scale(b, logits, 1 / temperature) : logits, y, labels }),
  };
}

/** The nodes of the named parameters, in order. */
export function nodesOf(parameters: ReadonlyMap<string, Node>, names: readonly string[]): Node[] {
  return names.map((name) => {
    const node = parameters.get(name);
    if (!node) throw new Error(`there is no parameter ${name}`);
    return node;
  });
}

/** Outputs named after parameters: `prefix` + name. */
export function namedOutputs(
  prefix: string,
  names: readonly string[],
  nodes: readonly Node[],
): { [name: string]: Node } {
  return Object.fromEntries(names.map((name, i) => [prefix + name, nodes[i]]));
}
