/** How the layers of a network are connected, whatever framework it came from: found in its computation. */
import { createBuilder } from '../graph/builder';
import type { Node } from '../graph/types';
import { declareInputs, declareParameters } from './parameters';
import type { Network } from './types';

/** The second reads what the first gives. Numbers below that of the layers are places in their list, those from it on are joins. */
export type Connection = readonly [from: number, to: number];

export interface Connections {
  readonly connections: readonly Connection[];
  /**
   * Where values of several layers are combined, without a layer, for several readers: the stream beside the blocks of a transformer.
   * Each is told by the place of the last layer before it.
   */
  readonly joins: readonly number[];
}

/** What is found while the computation is followed. */
interface Found {
  /** The layer or join that gives a value. */
  readonly owners: Map<Node, number>;
  readonly edges: Map<string, Connection>;
  readonly joins: number[];
}

/** The layers and joins that a value follows from at once. A value of several that no layer gives is a join. */
function sourcesOf(
  node: Node,
  found: Found,
  known: Map<Node, ReadonlySet<number>>,
  layers: number,
): ReadonlySet<number> {
  const owner = found.owners.get(node);
  if (owner !== undefined) return new Set([owner]);
  const before = known.get(node);
  if (before) return before;
  let sources: ReadonlySet<number> = new Set(node.args.flatMap((arg) => [...sourcesOf(arg, found, known, layers)]));
  if (sources.size > 1) {
    const join = layers + found.joins.length;
    const last = Math.max(...[...sources].map((source) => (source < layers ? source : found.joins[source - layers])));
    found.joins.push(last);
    connect(found.edges, sources, join);
    found.owners.set(node, join);
    sources = new Set([join]);
  }
  known.set(node, sources);
  return sources;
}

function connect(edges: Found['edges'], sources: Iterable<number>, to: number): void {
  for (const from of sources) if (from !== to) edges.set(`${from} ${to}`, [from, to]);
}

/** Without the joins that one reader has: it reads from what they join. Those that are left are numbered anew. */
function withoutSingleReaders({ edges, joins }: Found, layers: number): Connections {
  const kept: number[] = [];
  joins.forEach((_, at) => {
    const join = layers + at;
    const readers = [...edges.values()].filter(([from]) => from === join).map(([, to]) => to);
    if (readers.length > 1) {
      kept.push(join);
      return;
    }
    const sources = [...edges.values()].filter(([, to]) => to === join).map(([from]) => from);
    for (const from of sources) edges.delete(`${from} ${join}`);
    for (const to of readers) {
      edges.delete(`${join} ${to}`);
      connect(edges, sources, to);
    }
  });
  const numbers = new Map(kept.map((join, at) => [join, layers + at]));
  const renumbered = (place: number) => numbers.get(place) ?? place;
  return {
    connections: [...edges.values()].map(([from, to]): Connection => [renumbered(from), renumbered(to)]),
    joins: kept.map((join) => joins[join - layers]),
  };
}

/**
 * Every pair of layers of which one reads what the other gives, operations between them apart: a shortcut around some layers is a
 * connection to the layer behind its end, or to a join. A layer that gives what it takes, such as dropout in an evaluation, stands between.
 *
 * @throws UserError where the network cannot be computed for one example.
 */
export function connectionsOf(network: Network): Connections {
  const { layers } = network;
  const places = new Map(layers.map(({ name }, place) => [name, place]));
  const found: Found = { owners: new Map(), edges: new Map(), joins: [] };
  const known = new Map<Node, ReadonlySet<number>>();
  const b = createBuilder();
  network.apply(b, declareInputs(b, network, 1), declareParameters(b, network), 'evaluate', (layer, value) => {
    const to = places.get(layer);
    if (to === undefined) return;
    const before = found.owners.get(value);
    if (before !== undefined) connect(found.edges, [before], to);
    else for (const arg of value.args) connect(found.edges, sourcesOf(arg, found, known, layers.length), to);
    found.owners.set(value, to);
  });
  return withoutSingleReaders(found, layers.length);
}
