/**
 * How many weights each layer keeps at any sparsity, learned from how many the layers of other networks kept. Where it has learned
 * nothing it is ERK: the logarithm of a layer's density is that of ERK plus a part that is linear in traits of the layer, and in
 * how far the pruning has come; ridge regression keeps that part small where few networks speak for it.
 */
import { sizeOf } from '../../protocol/tensor';
import { PROPORTIONS } from '../../pruning/ratios/proportions';
import { quotasOf } from '../../pruning/ratios/share';
import type { SurvivalRun } from '../types';
import { boundedLog, type FeatureSource, fans, rootMeanSquare } from './features';
import { ridge, type WeightedRow } from './ridge';

/** What is known of a layer, in order; all but the two places are logarithms to base 2. */
export const LAYER_TRAITS = [
  'fan-in',
  'fan-out',
  'positions of the kernel',
  'first layer',
  'last layer',
  "root mean square weight over the model's",
  "root mean square gradient over the model's",
] as const;

/** A layer's traits times these is the logarithm of its density over ERK's, up to a constant of the network. */
export interface DensityHead {
  /** [2, traits]: at density 1, and what is added for each hundredth part that the density falls to. */
  readonly coefficients: Float32Array;
}

/** Densities, as powers of 1/100, at which the layers' are known: down to 1/1000. */
const LEVELS_A_HUNDREDTH = 32;
export const DENSITY_LEVELS = 48;

/** Above this density layers that are full hide what they would keep. */
const MOST_DENSITY = 0.5;

/** Candidates for the strength of the ridge, strongest first. */
const STRENGTHS = [100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01];

/** How far pruning has come at a density: 0 for the dense network, 1 where a hundredth is left. */
const progressAt = (density: number) => Math.log(density) / Math.log(0.01);

/** Values less their mean. */
function centered(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

/** Traits of layers in the order of the network, each less its mean over them: [layers][traits]. */
function traitsOf(layers: readonly FeatureSource[]): number[][] {
  const modelWeight = rootMeanSquare(layers.map(({ initial }) => initial));
  const modelGradient = rootMeanSquare(layers.map(({ gradient }) => gradient));
  const ratio = (values: Float32Array, whole: number) => boundedLog(whole > 0 ? rootMeanSquare([values]) / whole : 1);
  const traits = layers.map(({ shape, initial, gradient }, position) => {
    const { fanIn, fanOut } = fans(shape);
    return [
      boundedLog(fanIn),
      boundedLog(fanOut),
      boundedLog(sizeOf(shape.slice(0, -2))),
      position === 0 ? 1 : 0,
      position === layers.length - 1 ? 1 : 0,
      ratio(initial, modelWeight),
      ratio(gradient, modelGradient),
    ];
  });
  const columns = LAYER_TRAITS.map((_, j) => centered(traits.map((row) => row[j])));
  return traits.map((_, i) => columns.map((column) => column[i]));
}

/** Logarithms of ERK's densities, up to a constant. */
function logErk(layers: readonly FeatureSource[]): number[] {
  const proportions = PROPORTIONS.erk(
    layers.map(({ shape }) => shape),
    1,
  );
  return layers.map(({ initial }, i) => Math.log(proportions[i] / initial.length));
}

/** The rows of a run: one for each layer at each density that it went through. They weigh 1 together. */
function rowsOf({ layers, settings }: SurvivalRun): WeightedRow[] {
  const traits = traitsOf(layers);
  const erk = logErk(layers);
  const total = layers.reduce((sum, { initial }) => sum + initial.length, 0);
  const rows: WeightedRow[] = [];
  for (let iteration = 1; iteration <= settings.iterations; iteration++) {
    const kept = layers.map(({ survived }) => survived.reduce((sum, count) => sum + (count >= iteration ? 1 : 0), 0));
    const density = kept.reduce((sum, count) => sum + count, 0) / total;
    if (density > MOST_DENSITY || density === 0) continue;
    const progress = progressAt(density);
    // Half a weight more, since a layer that lost all has no logarithm.
    const excess = centered(kept.map((count, i) => Math.log((count + 0.5) / (layers[i].initial.length + 1)) - erk[i]));
    for (const [i, target] of excess.entries()) {
      rows.push({ inputs: [...traits[i], ...traits[i].map((trait) => progress * trait)], target, weight: 1 });
    }
  }
  return rows.map((row) => ({ ...row, weight: 1 / rows.length }));
}

/** Mean squared error over rows, by their weights. */
function errorOf(rows: readonly WeightedRow[], coefficients: ArrayLike<number>): number {
  let sum = 0;
  let weights = 0;
  for (const { inputs, target, weight } of rows) {
    const predicted = inputs.reduce((all, input, j) => all + input * coefficients[j], 0);
    sum += weight * (target - predicted) ** 2;
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0;
}

/**
 * Learns from the runs. The strength of the ridge is the one that predicts each model best from the others; of one model alone,
 * which nothing can be held against, the strongest.
 */
export function learnDensities(runs: readonly SurvivalRun[]): DensityHead {
  const models = [...new Set(runs.map(({ modelHash }) => modelHash))];
  const parts = models.map((model) => runs.filter(({ modelHash }) => modelHash === model).flatMap(rowsOf));
  const heldOutError = (strength: number) =>
    parts.reduce((sum, part) => {
      const others = parts.filter((other) => other !== part).flat();
      return sum + errorOf(part, ridge(others, 2 * LAYER_TRAITS.length, strength));
    }, 0);
  const errors = parts.length > 1 ? STRENGTHS.map(heldOutError) : [0];
  const strength = STRENGTHS[errors.indexOf(Math.min(...errors))];
  return { coefficients: Float32Array.from(ridge(parts.flat(), 2 * LAYER_TRAITS.length, strength)) };
}

/**
 * How long the weights of each layer last, as numbers of weights that fall between one level of the whole network's density and
 * the next: [layers][DENSITY_LEVELS], those that are left at the last level with those that fall before it.
 */
export function layerDistributions({ coefficients }: DensityHead, layers: readonly FeatureSource[]): Float64Array[] {
  const traits = traitsOf(layers);
  const erk = logErk(layers);
  const sizes = layers.map(({ initial }) => initial.length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const distributions = sizes.map(() => new Float64Array(DENSITY_LEVELS));
  let before: readonly number[] = sizes;
  for (let level = 1; level < DENSITY_LEVELS; level++) {
    const progress = level / LEVELS_A_HUNDREDTH;
    const logs = traits.map((row, i) =>
      row.reduce((sum, trait, j) => sum + trait * (coefficients[j] + progress * coefficients[row.length + j]), erk[i]),
    );
    const most = Math.max(...logs);
    const wanted = sizes.map((size, i) => size * Math.exp(logs[i] - most));
    const { quotas } = quotasOf(total * 0.01 ** progress, wanted, sizes);
    // A weight that fell stays away, so no layer grows where the densities shift.
    const kept = quotas.map((count, i) => Math.min(count, before[i]));
    for (const [i, distribution] of distributions.entries()) distribution[level - 1] = before[i] - kept[i];
    before = kept;
  }
  for (const [i, distribution] of distributions.entries()) distribution[DENSITY_LEVELS - 1] = before[i];
  return distributions;
}
