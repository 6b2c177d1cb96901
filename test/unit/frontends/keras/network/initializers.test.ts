import { describe, expect, it } from 'vitest';
import type { ConfigValue, ModelDescription } from '../../../../../server/frontends/keras/description';
import { createNetwork } from '../../../../../server/frontends/keras/network/createNetwork';
import { computeFans, resolveInitializer } from '../../../../../server/frontends/keras/network/initializers';
import { type Shape, sizeOf } from '../../../../../server/protocol/tensor';
import { createRandom } from '../../../../../server/random';
import { chain } from '../../../../support/networks';

const fail = (message: string): never => {
  throw new Error(message);
};

function draw(identifier: ConfigValue, shape: Shape): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  resolveInitializer(identifier, shape, fail)(values, createRandom(3, 'test'));
  return values;
}

function moments(values: Float32Array) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance), largest: values.reduce((a, v) => Math.max(a, Math.abs(v)), 0) };
}

/** A convolution kernel: fan in 9 * 40 = 360, fan out 9 * 60 = 540. */
const kernel = [3, 3, 40, 60];
const deviations = { in: Math.sqrt(1 / 360), inTwice: Math.sqrt(2 / 360), average: Math.sqrt(1 / 450) };
const scaling = (config: { [key: string]: ConfigValue }): ConfigValue => ({ className: 'VarianceScaling', config });

describe('random initializers', () => {
  it.each([
    ['glorotUniform', deviations.average],
    ['GlorotNormal', deviations.average],
    ['glorot_normal', deviations.average],
    ['HeUniform', deviations.inTwice],
    ['heNormal', deviations.inTwice],
    ['leCunUniform', deviations.in],
    ['lecun_normal', deviations.in],
    [scaling({}), deviations.in],
    [scaling({ scale: 2, mode: 'fanIn', distribution: 'normal', seed: null }), deviations.inTwice],
    [scaling({ scale: 1, mode: 'fan_avg', distribution: 'untruncated_normal' }), deviations.average],
    [scaling({ scale: 1, mode: 'fanOut', distribution: 'uniform' }), Math.sqrt(1 / 540)],
    ['randomNormal', 0.05],
    ['randomUniform', 0.05 / Math.sqrt(3)],
    [{ className: 'RandomUniform', config: { minval: -1, maxval: 1 } }, 1 / Math.sqrt(3)],
    [{ className: 'TruncatedNormal', config: { stddev: 0.1 } }, 0.1 * 0.8796256610342398],
  ] as [ConfigValue, number][])('%j has its deviation', (identifier, deviation) => {
    const found = moments(draw(identifier, kernel));
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(0.02);
    expect(Math.abs(found.mean)).toBeLessThan(0.03 * deviation);
  });

  it('honours means', () => {
    const normal = { className: 'RandomNormal', config: { mean: 2, stddev: 0.5 } };
    expect(moments(draw(normal, kernel)).mean).toBeCloseTo(2, 1);
  });

  it('cuts what is truncated at two deviations, and nothing else', () => {
    const cut = moments(draw('heNormal', kernel));
    expect(cut.largest).toBeLessThanOrEqual((2 * deviations.inTwice) / 0.8796256610342398 + 1e-7);
    const uncut = moments(draw(scaling({ scale: 2, distribution: 'untruncatedNormal' }), kernel));
    expect(uncut.largest).toBeGreaterThan(3 * deviations.inTwice);
  });
});

describe('other initializers', () => {
  it('constants', () => {
    expect(draw('zeros', [2])).toEqual(Float32Array.of(0, 0));
    expect(draw('Ones', [2])).toEqual(Float32Array.of(1, 1));
    expect(draw({ className: 'Constant', config: { value: 0.5 } }, [2])).toEqual(Float32Array.of(0.5, 0.5));
    expect(draw({ className: 'Identity', config: { gain: 2 } }, [2, 3])).toEqual(Float32Array.of(2, 0, 0, 0, 2, 0));
  });

  it.each([[[20, 30]], [[30, 20]], [[16, 16]], [[3, 3, 4, 10]]])('orthogonal %j', (shape) => {
    const values = draw({ className: 'Orthogonal', config: { gain: 3 } }, shape);
    const columns = shape[shape.length - 1];
    const rows = values.length / columns;
    const isTall = rows >= columns;
    const vectors = Array.from({ length: Math.min(rows, columns) }, (_, k) =>
      Array.from({ length: Math.max(rows, columns) }, (_, i) => values[isTall ? i * columns + k : k * columns + i]),
    );
    for (const [i, left] of vectors.entries()) {
      for (const [j, right] of vectors.entries()) {
        const dot = left.reduce((sum, value, k) => sum + value * right[k], 0);
        expect(dot).toBeCloseTo(i === j ? 9 : 0, 5);
      }
    }
  });

  it('counts fans as Keras does', () => {
    expect(computeFans([7])).toEqual({ fanIn: 7, fanOut: 7 });
    expect(computeFans([7, 5])).toEqual({ fanIn: 7, fanOut: 5 });
    expect(computeFans([3, 2, 7, 5])).toEqual({ fanIn: 42, fanOut: 30 });
  });

  it('refuses what it does not know', () => {
    expect(() => draw('Chaos', [2])).toThrow('Chaos');
    expect(() => draw(scaling({ mode: 'fanUp' }), [2])).toThrow('fanUp');
    expect(() => draw(scaling({ distribution: 'cauchy' }), [2])).toThrow('cauchy');
    expect(() => draw('identity', [2, 2, 2])).toThrow('Identity');
  });
});

describe('parameters', () => {
  const seeded = { className: 'HeNormal', config: { seed: 12 } };
  const description = chain(
    [6],
    ['a', 'Dense', { units: 6, kernelInitializer: seeded }],
    ['b', 'Dense', { units: 6, kernelInitializer: seeded, biasInitializer: 'ones' }],
  );
  const kernelOf = (model: ModelDescription, name: string, seed: number) =>
    createNetwork(model)
      .parameters.find((parameter) => parameter.name === name)!
      .initialize(seed);

  it('depend on the run seed and their name only', () => {
    const first = kernelOf(description, 'a/kernel', 1);
    expect(kernelOf(description, 'a/kernel', 1)).toEqual(first);
    expect(kernelOf(description, 'a/kernel', 2)).not.toEqual(first);
    // Not on the initializer's own seed, which both layers share, nor on what else the model holds.
    expect(kernelOf(description, 'b/kernel', 1)).not.toEqual(first);
    const alone = chain([6], ['a', 'Dense', { units: 6, kernelInitializer: 'heNormal' }]);
    expect(kernelOf(alone, 'a/kernel', 1)).toEqual(first);
    expect(kernelOf(description, 'b/bias', 1)).toEqual(new Float32Array(6).fill(1));
  });

  it('take the values the model code has set', () => {
    const data = Float32Array.from({ length: 36 }, (_, i) => i);
    const layers = description.layers.map((layer) =>
      layer.name === 'a' ? { ...layer, weights: { kernel: { shape: [6, 6], data } } } : layer,
    );
    const values = kernelOf({ ...description, layers }, 'a/kernel', 1);
    expect(values).toEqual(data);
    expect(values).not.toBe(data);
  });
});
