/** The loss that saliencies are derivatives of, as a graph: softmax cross-entropy with batch statistics. */
import { type Builder, createBuilder } from '../graph/builder';
import { scale, softmaxCrossEntropy } from '../graph/compose';
import type { Node } from '../graph/types';
import type { Mode, Network } from '../models/types';

export interface LossGraph {
  readonly b: Builder;
  /** A node for every parameter, under its own name as input name. */
  readonly parameters: ReadonlyMap<string, Node>;
  /** Names of the trainable parameters, in the network's order. */
  readonly trainable: readonly string[];
  /** Mean cross-entropy over the batch, a scalar. */
  readonly loss: Node;
}

/**
 * The mean softmax cross-entropy of a batch of `size` examples (of all their pixels, where each has a class), inputs `x`
 * and `y` (int32 classes).
 * Dropout is left out, so that a saliency is a function of weights and data alone.
 * @param temperature divides the logits before the loss.
 * @param mode `score` normalizes by the batch's own statistics, `evaluate` by the parameters that hold statistics.
 */
export function buildLoss(network: Network, size: number, temperature = 1, mode: Mode = 'score'): LossGraph {
  const b = createBuilder();
  const parameters = new Map(network.parameters.map(({ name, shape }) => [name, b.input(name, shape)]));
  const x = b.input('x', [size, ...network.inputShape]);
  const { logits } = network.apply(b, x, parameters, mode);
  const targets = b.oneHot(b.input('y', [size, ...network.labelShape], 'int32'), network.classes);
  return {
    b,
    parameters,
    trainable: network.parameters.filter(({ trainable }) => trainable).map(({ name }) => name),
    loss: softmaxCrossEntropy(b, scale(b, logits, 1 / temperature), targets),
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
