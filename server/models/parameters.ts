/** The inputs of a network in a graph: its examples and its parameters. */
import type { Builder } from '../graph/builder';
import type { Node } from '../graph/types';
import type { Network } from './types';

/** The input `x` of the graph: a batch of `size` examples of the network. */
export function declareInput(b: Builder, { inputShape, inputType }: Network, size: number): Node {
  return b.input('x', [size, ...inputShape], inputType);
}

/** An input of the graph for each parameter of the network, under its name. */
export function declareParameters(b: Builder, network: Network): ReadonlyMap<string, Node> {
  return new Map(network.parameters.map(({ name, shape }) => [name, b.input(name, shape)]));
}
