/** How the layers of a network are connected, whatever framework it came from: found in its computation. */
import { createBuilder } from '../graph/builder';
import type { Node } from '../graph/types';
import { declareInputs, declareParameters } from './parameters';
import type { Network } from './types';

/** The second reads what the first gives. Numbers below that of the layers are places in their list, those from it on are joins, and then uses. */
export type Connection = readonly [from: number, to: number];

export interface Connections {
  readonly connections: readonly Connection[];
  /**
   * Where values of several layers are combined, without a layer, for several readers: the stream beside the blocks of a transformer.
   * Each is told by the place of the last layer before it.
   */
  readonly joins: readonly number[];
  /**
   * Where a layer is used again behind what follows from it, as one activation for all of a block: the place of that layer, for each
   * further use.
   */
  readonly uses: readonly number[];
}

/** What is found while the computation is followed. */
interface Found {
  /** The layer, join or use that gives a value. */
  readonly owners: Map<Node, number>;
  readonly edges: Map<string, Connection>;
  readonly joins: number[];
  /** The layers that are used again. Until all is found, uses are numbered from -1 downwards. */
  readonly uses: number[];
}

const useNumber = (at: number) => -1 - at;

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
    const placeOf = (source: number) =>
      source < 0 ? found.uses[useNumber(source)] : source < layers ? source : found.joins[source - layers];
    const last = Math.max(...[...sources].map(placeOf));
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

/** Whether one of these follows from `first` through something else. */
function leadsTo(edges: Found['edges'], first: number, ends: Iterable<number>): boolean {
  const before = new Map<number, number[]>();
  for (const [from, to] of edges.values()) before.set(to, [...(before.get(to) ?? []), from]);
  const next = [...ends].filter((end) => end !== first);
  const seen = new Set(next);
  for (let at = next.pop(); at !== undefined; at = next.pop()) {
    for (const from of before.get(at) ?? []) {
      if (from === first) return true;
      if (seen.has(from)) continue;
      seen.add(from);
      next.push(from);
    }
  }
  return false;
}

/** Without the joins that one reader has: it reads from what they join. Those that are left are numbered anew. */
function withoutSingleReaders({ edges, joins, uses }: Found, layers: number): Connections {
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
  const numbers = new Map([
    ...kept.map((join, at) => [join, layers + at] as const),
    ...uses.map((_, at) => [useNumber(at), layers + kept.length + at] as const),
  ]);
  const renumbered = (place: number) => numbers.get(place) ?? place;
  return {
    connections: [...edges.values()].map(([from, to]): Connection => [renumbered(from), renumbered(to)]),
    joins: kept.map((join) => joins[join - layers]),
    uses,
  };
}

/**
 * Every pair of layers of which one reads what the other gives, operations between them apart: a shortcut around some layers is a
 * connection to the layer behind its end, or to a join. A layer that gives what it takes, such as dropout in an evaluation, stands between.
 * There are no circles: a layer that is used again is another end of connections each time.
 *
 * @throws UserError where the network cannot be computed for one example.
 */
export function connectionsOf(network: Network): Connections {
  const { layers } = network;
  const { parameters, given } = record(network);
  const met = new Set(given.map(([place]) => place));
  // Layers that only hold what others compute with, as a module does its position table, stand before those.
  const holders = new Map<Node, number>();
  for (const [place, layer] of layers.entries()) {
    if (met.has(place)) continue;
    for (const name of layer.parameters) {
      const node = parameters.get(name);
      if (node) holders.set(node, place);
    }
  }
  return withoutSingleReaders(follow(given, holders, layers.length), layers.length);
}

/** The place of a layer, and the value that it gives. */
type Given = readonly [place: number, value: Node];

/** What the layers give, in the order in which they are computed, and the nodes of the parameters. */
function record(network: Network): {
  readonly parameters: ReadonlyMap<string, Node>;
  readonly given: readonly Given[];
} {
  const places = new Map(network.layers.map(({ name }, place) => [name, place]));
  const given: Given[] = [];
  const b = createBuilder();
  const parameters = declareParameters(b, network);
  network.apply(b, declareInputs(b, network, 1), parameters, 'evaluate', (layer, value) => {
    const place = places.get(layer);
    if (place !== undefined) given.push([place, value]);
  });
  return { parameters, given };
}

/** Connects what the layers give. @param holders The layers that give a parameter. */
function follow(given: readonly Given[], holders: ReadonlyMap<Node, number>, layers: number): Found {
  const found: Found = { owners: new Map(holders), edges: new Map(), joins: [], uses: [] };
  const known = new Map<Node, ReadonlySet<number>>();
  /** Of each layer that was met: its last use. */
  const lastUses = new Map<number, number>();
  for (const [place, value] of given) {
    const before = found.owners.get(value);
    const sources =
      before !== undefined ? [before] : new Set(value.args.flatMap((arg) => [...sourcesOf(arg, found, known, layers)]));
    const lastUse = lastUses.get(place);
    const isAgain = lastUse !== undefined && leadsTo(found.edges, lastUse, sources);
    const use = isAgain ? useNumber(found.uses.push(place) - 1) : (lastUse ?? place);
    lastUses.set(place, use);
    connect(found.edges, sources, use);
    found.owners.set(value, use);
  }
  return found;
}
