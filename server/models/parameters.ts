/** The parameters of a network in a graph. */
import type { Builder } from '../graph/builder';
import type { Node } from '../graph/types';
import type { Network } from './types';

/** An input of the graph for each parameter of the network, under its name. */
export function declareParameters(b: Builder, network: Network): ReadonlyMap<string, Node> {
  return new Map(network.parameters.map(({ name, shape }) => [name, b.input(name, shape)]));
}
