/** Predictors of survival: what they see, that they learn, and that their table and their file stand for them. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARCHITECTURES, createPredictorNetwork } from '../../../server/autos/predictor/architecture';
import { calibrate, calibrateLayer } from '../../../server/autos/predictor/calibration';
import { layerDistributions } from '../../../server/autos/predictor/densities';
import {
  coordinate,
  type FeatureSettings,
  featureCount,
  LAYER_STATISTICS,
  layerFeatures,
  rootMeanSquare,
  scaleLayers,
  valueAt,
} from '../../../server/autos/predictor/features';
import { readPredictor, writePredictor } from '../../../server/autos/predictor/file';
import { matchDistribution } from '../../../server/autos/predictor/matching';
import { maskOverlap, meanSquaredError, rankCorrelation } from '../../../server/autos/predictor/metrics';
import { measureScales, samplesOf, splitByModel } from '../../../server/autos/predictor/samples';
import { predictScores } from '../../../server/autos/predictor/score';
import { tableSize } from '../../../server/autos/predictor/table';
import { defaultPredictorSettings, type PredictorEvent, trainPredictor } from '../../../server/autos/predictor/train';
import type { Predictor, PredictorSettings } from '../../../server/autos/predictor/types';
import { createOnnxExecutor } from '../../../server/executors/onnx';
import type { Executor } from '../../../server/executors/types';
import { readSafetensors, writeSafetensors } from '../../../server/files/safetensors';
import { UserError } from '../../../server/protocol/errors';
import { keepHighest, keptCount } from '../../../server/pruning/selection';
import { createRandom } from '../../../server/random';
import { temporaryFolder } from '../../support/command';
import { syntheticLayer, syntheticRun } from '../../support/survival';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const BOTH = defaultPredictorSettings.features;

let executor: Executor;
beforeAll(async () => {
  executor = await createOnnxExecutor({ provider: 'cpu' });
});
afterAll(() => executor.dispose());

const small: PredictorSettings = {
  ...defaultPredictorSettings,
  architecture: { kind: 'mlp', widths: [16, 16] },
  epochs: 4,
  batchSize: 512,
  unitExponent: 0,
};
const learned = syntheticRun(
  'a',
  [
    [100, 60],
    [60, 20],
  ],
  1,
);
const unseen = syntheticRun(
  'b',
  [
    [3, 3, 8, 40],
    [40, 30],
  ],
  2,
  3,
);

function train(
  settings: Partial<PredictorSettings> = {},
  extra: { signal?: AbortSignal; onProgress?: (event: PredictorEvent) => void } = {},
) {
  const split = { training: [learned], heldOut: [unseen] };
  return trainPredictor({ split, settings: { ...small, ...settings }, executor, ...extra });
}

describe('features', () => {
  it('have coordinates that grow as logarithms, from a line around zero, and can be undone', () => {
    expect(coordinate(0)).toBe(0);
    expect(coordinate(1 / 64)).toBe(1);
    expect(coordinate(3 / 64)).toBe(2);
    expect(coordinate(-7 / 64)).toBe(-3);
    expect(coordinate(1e9)).toBe(14);
    for (const v of [-3.7, -0.004, 0.01, 0.5, 20]) expect(valueAt(coordinate(v))).toBeCloseTo(v, 4);
    const values = Array.from({ length: 400 }, (_, i) => coordinate((i - 200) / 37));
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  });

  it('mean the same in a model whose weights and gradients have another scale', () => {
    const layers = [syntheticLayer([20, 10], 1), syntheticLayer([10, 5], 2, 0.1)];
    const scaled = layers.map(({ shape, initial, gradient }) => ({
      shape,
      initial: initial.map((value) => 8 * value),
      gradient: gradient.map((value) => value / 4),
    }));
    const scales = { weight: 1, gradient: 1 };
    const features = (of: typeof layers, settings: FeatureSettings) =>
      scaleLayers(of, settings, scales).map((scaling, i) => layerFeatures(of[i], scaling, settings));
    for (const gradients of ['model', 'layer'] as const) {
      const settings: FeatureSettings = { ...BOTH, gradients, layerStatistics: true };
      expect(features(scaled, settings)).toEqual(features(layers, settings));
    }
    const raw: FeatureSettings = { ...BOTH, weights: 'none', gradients: 'none' };
    expect(features(scaled, raw)).not.toEqual(features(layers, raw));
  });

  it('are symmetric, or are not', () => {
    const one = { shape: [1, 2], initial: Float32Array.of(0.3, -0.2), gradient: Float32Array.of(-0.1, 0.4) };
    const other = { ...one, initial: one.initial.map((w) => -w), gradient: one.gradient.map((g) => -g) };
    const scaling = { weight: 1, gradient: 1, statistics: [] };
    expect(layerFeatures(one, scaling, BOTH)).toEqual(layerFeatures(other, scaling, BOTH));
    expect(layerFeatures(one, scaling, BOTH)).toEqual(
      Float32Array.of(coordinate(0.3), coordinate(-0.1), coordinate(0.2), coordinate(-0.4)),
    );
    const plain = { ...BOTH, symmetric: false };
    expect(layerFeatures(one, scaling, plain)).not.toEqual(layerFeatures(other, scaling, plain));
  });

  it('are what the settings say, and statistics describe the layer', () => {
    const layers = [syntheticLayer([3, 3, 4, 8], 1), syntheticLayer([32, 8], 2)];
    const settings: FeatureSettings = { ...BOTH, inputs: 'weight', layerStatistics: true };
    expect(featureCount(settings)).toBe(1 + LAYER_STATISTICS.length);
    const [first, second] = scaleLayers(layers, settings, { weight: 1, gradient: 1 });
    expect(first.statistics.slice(0, 4)).toEqual([Math.log2(36), Math.log2(72), Math.log2(288 / 544), 0]);
    expect(second.statistics[3]).toBe(1);
    const rms = rootMeanSquare(layers.map(({ initial }) => initial));
    expect(2 ** first.statistics[4]).toBeCloseTo(rootMeanSquare([layers[0].initial]) / rms, 6);
    expect(layerFeatures(layers[0], first, settings).subarray(1, 7)).toEqual(Float32Array.from(first.statistics));
  });
});

describe('samples', () => {
  it('are split by model, whatever the seed', () => {
    const again = { ...learned, settings: { ...learned.settings, seed: 9 } };
    expect(splitByModel([learned, unseen, again])).toEqual({ training: [learned, again], heldOut: [unseen] });
    expect(splitByModel([learned, unseen, again], 'a')).toEqual({ training: [unseen], heldOut: [learned, again] });
    expect(splitByModel([learned])).toEqual({ training: [learned], heldOut: [] });
    expect(() => splitByModel([learned], 'a')).toThrow(/leaves no model/);
    expect(() => splitByModel([learned], 'c')).toThrow(/no run labelled c/);
  });

  it('have targets from 0 to 1, and are thinned where many fell together', () => {
    const survived = new Uint16Array(7200).map((_, i) => (i < 6000 ? 0 : i < 7000 ? 5 : 10));
    const run = { ...learned, layers: [{ ...learned.layers[0], ...syntheticLayer([72, 100], 4), survived }] };
    const scales = measureScales([run]);
    const all = samplesOf(run, BOTH, scales);
    expect(all.size).toBe(7200);
    expect(new Set(all.targets)).toEqual(new Set([0, 0.5, 1]));
    const thinned = samplesOf(run, BOTH, scales, { limit: 1500, seed: 3 });
    const count = (value: number) => thinned.targets.filter((target) => target === value).length;
    expect([count(0), count(0.5), count(1)]).toEqual([650, 650, 200]);
    expect(samplesOf(run, BOTH, scales, { limit: 1500, seed: 3 })).toEqual(thinned);
    const even = { ...run, layers: run.layers.map((layer) => ({ ...layer, survived: new Uint16Array(7200) })) };
    expect(() => samplesOf(even, BOTH, scales)).toThrow(/nothing to learn/);
  });
});

describe('measures', () => {
  it('are those of their definitions', () => {
    expect(rankCorrelation([1, 2, 3, 4], [10, 20, 30, 40])).toBeCloseTo(1);
    expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1);
    // By hand: ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3.
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5));
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBe(0);
    expect(meanSquaredError([1, 2], [0, 4])).toBe(2.5);
    expect(maskOverlap(Float32Array.of(4, 3, 2, 1), Float32Array.of(4, 1, 3, 2), 0.5)).toBe(0.5);
  });
});

describe('training', () => {
  it('learns a rule, and it holds in a model never seen, of another scale', async () => {
    const events: PredictorEvent[] = [];
    const { card } = await train({}, { onProgress: (event) => events.push(event) });
    expect(card.training.rankCorrelation).toBeGreaterThan(0.97);
    expect(card.unseen!.rankCorrelation).toBeGreaterThan(0.95);
    expect(card).toMatchObject({ epochs: 4, trainedOn: [{ label: 'a' }], heldOut: [{ label: 'b' }] });
    expect(events[0]).toMatchObject({ kind: 'start', samples: 7200, steps: 14 });
    expect(events.filter(({ kind }) => kind === 'epoch')).toHaveLength(4);
  });

  it('takes enough steps on few weights where its epochs are not said, and says how many those were', async () => {
    const events: PredictorEvent[] = [];
    const few = { ...small, epochs: undefined, architecture: { kind: 'mlp', widths: [4] } as const, batchSize: 2048 };
    const split = { training: [learned], heldOut: [] };
    const { card } = await trainPredictor({
      split,
      settings: few,
      executor,
      onProgress: (event) => events.push(event),
    });
    // 7200 weights are 3 steps an epoch.
    expect(card).toMatchObject({ epochs: 200, settings: { epochs: 200 } });
    expect(events[0]).toMatchObject({ kind: 'start', steps: 3, epochs: 200 });
    const measured = events.filter(({ kind }) => kind === 'epoch');
    expect(measured).toHaveLength(20);
    expect(measured.at(-1)).toMatchObject({ epoch: 200, epochs: 200 });
    const steps = events.filter((event) => event.kind === 'step');
    expect(steps.at(-1)).toMatchObject({ epoch: 200, epochs: 200, step: 3, steps: 3 });
  });

  it('gives the same predictor again, and each ablation sees less', async () => {
    const both = await train({ epochs: 2 });
    expect((await train({ epochs: 2 })).weights).toEqual(both.weights);
    for (const inputs of ['weight', 'gradient'] as const) {
      const { card } = await train({ epochs: 2, features: { ...BOTH, inputs } });
      expect(card.unseen!.rankCorrelation).toBeGreaterThan(0.2);
      expect(card.unseen!.rankCorrelation).toBeLessThan(both.card.unseen!.rankCorrelation - 0.1);
    }
  });

  it('learns the order alone by the ranking loss', async () => {
    const { card } = await train({ loss: 'ranking' });
    expect(card.unseen!.rankCorrelation).toBeGreaterThan(0.95);
  });

  it('keeps finished epochs when it is stopped, and nothing before', async () => {
    const controller = new AbortController();
    const onProgress = (event: PredictorEvent) => {
      if (event.kind === 'epoch' && event.epoch === 2) controller.abort(new Error('stop'));
    };
    expect((await train({}, { signal: controller.signal, onProgress })).card.epochs).toBe(2);
    await expect(train({}, { signal: controller.signal })).rejects.toThrow('stop');
  });

  it('trains the convolutional network too', async () => {
    const architecture = { kind: 'convolutional', size: 8, filters: 1 } as const;
    const { parameters } = createPredictorNetwork(ARCHITECTURES.conv, 2);
    expect(parameters.find(({ name }) => name === 'expand/kernel')!.shape).toEqual([2, 32 * 32 * 3]);
    expect(parameters.find(({ name }) => name === 'stage4_block2_b/kernel')!.shape).toEqual([3, 3, 512, 512]);
    const { card } = await train({ architecture, epochs: 1, batchSize: 256, samplesPerRun: 2048 });
    expect(card.training.error).toBeLessThan(0.35);
  });

  it('refuses settings that are out of range', async () => {
    await expect(train({ epochs: 0 })).rejects.toThrow(UserError);
    await expect(train({ learningRate: 0 })).rejects.toThrow(/learning rate/);
    await expect(train({ unitExponent: Number.NaN })).rejects.toThrow(/unit exponent/);
    await expect(trainPredictor({ split: { training: [], heldOut: [] }, settings: small, executor })).rejects.toThrow(
      /no run to learn from/,
    );
  });
});

describe('calibration', () => {
  it('gives values a distribution, in their order', () => {
    const random = createRandom(1, 'matching');
    const values = Float32Array.from({ length: 1000 }, () => random.normal());
    const matched = matchDistribution(values, Float64Array.of(700, 0, 200, 100));
    const count = (low: number, high: number) => matched.filter((value) => value > low && value <= high).length;
    expect(count(-1, 0.25)).toBeGreaterThan(690);
    expect(count(0.5, 0.75)).toBeGreaterThan(190);
    expect(count(0.75, 1)).toBeGreaterThan(90);
    expect(rankCorrelation(values, matched)).toBeGreaterThan(0.99999);
  });

  it('leaves a layer with low predictions the few survivors it has', () => {
    // Of all weights predicted 0.2, one in fifty survives to the end: which one, nobody can tell.
    const predictions = Float32Array.from({ length: 20_000 }, (_, i) => (i < 10_000 ? 0.2 : 0.5));
    const survivals = Float32Array.from(predictions, (prediction, i) =>
      prediction < 0.3 ? (i % 50 === 0 ? 1 : 0.18) : 0.5,
    );
    const calibration = calibrate(predictions, survivals);
    const layer = syntheticLayer([100, 10], 1);
    const low = calibrateLayer(
      calibration,
      layer,
      Float32Array.from({ length: 1000 }, (_, i) => 0.2 + i * 1e-4),
      0,
    );
    expect(low.filter((score) => score > 0.5).length).toBeGreaterThan(15);
    expect(low.filter((score) => score > 0.5).length).toBeLessThan(25);
    const high = calibrateLayer(calibration, layer, new Float32Array(1000).fill(0.5), 0);
    expect(Math.max(...high)).toBeLessThan(0.55);
  });

  it('prefers units on which the loss depends, without changing how many survive', () => {
    const calibration = calibrate(
      Float32Array.from({ length: 1000 }, (_, i) => i),
      Float32Array.from({ length: 1000 }, (_, i) => i / 1000),
    );
    const gradient = new Float32Array(400).map((_, i) => (i % 4 === 3 ? 1 : 0.1));
    const source = { shape: [100, 4], initial: gradient, gradient };
    const predictions = new Float32Array(400).map((_, i) => (i * 7) % 400);
    const plain = calibrateLayer(calibration, source, predictions, 0);
    const weighted = calibrateLayer(calibration, source, predictions, 1);
    const top = (scores: Float32Array) =>
      maskOverlap(
        new Float32Array(400).map((_, i) => (i % 4 === 3 ? 1 : 0)),
        scores,
        0.75,
      );
    expect(top(plain)).toBeLessThan(0.4);
    expect(top(weighted)).toBeGreaterThan(0.85);
    const mean = (scores: Float32Array) => scores.reduce((sum, score) => sum + score, 0) / scores.length;
    expect(mean(weighted)).toBeCloseTo(mean(plain), 1);
  });
});

describe('separate heads', () => {
  const separate = { heads: 'separate', features: { ...BOTH, weights: 'layer', gradients: 'layer' } } as const;
  const layers = [syntheticLayer([200, 100], 5), syntheticLayer([100, 100], 6), syntheticLayer([100, 10], 7)];

  it('keep of each layer what is predicted of it, in the order of its weights', async () => {
    const predictor = await train(separate);
    const distributions = layerDistributions(predictor.densities!, layers);
    const scores = await predictScores(executor, predictor, layers, { exact: true });
    // A tenth of all weights is left at half the levels to a hundredth.
    const masks = keepHighest(scores, keptCount(31_000, 0.9));
    for (const [i, mask] of masks.entries()) {
      const wanted = distributions[i].subarray(16).reduce((sum, count) => sum + count, 0);
      expect(Math.abs(mask.reduce((sum, bit) => sum + bit, 0) / wanted - 1)).toBeLessThan(0.03);
      const saliency = layers[i].initial.map((w, at) => Math.abs(w * layers[i].gradient[at]));
      expect(rankCorrelation(scores[i], saliency)).toBeGreaterThan(0.8);
    }
  });

  it('are in the file, and are refused where a part of them is missing', async () => {
    const predictor = await train({ ...separate, epochs: 1, architecture: { kind: 'mlp', widths: [4] } });
    await writePredictor(at('separate.safetensors'), predictor);
    expect(await readPredictor(at('separate.safetensors'))).toEqual(predictor);
    const { tensors, metadata } = await readSafetensors(at('separate.safetensors'));
    const others = new Map(tensors);
    others.delete('densities');
    await writeSafetensors(at('incomplete.safetensors'), others, { metadata });
    await expect(readPredictor(at('incomplete.safetensors'))).rejects.toThrow(
      /densities of the predictor are incomplete/,
    );
  });
});

describe('table', () => {
  const layers = [syntheticLayer([784, 300], 5), syntheticLayer([300, 100], 6, 0.08, 3e-3)];
  const cases: readonly (readonly [string, Partial<FeatureSettings>])[] = [
    ['both numbers', {}],
    ['both numbers with their signs', { symmetric: false }],
    ['weights alone', { inputs: 'weight' }],
    ['gradients alone, layer by layer', { inputs: 'gradient', gradients: 'layer' }],
    ['layer statistics', { layerStatistics: true }],
  ];
  it.each(cases)('stands for the network: %s', async (_, features) => {
    const settings = { ...small, epochs: 2, unitExponent: 1, features: { ...BOTH, ...features } };
    const predictor = await trainPredictor({ split: { training: [learned, unseen], heldOut: [] }, settings, executor });
    // Fewer weights than nodes would be given to the network itself.
    const total = layers.reduce((sum, { initial }) => sum + initial.length, 0);
    if (features.symmetric !== false && !features.layerStatistics)
      expect(total).toBeGreaterThan(tableSize(predictor.features));
    const flat = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => Array.from(part)));
    const exact = flat(await predictScores(executor, predictor, layers, { exact: true }));
    const looked = flat(await predictScores(executor, predictor, layers, { exact: false }));
    expect(rankCorrelation(exact, looked)).toBeGreaterThan(0.9999);
    expect(maskOverlap(exact, looked, 0.98)).toBeGreaterThanOrEqual(0.999);
  });
});

describe('file', () => {
  let predictor: Predictor;
  beforeAll(async () => {
    predictor = await train({ epochs: 1, architecture: { kind: 'mlp', widths: [4] } });
    await writePredictor(at('good.safetensors'), predictor);
  });

  async function changed(
    name: string,
    change: (
      tensors: Map<string, { shape: readonly number[]; dtype: 'float32' | 'int32'; data: Float32Array }>,
      metadata: { [key: string]: string },
    ) => void,
  ) {
    const { tensors, metadata } = await readSafetensors(at('good.safetensors'));
    const edited = { ...metadata };
    change(tensors as never, edited);
    await writeSafetensors(at(name), tensors, { metadata: edited });
    return readPredictor(at(name));
  }

  it('holds all of a predictor', async () => {
    expect(await readPredictor(at('good.safetensors'))).toEqual(predictor);
  });

  it.each([
    ['card.settings.unitExponent', null, 'a number of at least 0'],
    ['card.settings.unitExponent', undefined, 'a number of at least 0'],
    ['card.settings.unitExponent', -1, 'a number of at least 0'],
    ['card.settings.unitExponent', '0.5', 'a number of at least 0'],
    ['card.settings.seed', 0.5, 'a whole number'],
    ['card.settings.heads', 'three', 'one or separate'],
    ['card.trainedOn', [{ label: 'a' }], 'a list of runs'],
    ['features.inputs', 'neither', 'one of both, weight, gradient'],
    ['features.symmetric', 1, 'true or false'],
    ['scales.weight', null, 'a positive number'],
    ['scales.gradient', 0, 'a positive number'],
    ['architecture.kind', 'forest', 'one of mlp, convolutional'],
    ['architecture.widths', [4, null], 'a list of positive whole numbers'],
  ])('is refused where %s is %j', async (path, value, wanted) => {
    const refused = changed('value', (_, metadata) => {
      const description = JSON.parse(metadata.predictor);
      const keys = path.split('.');
      const last = keys.pop()!;
      keys.reduce((inner, key) => inner[key], description)[last] = value;
      metadata.predictor = JSON.stringify(description);
    });
    const found = value === undefined ? 'missing' : JSON.stringify(value);
    await expect(refused).rejects.toThrow(
      `value is damaged: in its description of the predictor ${path} is ${found} instead of ${wanted}.`,
    );
    await expect(refused).rejects.toBeInstanceOf(UserError);
  });

  it('is refused, with the reason, where it is damaged or something else', async () => {
    await expect(changed('nan', (tensors) => tensors.get('dense1/kernel')!.data.fill(NaN, 1, 2))).rejects.toThrow(
      /element 1 of 'dense1\/kernel' is NaN/,
    );
    await expect(changed('missing', (tensors) => void tensors.delete('readout/bias'))).rejects.toThrow(
      /tensor 'readout\/bias' is missing/,
    );
    await expect(
      changed(
        'shape',
        (tensors) => void tensors.set('readout/bias', { shape: [2], dtype: 'float32', data: new Float32Array(2) }),
      ),
    ).rejects.toThrow(/'readout\/bias' is \[2\] instead of \[1\]/);
    await expect(
      changed('version', (_, metadata) => Object.assign(metadata, { format: 'prunelens-predictor-9' })),
    ).rejects.toThrow(/another version/);
    await expect(changed('text', (_, metadata) => Object.assign(metadata, { predictor: '{' }))).rejects.toThrow(
      /damaged/,
    );
    await expect(changed('masks', (_, metadata) => void delete metadata.format)).rejects.toThrow(/not a predictor/);
    await expect(changed('spread', (tensors) => void tensors.delete('calibration/spread'))).rejects.toThrow(
      /calibration/,
    );
    await expect(readPredictor(at('absent.safetensors'))).rejects.toThrow(/absent\.safetensors/);
    copyFileSync(at('good.safetensors'), at('cut.safetensors'));
    writeFileSync(at('cut.safetensors'), readFileSync(at('good.safetensors')).subarray(0, 700));
    await expect(readPredictor(at('cut.safetensors'))).rejects.toThrow(UserError);
  });
});
