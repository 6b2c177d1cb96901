/** Modules of a network, by the names of its layers, and what is shown of it where some of them are folded. */
import type { LayerSummary, ModelSummary } from '../../server/protocol/results';

/** A layer, or several that a module holds. */
export interface Module {
  /** The name of the layer, or what the names of the module's layers begin with; empty for the whole network. */
  readonly path: string;
  /** Places of its layers in the network's list. */
  readonly layers: readonly number[];
  /** Empty for a layer. */
  readonly children: readonly Module[];
}

/** Where names are taken apart; underscores only where nothing else is in any name. */
function separatorIn(names: readonly string[]): RegExp {
  return names.some((name) => /[./]/.test(name)) ? /[./]/ : /_/;
}

/** The beginning of a name that has `count` parts, with what parts them. */
function beginning(name: string, separator: RegExp, count: number): string | undefined {
  let end = -1;
  for (let part = 0; part < count; part++) {
    const next = name.slice(end + 1).search(separator);
    if (next < 0) return undefined;
    end += next + 1;
  }
  return name.slice(0, end);
}

/** How many layers have names with each beginning. */
function countBeginnings(names: readonly string[], separator: RegExp): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    for (
      let parts = 1, path = beginning(name, separator, 1);
      path !== undefined;
      path = beginning(name, separator, ++parts)
    )
      counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return counts;
}

interface Names {
  readonly names: readonly string[];
  readonly separator: RegExp;
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * The modules that hold these layers. Layers belong together that follow each other and whose names begin alike, where no others have such
 * names; a module with one child only is that child.
 */
function modulesOf(known: Names, places: readonly number[], depth: number): readonly Module[] {
  const { names, separator, counts } = known;
  const modules: Module[] = [];
  for (let at = 0; at < places.length; ) {
    const path = beginning(names[places[at]], separator, depth);
    let end = at + 1;
    while (path !== undefined && end < places.length && beginning(names[places[end]], separator, depth) === path) end++;
    const members = places.slice(at, end);
    if (path === undefined) {
      modules.push({ path: names[members[0]], layers: members, children: [] });
    } else {
      const children = modulesOf(known, members, depth + 1);
      const isModule = children.length > 1 && counts.get(path) === members.length;
      modules.push(...(isModule ? [{ path, layers: members, children }] : children));
    }
    at = end;
  }
  return modules;
}

/** Nodes that are still taken in at a glance. */
const READABLE = 30;

/** Connections between modules, by their places; what a join reads, the layer before it reads. */
function connectionsOf(
  modules: readonly Module[],
  { connections = [], joins = [], layers }: ConnectedLayers,
): readonly (readonly [number, number])[] {
  const places = new Map(modules.flatMap((module, at) => module.layers.map((layer) => [layer, at] as const)));
  const placeOf = (at: number) => places.get(at < layers.length ? at : joins[at - layers.length])!;
  return connections.map(([from, to]) => [placeOf(from), placeOf(to)] as const);
}

/** Places that nothing goes past: whatever comes later reads nothing from before them. */
function cutsIn(count: number, connections: readonly (readonly [number, number])[]): readonly number[] {
  const farthest = new Array<number>(count).fill(0);
  for (const [from, to] of connections) farthest[from] = Math.max(farthest[from], to);
  let reached = 0;
  return farthest.flatMap((to, at) => {
    const isCut = reached <= at;
    reached = Math.max(reached, to);
    return isCut ? [at] : [];
  });
}

/** Folds branches, from where they part to where they meet, into a module each that is called by its end. */
function branchesFolded(modules: readonly Module[], summary: ConnectedLayers): readonly Module[] {
  const cuts = cutsIn(modules.length, connectionsOf(modules, summary));
  return cuts.flatMap((cut, at): readonly Module[] => {
    const members = modules.slice(at === 0 ? 0 : cuts[at - 1] + 1, cut + 1);
    if (members.length === 1) return members;
    const path = `up to ${modules[cut].path}`;
    return [{ path, layers: members.flatMap(({ layers }) => layers), children: members }];
  });
}

type ConnectedLayers = Pick<ModelSummary, 'layers' | 'connections' | 'joins'>;

/** The network as modules within modules; where the names of its layers tell too little of them, by its branches. */
export function moduleTree(summary: ConnectedLayers): Module {
  const names = summary.layers.map(({ name }) => name);
  const places = summary.layers.map((_, place) => place);
  const separator = separatorIn(names);
  const named = modulesOf({ names, separator, counts: countBeginnings(names, separator) }, places, 1);
  return { path: '', layers: places, children: named.length > READABLE ? branchesFolded(named, summary) : named };
}

/** What is shown: modules that are open are replaced by what they hold. */
export function shownModules(tree: Module, opened: ReadonlySet<string>): readonly Module[] {
  return tree.children.flatMap((child) =>
    child.children.length > 0 && opened.has(child.path) ? shownModules(child, opened) : [child],
  );
}

/** The modules to open at first: from the outside in, as long as the whole stays readable. */
export function firstOpened(tree: Module): ReadonlySet<string> {
  const opened = new Set<string>();
  let count = tree.children.length;
  for (let level = tree.children.filter(({ children }) => children.length > 0); level.length > 0; ) {
    const more = level.reduce((sum, { children }) => sum + children.length - 1, 0);
    if (count + more > READABLE) return opened;
    for (const { path } of level) opened.add(path);
    count += more;
    level = level.flatMap(({ children }) => children).filter(({ children }) => children.length > 0);
  }
  return opened;
}

/** The modules around a layer, from the outside in. */
export function modulesAround(tree: Module, place: number): readonly string[] {
  const child = tree.children.find(({ layers }) => layers.includes(place));
  return child && child.children.length > 0 ? [child.path, ...modulesAround(child, place)] : [];
}

/** The joins that are shown: those in folded modules are not. */
export function shownJoins(shown: readonly Module[], joins: readonly number[]): readonly number[] {
  const folded = new Set(shown.filter(({ children }) => children.length > 0).flatMap(({ layers }) => layers));
  return joins.flatMap((layer, join) => (folded.has(layer) ? [] : [join]));
}

/** Connections between what is shown, by its places, joins behind modules; those within a folded module are left out. */
export function connectionsBetween(
  shown: readonly Module[],
  { connections = [], joins = [], layers: all }: Pick<ModelSummary, 'connections' | 'joins' | 'layers'>,
): readonly (readonly [number, number])[] {
  const places = new Map(shown.flatMap(({ layers }, at) => layers.map((layer) => [layer, at] as const)));
  for (const [join, layer] of joins.entries()) places.set(all.length + join, places.get(layer)!);
  for (const [at, join] of shownJoins(shown, joins).entries()) places.set(all.length + join, shown.length + at);
  const found = new Map<string, readonly [number, number]>();
  for (const [from, to] of connections) {
    const ends = [places.get(from)!, places.get(to)!] as const;
    if (ends[0] !== ends[1]) found.set(ends.join(), ends);
  }
  return [...found.values()];
}

/** Weights of a module, and its multiplications of one example. */
export function sizeOf(
  module: Module,
  layers: readonly LayerSummary[],
): { readonly weights: number; readonly macs: number } {
  const own = module.layers.map((place) => layers[place]);
  return {
    weights: own.flatMap(({ parameters }) => parameters).reduce((sum, { size }) => sum + size, 0),
    macs: own.reduce((sum, { macs }) => sum + macs, 0),
  };
}
