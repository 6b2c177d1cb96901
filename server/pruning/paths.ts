/** How many paths lead from the input to the output through the weights that are left, and how many units they meet. */
import type { Network } from '../models/types';
import type { Masks } from './types';
import { createUnitGraph, type UnitGraph, type WeightLink } from './unitGraph';
import { findOrigins, type Origins, type Relation } from './unitRelations';

/** Numbers for each unit as `values * 2^exponent`: counts of paths leave the range of a double soon. */
interface Counts {
  readonly values: Float64Array;
  readonly exponent: number;
}

export interface PathCounts {
  /** log10 of the number of paths through each weight tensor; null where there are none. */
  readonly throughWeight: ReadonlyMap<string, number | null>;
  /** log10 of the number of all paths; null where there are none. */
  readonly total: number | null;
  /** Units that a weight tensor leads to: how many there are, and how many a path reaches through it. */
  readonly units: ReadonlyMap<string, { readonly total: number; readonly reached: number }>;
}

/** Brings the largest value to [0.5, 1) by a power of two, which changes no digit. */
function normalize({ values, exponent }: Counts): Counts {
  const largest = values.reduce((max, value) => Math.max(max, value), 0);
  if (largest === 0) return { values, exponent: 0 };
  const shift = Math.floor(Math.log2(largest)) + 1;
  const factor = 2 ** -shift;
  return { values: values.map((value) => value * factor), exponent: exponent + shift };
}

function add(a: Counts, b: Counts): Counts {
  if (isZero(a)) return b;
  if (isZero(b)) return a;
  const exponent = Math.max(a.exponent, b.exponent);
  const [left, right] = [2 ** (a.exponent - exponent), 2 ** (b.exponent - exponent)];
  return normalize({ values: a.values.map((value, i) => value * left + b.values[i] * right), exponent });
}

function isZero({ values }: Counts): boolean {
  return values.every((value) => value === 0);
}

/** Counts carried along a relation, to the units of its targets, or backwards to those of its sources. */
function along(relation: Relation, { values, exponent }: Counts, units: number, backwards: boolean): Counts {
  if (relation === 'same') return { values, exponent };
  const carried = new Float64Array(units);
  const [from, to] = backwards ? [relation.targets, relation.sources] : [relation.sources, relation.targets];
  for (let i = 0; i < from.length; i++) carried[to[i]] += values[from[i]];
  return normalize({ values: carried, exponent });
}

/** How many places a mask leaves between two units, for each period of the kernel. */
export function countPlaces({ size, period, places: own }: WeightLink, mask: Uint8Array | undefined): Float64Array {
  const places = new Float64Array(period);
  if (!mask) return places.fill(size / period);
  for (let start = 0; start < size; start += period) {
    for (let i = 0; i < period; i++) places[i] += mask[own?.[start + i] ?? start + i];
  }
  return places;
}

/** A kernel with the places that are left of it. */
interface Kernel {
  readonly link: WeightLink;
  readonly places: Float64Array;
}

/** Counts carried through a kernel, forwards or backwards. */
function through({ link, places }: Kernel, counts: Counts, units: number, backwards: boolean): Counts {
  const carried = new Float64Array(units);
  const [from, to] = backwards ? [link.target, link.source] : [link.source, link.target];
  for (let i = 0; i < places.length; i++) {
    if (places[i] > 0) carried[to(i)] += places[i] * counts.values[from(i)];
  }
  return normalize({ values: carried, exponent: counts.exponent });
}

const zeros = (units: number): Counts => ({ values: new Float64Array(units), exponent: 0 });
const ones = (units: number): Counts => ({ values: new Float64Array(units).fill(1), exponent: 0 });

/** Paths from the input to the units a kernel reads, and from those it leads to to the output. */
interface Flow extends Kernel {
  readonly into: Counts;
  readonly out: Counts;
}

/**
 * How many paths reach the units that a kernel reads, relative to each other, and what is left of the kernel: as many places as
 * its period has.
 */
export type PlacesLeft = (link: WeightLink, into: Float64Array) => Float64Array;

