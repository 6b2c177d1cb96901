/** How the layers of a network are connected, whatever framework it came from: found in its computation. */
import { createBuilder } from '../graph/builder';
import type { Node } from '../graph/types';
import { declareInputs, declareParameters } from './parameters';
import type { Network } from './types';

/** Places of two layers in the network's list: the second reads what the first gives. */
export type Connection = readonly [from: number, to: number];

/** The layers whose values a node follows from, without going through one to the layers before it. */
function nearest(node: Node, owners: ReadonlyMap<Node, number>): ReadonlySet<number> {
  const found = new Set<number>();
  const seen = new Set<Node>([node]);
  const waiting = [...node.args];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const owner = owners.get(next);
    if (owner === undefined) waiting.push(...next.args);
    else found.add(owner);
  }
  return found;
}

/**
 * Every pair of layers of which one reads what the other gives, operations between them apart: a shortcut around some layers is a
 * connection to the layer behind its end. A layer that gives what it takes, such as dropout in an evaluation, stands between.
 *
 * @throws UserError where the network cannot be computed for one example.
 */
export function connectionsOf(network: Network): readonly Connection[] {
  const places = new Map(network.layers.map(({ name }, place) => [name, place]));
  const owners = new Map<Node, number>();
  const connections = new Map<string, Connection>();
  const b = createBuilder();
  network.apply(b, declareInputs(b, network, 1), declareParameters(b, network), 'evaluate', (layer, value) => {
    const to = places.get(layer);
    if (to === undefined) return;
    const before = owners.get(value);
    for (const from of before === undefined ? nearest(value, owners) : [before]) {
      if (from !== to) connections.set(`${from} ${to}`, [from, to]);
    }
    owners.set(value, to);
  });
  return [...connections.values()];
}
