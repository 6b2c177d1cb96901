import { createRandom, type Random } from '../random';
import { scoresOf } from './gradients';
import { keptCount } from './selection';
import { breathe } from './tensors';
import type { Criterion, ScoringContext, Weights } from './types';
import { createUnitGraph, type UnitGraph, type UnitLink, type WeightLink } from './unitGraph';

/** Steps that walks may take for each weight to be kept before the rest is given up. */
const stepsPerWeight = 30;
/** Walks between two looks at the signal. */
const walksPerBreath = 2000;

/** Places of a kernel sorted by the unit at one end, with the running sum of their |w| within the unit. */
interface Fan {
  /** First place of each unit in `places`; one more than there are units. */
  readonly begin: Int32Array;
  readonly places: Int32Array;
  readonly sums: Float64Array;
}

function createFan(link: WeightLink, end: (index: number) => number, units: number, weights: Weights): Fan {
  const all = weights.get(link.weight)!;
  const { places: own } = link;
  const values = own ? Float32Array.from(own, (place) => all[place]) : all;
  const begin = new Int32Array(units + 1);
  for (let i = 0; i < link.size; i++) begin[end(i) + 1]++;
  for (let unit = 0; unit < units; unit++) begin[unit + 1] += begin[unit];
  const next = begin.slice();
  const places = new Int32Array(link.size);
  for (let i = 0; i < link.size; i++) places[next[end(i)]++] = i;
  const sums = new Float64Array(link.size);
  for (let unit = 0; unit < units; unit++) {
    let sum = 0;
    for (let i = begin[unit]; i < begin[unit + 1]; i++) {
      sum += Math.abs(values[places[i]]);
      sums[i] = sum;
    }
  }
  return { begin, places, sums };
}

/** A place of the unit's with probability proportional to |w|; any of them where all are zero. */
function choosePlace({ begin, places, sums }: Fan, unit: number, random: Random): number | undefined {
  const [first, end] = [begin[unit], begin[unit + 1]];
  if (first === end) return undefined;
  const total = sums[end - 1];
  if (total === 0) return places[first + random.integer(end - first)];
  const aim = random.uniform() * total;
  let [low, high] = [first, end - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > aim) high = middle;
    else low = middle + 1;
  }
  return places[low];
}

/** One step over a link from a unit: the unit at the other end, and the place of the weight where there is one. */
type Step = (unit: number, random: Random) => { readonly unit: number; readonly place?: number } | undefined;

/** The step over a link, forwards or backwards. */
function createStep(link: UnitLink, { units }: UnitGraph, weights: Weights, backwards: boolean): Step {
  if (link.kind === 'same') return (unit) => ({ unit });
  if (link.kind === 'pairs') {
    const [from, to] = backwards ? [link.targets, link.sources] : [link.sources, link.targets];
    const ends = new Map<number, number[]>();
    from.forEach((unit, i) => {
      const known = ends.get(unit);
      if (known) known.push(to[i]);
      else ends.set(unit, [to[i]]);
    });
    return (unit, random) => {
      const choices = ends.get(unit);
      return choices && { unit: choices[random.integer(choices.length)] };
    };
  }
  const [near, far] = backwards ? [link.target, link.source] : [link.source, link.target];
  const fan = createFan(link, near, units[backwards ? link.to : link.from], weights);
  return (unit, random) => {
    const place = choosePlace(fan, unit, random);
    return place === undefined ? undefined : { unit: far(place), place: link.places?.[place] ?? place };
  };
}

interface Way {
  readonly next: number;
  /** The weight on the way, where there is one. */
  readonly weight?: string;
  readonly step: Step;
}

/** The ways out of each tensor in one direction. */
function waysOf(graph: UnitGraph, weights: Weights, backwards: boolean): Way[][] {
  const ways: Way[][] = graph.units.map(() => []);
  for (const link of graph.links) {
    const [near, far] = backwards ? [link.to, link.from] : [link.from, link.to];
    const step = createStep(link, graph, weights, backwards);
    ways[near].push({ next: far, step, ...(link.kind === 'weight' && { weight: link.weight }) });
  }
  return ways;
}