/** From the inputs on: each kernel is met after what leads to it, and what `placesLeft` says of it counts for those behind it. */
function forwardsFlow({ units, inputs, links }: UnitGraph, origins: readonly Origins[], placesLeft: PlacesLeft) {
  const forwards = new Map(units.slice(0, inputs).map((count, input) => [input, ones(count)]));
  const arriving = (tensor: number) =>
    Array.from(origins[tensor]).reduce(
      (sum, [origin, relation]) => add(sum, along(relation, forwards.get(origin)!, units[tensor], false)),
      zeros(units[tensor]),
    );
  const kernels = links
    .filter((link) => link.kind === 'weight')
    .map((link) => {
      const into = arriving(link.from);
      const kernel: Kernel = { link, places: placesLeft(link, into.values) };
      forwards.set(link.to, through(kernel, into, units[link.to], false));
      return { ...kernel, into };
    });
  return { kernels, arriving };
}

/** Meets the kernels of a network in the order of its paths, see `PlacesLeft`; takes time linear in the number of weights. */
export function followPaths(network: Network, placesLeft: PlacesLeft): void {
  const graph = createUnitGraph(network);
  forwardsFlow(graph, findOrigins(graph), placesLeft);
}

/** The flow of each kernel, and the paths that reach the output's units. */
function flowsOf(graph: UnitGraph, origins: readonly Origins[], masks: Masks) {
  const { units } = graph;
  const { kernels, arriving } = forwardsFlow(graph, origins, (link) => countPlaces(link, masks.get(link.weight)));
  const output = units.length - 1;

  const backwards = new Map<number, Counts>();
  const leave = (tensor: number, counts: Counts) => {
    for (const [origin, relation] of origins[tensor]) {
      const carried = along(relation, counts, units[origin], true);
      backwards.set(origin, add(backwards.get(origin) ?? zeros(units[origin]), carried));
    }
  };
  leave(output, ones(units[output]));
  const leaving = (tensor: number) => backwards.get(tensor) ?? zeros(units[tensor]);
  for (const kernel of kernels.toReversed()) {
    const { from, to } = kernel.link;
    leave(from, through(kernel, leaving(to), units[from], true));
  }
  const flows = kernels.map((kernel): Flow => ({ ...kernel, out: leaving(kernel.link.to) }));
  return { flows, reachingOutput: arriving(output) };
}

/** log10 of sum * 2^exponent; null of zero. */
function logarithm(sum: number, exponent: number): number | null {
  return sum > 0 ? Math.log10(sum) + exponent * Math.log10(2) : null;
}

/** log10 of a sum of numbers given by their log10. */
function addLogarithms(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  const [high, low] = a > b ? [a, b] : [b, a];
  return high + Math.log10(1 + 10 ** (low - high));
}

function sumThrough({ link, places, into, out }: Flow): number | null {
  let sum = 0;
  for (let i = 0; i < places.length; i++) {
    if (places[i] > 0) sum += places[i] * into.values[link.source(i)] * out.values[link.target(i)];
  }
  return logarithm(sum, into.exponent + out.exponent);
}

/** Marks the units that a path reaches through the kernel. */
function markReached({ link, places, into, out }: Flow, units: Uint8Array): void {
  for (let i = 0; i < places.length; i++) {
    if (places[i] === 0) continue;
    const target = link.target(i);
    if (into.values[link.source(i)] > 0 && out.values[target] > 0) units[target] = 1;
  }
}

/**
 * Counts the paths of a masked network, weights without a mask being all there. A path is a choice of one place of each
 * kernel on the way from an input unit to an output unit; units are neurons and channels, wherever in the image they
 * are. Takes time linear in the number of weights; counts are exact up to 2^53 and to 15 digits beyond.
 */
export function countPaths(network: Network, masks: Masks): PathCounts {
  const graph = createUnitGraph(network);
  const { flows, reachingOutput } = flowsOf(graph, findOrigins(graph), masks);
  const throughWeight = new Map<string, number | null>();
  const reached = new Map<string, Uint8Array>();
  for (const flow of flows) {
    const { weight, to } = flow.link;
    throughWeight.set(weight, addLogarithms(throughWeight.get(weight) ?? null, sumThrough(flow)));
    const units = reached.get(weight) ?? new Uint8Array(graph.units[to]);
    markReached(flow, units);
    reached.set(weight, units);
  }
  const sum = reachingOutput.values.reduce((total, value) => total + value, 0);
  return {
    throughWeight,
    total: logarithm(sum, reachingOutput.exponent),
    units: new Map(
      Array.from(reached, ([name, flags]) => [
        name,
        { total: flags.length, reached: flags.reduce((count, flag) => count + flag, 0) },
      ]),
    ),
  };
}
