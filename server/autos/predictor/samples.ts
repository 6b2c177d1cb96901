/** From iterative rewind prunings to rows of features and targets. */
import { usageError } from '../../protocol/errors';
import { createRandom } from '../../random';
import type { SurvivalRun } from '../types';
import {
  type FeatureScales,
  type FeatureSettings,
  featureCount,
  layerFeatures,
  rootMeanSquare,
  scaleLayers,
} from './features';
import { ranks } from './metrics';
import type { PredictorHeads } from './types';

/** Weights of one run: features [size, columns] and how long each survived, or its place in its layer, 0 … 1. */
export interface Samples {
  readonly label: string;
  readonly size: number;
  readonly features: Float32Array;
  readonly targets: Float32Array;
}

export interface Split {
  readonly training: readonly SurvivalRun[];
  /** Of models that are not among the training ones; none where there is one model only. */
  readonly heldOut: readonly SurvivalRun[];
}

/**
 * Puts aside all runs of one model, so that what is measured on them is of a network never seen: those of the model that
 * `label` names, else of the last model there is. Runs of one model, whatever their seeds and data, stay together.
 *
 * @throws a usage error where there is no run of that label, or nothing would be left.
 */
export function splitByModel(runs: readonly SurvivalRun[], label?: string): Split {
  const hashes = [...new Set(runs.map(({ modelHash }) => modelHash))];
  if (label === undefined) {
    const last = hashes.length > 1 ? hashes[hashes.length - 1] : undefined;
    return {
      training: runs.filter(({ modelHash }) => modelHash !== last),
      heldOut: runs.filter(({ modelHash }) => modelHash === last),
    };
  }
  const named = new Set(runs.filter((run) => run.label === label).map(({ modelHash }) => modelHash));
  if (named.size === 0) {
    const labels = [...new Set(runs.map((run) => run.label))].join(', ');
    throw usageError(`The data set has no run labelled ${label} to hold out.`, `Its labels are ${labels}.`);
  }
  const split = {
    training: runs.filter(({ modelHash }) => !named.has(modelHash)),
    heldOut: runs.filter(({ modelHash }) => named.has(modelHash)),
  };
  if (split.training.length === 0) {
    throw usageError(
      `Holding out ${label} leaves no model to learn from.`,
      'Add runs of another model to the data set, or do not hold it out.',
    );
  }
  return split;
}

/** The root mean squares of all weights and gradients of the runs, for features that are not normalized. */
export function measureScales(runs: readonly SurvivalRun[]): FeatureScales {
  const layers = runs.flatMap((run) => run.layers);
  return {
    weight: rootMeanSquare(layers.map(({ initial }) => initial)) || 1,
    gradient: rootMeanSquare(layers.map(({ gradient }) => gradient)) || 1,
  };
}

/** How many weights of a layer are below each, and half of those level with it, as a share of the layer: 0 … 1. */
function placesInLayer(survived: Uint16Array): Float32Array {
  return Float32Array.from(ranks(survived), (rank) => (rank + 0.5) / survived.length);
}

/** survived scaled to [0, 1] by its minimum and maximum over the run; with separate heads its place in its layer. */
function targetsOf(run: SurvivalRun, heads: PredictorHeads): Float32Array[] {
  let least = Infinity;
  let most = -Infinity;
  for (const { survived } of run.layers) {
    for (let i = 0; i < survived.length; i++) {
      if (survived[i] < least) least = survived[i];
      if (survived[i] > most) most = survived[i];
    }
  }
  if (!(most > least)) {
    throw usageError(
      `In the run ${run.label} all weights survived for equally long, so that there is nothing to learn from it.`,
      'Prune with more iterations, or to a higher sparsity.',
    );
  }
  if (heads === 'separate') return run.layers.map(({ survived }) => placesInLayer(survived));
  return run.layers.map(({ survived }) => Float32Array.from(survived, (count) => (count - least) / (most - least)));
}

/** The largest number that, put as an upper limit on each of the counts, leaves at most `total` in all. */
function waterLevel(counts: readonly number[], total: number): number {
  let left = total;
  const ascending = [...counts].sort((a, b) => a - b);
  for (const [i, count] of ascending.entries()) {
    const level = left / (ascending.length - i);
    if (count > level) return Math.floor(level);
    left -= count;
  }
  return Infinity;
}

/**
 * The weights of a run to learn from, as positions in its layers put one after the other, ascending: all where there are at
 * most `limit`, else a sample in which those that fell at the same iteration are thinned until the most numerous groups,
 * the ones that fell early, are level.
 */
function chosen(targets: readonly Float32Array[], limit: number, seed: number, label: string): Uint32Array {
  const total = targets.reduce((sum, values) => sum + values.length, 0);
  const all = Uint32Array.from({ length: total }, (_, i) => i);
  if (total <= limit) return all;
  const counts = new Map<number, number>();
  for (const values of targets) for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const level = waterLevel([...counts.values()], limit);
  const random = createRandom(seed, 'autos', 'samples', label);
  // The k-th of n is taken with probability (those still wanted) / (those still to come): exactly `level` of each group.
  const open = new Map(
    Array.from(counts, ([value, count]) => [value, { left: count, wanted: Math.min(count, level) }]),
  );
  const flat = new Float32Array(total);
  let start = 0;
  for (const values of targets) {
    flat.set(values, start);
    start += values.length;
  }
  return all.filter((i) => {
    const group = open.get(flat[i])!;
    const take = random.integer(group.left) < group.wanted;
    group.left--;
    if (take) group.wanted--;
    return take;
  });
}

/** Features and targets of the weights of a run, thinned to at most `limit`. */
export function samplesOf(
  run: SurvivalRun,
  settings: FeatureSettings,
  scales: FeatureScales,
  {
    heads = 'one',
    limit = Infinity,
    seed = 0,
  }: { readonly heads?: PredictorHeads; readonly limit?: number; readonly seed?: number } = {},
): Samples {
  const scalings = scaleLayers(run.layers, settings, scales);
  const layerTargets = targetsOf(run, heads);
  const indices = chosen(layerTargets, limit, seed, run.label);
  const columns = featureCount(settings);
  const features = new Float32Array(indices.length * columns);
  const targets = new Float32Array(indices.length);
  let row = 0;
  let start = 0;
  for (const [i, layer] of run.layers.entries()) {
    const all = layerFeatures(layer, scalings[i], settings);
    const end = start + layer.initial.length;
    for (; row < indices.length && indices[row] < end; row++) {
      const index = indices[row] - start;
      for (let j = 0; j < columns; j++) features[row * columns + j] = all[index * columns + j];
      targets[row] = layerTargets[i][index];
    }
    start = end;
  }
  return { label: run.label, size: indices.length, features, targets };
}