/**
 * Walks from a unit until nothing leads on; each tensor's ways are equally likely. `visit` gets every weight on the way.
 * Gives the number of steps.
 */
function walk(
  ways: readonly (readonly Way[])[],
  start: { readonly tensor: number; readonly unit: number },
  random: Random,
  visit: (weight: string, place: number) => void,
): number {
  let { tensor, unit } = start;
  for (let steps = 0; ; steps++) {
    const choices = ways[tensor];
    if (choices.length === 0) return steps;
    const way = choices[choices.length === 1 ? 0 : random.integer(choices.length)];
    const reached = way.step(unit, random);
    if (!reached) return steps;
    if (way.weight !== undefined) visit(way.weight, reached.place!);
    tensor = way.next;
    unit = reached.unit;
  }
}

/** Weights in the order in which walks meet them first, until as many are met as are to stay. */
async function visitWeights(context: ScoringContext): Promise<ReadonlyMap<string, Int32Array>> {
  const { network, weights, prunable, options, seed, signal } = context;
  const total = prunable.reduce((sum, name) => sum + weights.get(name)!.length, 0);
  const wanted = keptCount(total, options.sparsity);
  const graph = createUnitGraph(network);
  const [forwards, backwards] = [false, true].map((direction) => waysOf(graph, weights, direction));
  const random = createRandom(seed, 'pruning', 'phew');
  const output = graph.units.length - 1;
  const starts = graph.units
    .slice(0, graph.inputs)
    .flatMap((units, tensor) => Array.from({ length: units }, (_, unit) => ({ tensor, unit })));

  const order = new Map(prunable.map((name) => [name, new Int32Array(weights.get(name)!.length)]));
  let met = 0;
  const visit = (weight: string, place: number) => {
    const visits = order.get(weight);
    if (visits && visits[place] === 0 && met < wanted) visits[place] = ++met;
  };
  let left = stepsPerWeight * wanted;
  for (let number = 0; met < wanted && left > 0; number++) {
    if (number % walksPerBreath === 0) await breathe(signal);
    const turn = number >> 1;
    left -=
      number % 2 === 0
        ? walk(forwards, starts[turn % starts.length], random, visit)
        : walk(backwards, { tensor: output, unit: turn % graph.units[output] }, random, visit);
    left--;
  }
  return order;
}

/**
 * PHEW (Patil & Dovrolis 2021, section 4): paths with higher edge weights. Random walks start at the inputs and the
 * outputs in turn, go on to the next unit with probability proportional to |w|, and keep every weight they meet, until
 * as many are kept as the sparsity leaves. A weight scores higher the earlier it is met; those never met follow by
 * magnitude, with scores below zero. Where a tensor goes several ways (a skip connection), each is equally likely.
 * Needs no data, and is exact at the sparsity it is asked for.
 */
export const phew: Criterion = {
  name: 'phew',
  title: 'PHEW',
  description: 'Random walks from inputs to outputs along large weights; what they meet first stays.',
  needsData: false,
  aimsAtSparsity: true,
  score: async (context) => {
    const order = await visitWeights(context);
    const largest = context.prunable.reduce(
      (max, name) => context.weights.get(name)!.reduce((most, weight) => Math.max(most, Math.abs(weight)), max),
      Number.MIN_VALUE,
    );
    const met = Array.from(order.values()).reduce((sum, visits) => sum + visits.filter((visit) => visit > 0).length, 0);
    return {
      scores: scoresOf(context, (weight, name, i) => {
        const visit = order.get(name)![i];
        return visit > 0 ? met - visit + 1 : Math.abs(weight) / largest - 2;
      }),
    };
  },
};
