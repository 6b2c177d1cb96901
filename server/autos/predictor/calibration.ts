/**
 * From predictions to scores that can be compared between layers.
 *
 * A prediction is the mean survival of all weights with the same features, and the top of a ranking by means belongs to the
 * layer whose mean is highest: a layer in which few weights survive, but some for long, would lose all of them, since it
 * cannot be told which. What is known is how many. So the spread of survivals around each prediction is measured on the
 * runs learned from. In a new model it gives the distribution of survivals in each layer, and the weights of the layer, in
 * their order, get the survivals of that distribution in order.
 */

import type { FeatureSource } from './features';
import { countKeys, type KeyCounts, matchDistribution, valueOfKey } from './matching';
import { multiplyByUnits, unitFactors } from './units';

/** The distribution of true survivals for predictions in each of several ranges. */
export interface Calibration {
  /** Predictions that divide the ranges, ascending; one fewer than there are ranges. */
  readonly limits: Float32Array;
  /** Fraction of the weights with a prediction in the range whose survival is in the level: [ranges, levels]. */
  readonly spread: Float32Array;
  /** Levels divide survivals 0 … 1 evenly. */
  readonly levels: number;
}

/** Ranges of predictions at most, and levels of survivals. */
const RANGES = 128;
const LEVELS = 32;

/** Weights for each range at least, so that its distribution means something. */
const LEAST = 500;

/** Index of the range that a prediction is in. */
function rangeOf(limits: Float32Array, prediction: number): number {
  let low = 0;
  let high = limits.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (limits[middle] <= prediction) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Measures the spread of survivals (0 … 1) around predictions. */
export function calibrate(predictions: Float32Array, survivals: Float32Array): Calibration {
  const sorted = predictions.slice().sort();
  const count = Math.max(1, Math.min(RANGES, Math.floor(sorted.length / LEAST)));
  // Ranges hold fewer and fewer weights towards the top, where a high sparsity decides.
  const limits = Float32Array.from({ length: count - 1 }, (_, i) => {
    const above = (count - 1 - i) / count;
    return sorted[Math.min(Math.floor(sorted.length * (1 - above ** 2)), sorted.length - 1)];
  });
  const spread = new Float32Array(count * LEVELS);
  const sizes = new Float64Array(count);
  for (let i = 0; i < predictions.length; i++) {
    const range = rangeOf(limits, predictions[i]);
    spread[range * LEVELS + Math.min(Math.floor(survivals[i] * LEVELS), LEVELS - 1)]++;
    sizes[range]++;
  }
  for (let i = 0; i < spread.length; i++) spread[i] /= Math.max(sizes[Math.floor(i / LEVELS)], 1);
  return { limits, spread, levels: LEVELS };
}

/** How many weights of a layer survive to each level, as their predictions, counted by their keys, let expect. */
function expectedSurvivals({ limits, spread, levels }: Calibration, predictions: KeyCounts): Float64Array {
  const counts = new Float64Array(limits.length + 1);
  for (let key = predictions.lowest; key <= predictions.highest; key++) {
    if (predictions.counts[key] > 0) counts[rangeOf(limits, valueOfKey(key))] += predictions.counts[key];
  }
  const survivals = new Float64Array(levels);
  for (let i = 0; i < spread.length; i++) survivals[i % levels] += counts[Math.floor(i / levels)] * spread[i];
  return survivals;
}

/** Scores of the weights of one layer from their predictions, which get the distribution of survivals. */
export function calibrateLayer(
  calibration: Calibration,
  source: FeatureSource,
  predictions: Float32Array,
  unitExponent: number,
): Float32Array {
  const keys = countKeys(predictions);
  return spreadSurvivals(expectedSurvivals(calibration, keys), source, predictions, unitExponent, keys);
}

/**
 * Scores of the weights of one layer, in a distribution: in the order of their predictions, or where there is a `unitExponent` that
 * of their survivals times the factors of the units they join.
 */
export function spreadSurvivals(
  distribution: Float64Array,
  source: FeatureSource,
  predictions: Float32Array,
  unitExponent: number,
  keys: KeyCounts = countKeys(predictions),
): Float32Array {
  const survivals = matchDistribution(predictions, distribution, keys);
  if (unitExponent === 0) return survivals;
  multiplyByUnits(survivals, unitFactors(source, unitExponent));
  return matchDistribution(survivals, distribution);
}
