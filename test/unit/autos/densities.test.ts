import { describe, expect, it } from 'vitest';
import {
  DENSITY_LEVELS,
  type DensityHead,
  LAYER_TRAITS,
  layerDistributions,
  learnDensities,
} from '../../../server/autos/predictor/densities';
import { ridge } from '../../../server/autos/predictor/ridge';
import type { SurvivalRun } from '../../../server/autos/types';
import { PROPORTIONS } from '../../../server/pruning/ratios/proportions';
import { createRandom } from '../../../server/random';
import { syntheticLayer, syntheticRun } from '../../support/survival';

const NETWORKS = [
  [
    [784, 300],
    [300, 100],
    [100, 10],
  ],
  [
    [5, 5, 1, 16],
    [5, 5, 16, 32],
    [512, 120],
    [120, 10],
  ],
  [
    [3, 3, 3, 16],
    [3, 3, 16, 64],
    [1, 1, 64, 128],
    [128, 10],
  ],
  [
    [400, 60],
    [60, 60],
    [60, 60],
    [60, 5],
  ],
];
const layersOf = (shapes: readonly (readonly number[])[], seed: number) =>
  shapes.map((shape, i) => syntheticLayer(shape, seed * 10 + i, 0.05 * (i + 1)));

/** Weights of each layer that are left at a level. */
const keptAt = (distributions: readonly Float64Array[], level: number) =>
  distributions.map((distribution) => distribution.subarray(level).reduce((sum, count) => sum + count, 0));

/** A run that was pruned as a head says, in 30 iterations down to a thousandth. */
function prunedBy(head: DensityHead, shapes: readonly (readonly number[])[], seed: number): SurvivalRun {
  const layers = layersOf(shapes, seed);
  const distributions = layerDistributions(head, layers);
  const iterations = DENSITY_LEVELS - 1;
  return {
    ...syntheticRun(`network ${seed}`, [[2, 2]], seed),
    settings: { iterations, schedule: 'pct', finalSparsity: 0.999, criterion: 'magnitude', rewindEpoch: 0, seed },
    layers: layers.map((layer, i) => {
      const kept = Array.from({ length: iterations }, (_, at) => Math.round(keptAt(distributions, at + 1)[i]));
      // Which weights of the layer they are does not matter here.
      const survived = Uint16Array.from(layer.initial, (_, at) => kept.filter((count) => at < count).length);
      return { ...layer, weight: `layer${i}/kernel`, survived };
    }),
  };
}

describe('layer densities', () => {
  it('are those of ERK where nothing is learned', () => {
    const layers = layersOf(NETWORKS[1], 1);
    const distributions = layerDistributions({ coefficients: new Float32Array(2 * LAYER_TRAITS.length) }, layers);
    const kept = keptAt(distributions, 32);
    const erk = PROPORTIONS.erk(NETWORKS[1], 0.01);
    for (const [i, count] of kept.entries()) expect(count / kept[0]).toBeCloseTo(erk[i] / erk[0], 4);
  });

  it('add up to the density of the network at every level, and never rise', () => {
    const random = createRandom(3, 'coefficients');
    const coefficients = Float32Array.from({ length: 2 * LAYER_TRAITS.length }, () => 0.2 * random.normal());
    const layers = layersOf(NETWORKS[2], 2);
    const total = layers.reduce((sum, { initial }) => sum + initial.length, 0);
    const distributions = layerDistributions({ coefficients }, layers);
    for (const [i, distribution] of distributions.entries()) {
      expect(Math.min(...distribution)).toBeGreaterThanOrEqual(0);
      expect(keptAt(distributions, 0)[i]).toBeCloseTo(layers[i].initial.length, 6);
    }
    for (const level of [8, 16, 32, 47]) {
      const kept = keptAt(distributions, level).reduce((sum, count) => sum + count, 0);
      expect(kept / total / 0.01 ** (level / 32)).toBeGreaterThan(0.97);
      expect(kept / total / 0.01 ** (level / 32)).toBeLessThan(1.0001);
    }
  });

  it('are learned from other networks', () => {
    // Layers with a large fan-in keep more than by ERK, the last one more the further pruning goes.
    const coefficients = new Float32Array(2 * LAYER_TRAITS.length);
    coefficients[LAYER_TRAITS.indexOf('fan-in')] = 0.3;
    coefficients[LAYER_TRAITS.length + LAYER_TRAITS.indexOf('last layer')] = 0.8;
    const truth = { coefficients };
    const head = learnDensities(NETWORKS.slice(0, 3).map((shapes, i) => prunedBy(truth, shapes, i)));
    const layers = layersOf(NETWORKS[3], 9);
    const wanted = keptAt(layerDistributions(truth, layers), 32);
    const untaught = keptAt(layerDistributions({ coefficients: new Float32Array(coefficients.length) }, layers), 32);
    const found = keptAt(layerDistributions(head, layers), 32);
    const distance = (kept: readonly number[]) =>
      kept.reduce((sum, count, i) => sum + Math.abs(Math.log(count / wanted[i])), 0) / kept.length;
    expect(distance(untaught)).toBeGreaterThan(0.4);
    expect(distance(found)).toBeLessThan(0.25 * distance(untaught));
  });

  it('stay near those of ERK where one network is all there is to learn from', () => {
    const coefficients = new Float32Array(2 * LAYER_TRAITS.length).fill(0.2);
    const layers = layersOf(NETWORKS[0], 1);
    const kept = (head: DensityHead) => keptAt(layerDistributions(head, layers), 32);
    const erk = kept({ coefficients: new Float32Array(coefficients.length) });
    const distance = (counts: readonly number[]) =>
      counts.reduce((sum, count, i) => sum + Math.abs(Math.log(count / erk[i])), 0);
    const found = distance(kept(learnDensities([prunedBy({ coefficients }, NETWORKS[0], 1)])));
    expect(found).toBeLessThan(0.1 * distance(kept({ coefficients })));
  });
});

describe('ridge regression', () => {
  const random = createRandom(1, 'ridge');
  const truth = [1.5, -2, 0.5];
  const rows = Array.from({ length: 200 }, () => {
    const inputs = [random.normal(), 10 * random.normal(), random.normal()];
    return { inputs, target: inputs.reduce((sum, input, i) => sum + truth[i] * input, 0), weight: 1 / 200 };
  });

  it('finds the coefficients where the penalty is small, and none where it is large', () => {
    for (const [i, coefficient] of ridge(rows, 3, 1e-9).entries()) expect(coefficient).toBeCloseTo(truth[i], 6);
    for (const coefficient of ridge(rows, 3, 1e9)) expect(Math.abs(coefficient)).toBeLessThan(1e-7);
  });

  it('does not depend on the units of its inputs', () => {
    const scaled = rows.map((row) => ({ ...row, inputs: row.inputs.map((input, i) => input * 10 ** i) }));
    const [a, b] = [ridge(rows, 3, 0.1), ridge(scaled, 3, 0.1)];
    for (const [i, coefficient] of b.entries()) expect(coefficient * 10 ** i).toBeCloseTo(a[i], 8);
  });

  it('gives an input that is always 0 no part', () => {
    const empty = rows.map((row) => ({ ...row, inputs: [...row.inputs, 0] }));
    expect(ridge(empty, 4, 0.1)[3]).toBe(0);
  });
});
