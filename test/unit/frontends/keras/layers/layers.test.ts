/** What layers do beyond prediction: modes, statistics, noise, penalties, options tfjs does not have. */
import { describe, expect, it } from 'vitest';
import type { LayerConfig } from '../../../../../server/frontends/keras/description';
import { createNetwork } from '../../../../../server/frontends/keras/network/createNetwork';
import { chain, randomValues, runNetwork } from '../../../../support/networks';

const close = (actual: ArrayLike<number>, expected: readonly number[], digits = 6) => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, digits);
  });
};

describe('batch normalization', () => {
  const x = { shape: [4, 2], data: Float64Array.of(1, 10, 2, 20, 3, 30, 6, 60) };
  const mean = [3, 30];
  const variance = [3.5, 350];
  const moving = {
    'bn/moving_mean': { shape: [2], data: Float64Array.of(1, -2) },
    'bn/moving_variance': { shape: [2], data: Float64Array.of(4, 9) },
    'bn/gamma': { shape: [2], data: Float64Array.of(2, 3) },
    'bn/beta': { shape: [2], data: Float64Array.of(5, 7) },
  };
  const gamma = [2, 3];
  const beta = [5, 7];
  const normalize = (center: readonly number[], spread: readonly number[]) =>
    Array.from(x.data, (value, i) => {
      const c = i % 2;
      return (gamma[c] * (value - center[c])) / Math.sqrt(spread[c] + 0.001) + beta[c];
    });
  const network = createNetwork(chain([2], ['bn', 'BatchNormalization', { momentum: 0.9 }]));

  it('uses batch statistics while training and scoring, moving ones in evaluation', () => {
    close(runNetwork(network, x, 'train', moving).logits.data, normalize(mean, variance));
    close(runNetwork(network, x, 'score', moving).logits.data, normalize(mean, variance));
    close(runNetwork(network, x, 'evaluate', moving).logits.data, normalize([1, -2], [4, 9]));
  });

  it('updates the statistics by its momentum while training only', () => {
    const { statistics } = runNetwork(network, x, 'train', moving);
    close(statistics['bn/moving_mean'].data, [0.9 * 1 + 0.1 * 3, 0.9 * -2 + 0.1 * 30]);
    close(statistics['bn/moving_variance'].data, [0.9 * 4 + 0.1 * 3.5, 0.9 * 9 + 0.1 * 350]);
    expect(runNetwork(network, x, 'score', moving).statistics).toEqual({});
    expect(runNetwork(network, x, 'evaluate', moving).statistics).toEqual({});
  });

  it('takes the last axis in every spelling', () => {
    for (const axis of [-1, 1, [1]]) {
      const spelled = createNetwork(chain([2], ['bn', 'BatchNormalization', { axis }]));
      close(runNetwork(spelled, x, 'evaluate', moving).logits.data, normalize([1, -2], [4, 9]));
    }
  });

  it('keeps its statistics where it is frozen', () => {
    const frozen = createNetwork(chain([2], ['bn', 'BatchNormalization', { trainable: false }]));
    const { logits, statistics } = runNetwork(frozen, x, 'train', moving);
    close(logits.data, normalize([1, -2], [4, 9]));
    expect(statistics).toEqual({});
    expect(frozen.parameters.every((parameter) => !parameter.trainable)).toBe(true);
  });

  it('moves its statistics once a call where it is shared', () => {
    const description = chain([2], ['bn', 'BatchNormalization', { momentum: 0.5 }], ['sum', 'Add']);
    const input = { layer: 'input', call: 0, output: 0 };
    const layers = description.layers.map((layer) =>
      layer.name === 'bn'
        ? { ...layer, calls: [[input], [{ layer: 'bn', call: 0, output: 0 }]] }
        : layer.name === 'sum'
          ? { ...layer, calls: [[input, { layer: 'bn', call: 1, output: 0 }]] }
          : layer,
    );
    const { statistics } = runNetwork(createNetwork({ ...description, layers }), x, 'train', moving);
    // The second call sees normalized values, of mean beta.
    const afterFirst = 0.5 * 1 + 0.5 * 3;
    expect(statistics['bn/moving_mean'].data[0]).toBeCloseTo(0.5 * afterFirst + 0.5 * 5);
  });
});

describe('dropout', () => {
  it('multiplies by a mask while training only', () => {
    const network = createNetwork(chain([3], ['drop', 'Dropout', { rate: 0.25 }]));
    const x = { shape: [1, 3], data: Float64Array.of(1, 2, 3) };
    const mask = { shape: [1, 3], data: Float64Array.of(0, 4 / 3, 4 / 3) };
    const trained = runNetwork(network, x, 'train', { 'drop/mask': mask });
    close(trained.logits.data, [0, 8 / 3, 4]);
    expect(trained.noise).toEqual([{ input: 'drop/mask', shape: [1, 3], rate: 0.25 }]);
    for (const mode of ['score', 'evaluate'] as const) {
      const { logits, noise } = runNetwork(network, x, mode);
      close(logits.data, [1, 2, 3]);
      expect(noise).toEqual([]);
    }
  });

  it('drops whole channels as SpatialDropout2D', () => {
    const network = createNetwork(
      chain([4, 5, 3], ['drop', 'SpatialDropout2D', { rate: 0.5 }], ['pool', 'GlobalAveragePooling2D']),
    );
    const { noise } = runNetwork(network, randomValues([2, 4, 5, 3]), 'train');
    expect(noise).toEqual([{ input: 'drop/mask', shape: [2, 1, 1, 3], rate: 0.5 }]);
  });

  it.each([
    ['horizontal', [2, 1, 4, 3, 6, 5, 8, 7]],
    ['vertical', [3, 4, 1, 2, 7, 8, 5, 6]],
  ])('mirrors the images that are drawn as RandomFlip (%s)', (mode, mirrored) => {
    const network = createNetwork(chain([2, 2, 1], ['flip', 'RandomFlip', { mode }], ['flat', 'Flatten']));
    const x = { shape: [2, 2, 2, 1], data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
    const mask = { 'flip/mask': { shape: [2, 1, 1, 1], data: Float64Array.of(0, 2) } };
    const trained = runNetwork(network, x, 'train', mask);
    close(trained.logits.data, [1, 2, 3, 4, ...mirrored.slice(4)]);
    expect(trained.noise).toEqual([{ input: 'flip/mask', shape: [2, 1, 1, 1], rate: 0.5 }]);
    for (const other of ['score', 'evaluate'] as const) {
      const { logits, noise } = runNetwork(network, x, other);
      expect([[...logits.data], noise]).toEqual([[...x.data], []]);
    }
  });

  it('mirrors in both directions by masks of their own', () => {
    const network = createNetwork(chain([4, 4, 1], ['flip', 'RandomFlip', {}], ['flat', 'Flatten']));
    expect(runNetwork(network, randomValues([2, 4, 4, 1]), 'train').noise).toHaveLength(2);
  });

  it('says what to do about layers that change images in other ways', () => {
    const rotating = chain([4, 4, 1], ['turn', 'RandomRotation', { factor: 0.1 }], ['flat', 'Flatten']);
    expect(() => createNetwork(rotating)).toThrow(/changes images at random while training/);
  });

  it('has a mask of its own for every call of a shared layer', () => {
    const description = chain([3], ['drop', 'Dropout', { rate: 0.5 }], ['sum', 'Add']);
    const input = { layer: 'input', call: 0, output: 0 };
    const calls = (call: number) => ({ layer: 'drop', call, output: 0 });
    const layers = description.layers.map((layer) =>
      layer.name === 'drop'
        ? { ...layer, calls: [[input], [input]] }
        : layer.name === 'sum'
          ? { ...layer, calls: [[calls(0), calls(1)]] }
          : layer,
    );
    const { noise } = runNetwork(createNetwork({ ...description, layers }), randomValues([2, 3]), 'train');
    expect(noise.map(({ input: name }) => name).sort()).toEqual(['drop/mask', 'drop/mask1']);
  });
});

describe('penalties', () => {
  const weights = {
    'fc/kernel': { shape: [2, 2], data: Float64Array.of(1, -2, 3, -4) },
    'fc/bias': { shape: [2], data: Float64Array.of(0.5, -1) },
  };
  const penaltyOf = (config: LayerConfig) =>
    runNetwork(
      createNetwork(chain([2], ['fc', 'Dense', { units: 2, ...config }])),
      randomValues([1, 2]),
      'train',
      weights,
    ).penalty;

  it('sums l1 and l2 of kernels and biases', () => {
    const l1l2 = { className: 'L1L2', config: { l1: 0.1, l2: 0.01 } };
    expect(penaltyOf({ kernelRegularizer: l1l2 })).toBeCloseTo(0.1 * 10 + 0.01 * 30);
    expect(penaltyOf({ kernelRegularizer: 'l2' })).toBeCloseTo(0.01 * 30);
    expect(penaltyOf({ kernelRegularizer: { className: 'L1', config: { l1: 0.2 } } })).toBeCloseTo(2);
    expect(penaltyOf({ kernelRegularizer: 'l1', biasRegularizer: 'l1l2' })).toBeCloseTo(0.1 + 0.015 + 0.0125);
  });

  it('is absent without regularizers, and for frozen layers', () => {
    expect(penaltyOf({ kernelRegularizer: null })).toBeUndefined();
    expect(penaltyOf({ kernelRegularizer: { className: 'L1L2', config: { l1: 0, l2: 0 } } })).toBeUndefined();
    expect(penaltyOf({ kernelRegularizer: 'l2', trainable: false })).toBeUndefined();
  });

  it('covers gamma, beta, depthwise and pointwise kernels', () => {
    const network = createNetwork(
      chain(
        [4, 4, 2],
        [
          'sep',
          'SeparableConv2D',
          { filters: 3, kernelSize: 1, depthwiseRegularizer: 'l1', pointwiseRegularizer: 'l1', useBias: false },
        ],
        ['bn', 'BatchNormalization', { gammaRegularizer: 'l2', betaRegularizer: 'l2' }],
        ['pool', 'GlobalAveragePooling2D'],
      ),
    );
    const ones = (name: string, shape: number[]) =>
      [name, { shape, data: new Float64Array(shape.reduce((a, b) => a * b)).fill(1) }] as const;
    const { penalty } = runNetwork(network, randomValues([1, 4, 4, 2]), 'train', {
      ...Object.fromEntries([
        ones('sep/depthwise_kernel', [1, 1, 2, 1]),
        ones('sep/pointwise_kernel', [1, 1, 2, 3]),
        ones('bn/gamma', [3]),
        ones('bn/beta', [3]),
      ]),
    });
    expect(penalty).toBeCloseTo(0.01 * (2 + 6 + 3 + 3));
  });
});

describe('activations tfjs does not have', () => {
  const x = { shape: [1, 5], data: Float64Array.of(-3, -0.5, 0, 0.75, 4) };
  /** The activation, seen through a dense identity, as a final activation would not be allowed. */
  const curve = (className: string, config: LayerConfig) =>
    runNetwork(
      createNetwork(
        chain(
          [5],
          ['curve', className, config],
          ['id', 'Dense', { units: 5, useBias: false, kernelInitializer: 'identity' }],
        ),
      ),
      x,
      'evaluate',
    ).logits.data;
  const mapped = (f: (x: number) => number) => Array.from(x.data, f);

  it.each([
    ['leaky_relu', (v: number) => (v > 0 ? v : 0.2 * v)],
    ['silu', (v: number) => v / (1 + Math.exp(-v))],
    ['exponential', Math.exp],
    ['hard_sigmoid', (v: number) => Math.min(1, Math.max(0, 0.2 * v + 0.5))],
  ])('%s', (name, f) => {
    close(curve('Activation', { activation: name }), mapped(f));
  });

  it('is read from how Keras 3 writes functions', () => {
    const activation = { module: 'builtins', className: 'function', config: 'relu', registeredName: 'function' };
    close(
      curve('Activation', { activation }),
      mapped((v) => Math.max(v, 0)),
    );
  });

  it('ReLU with a bound, a slope and a threshold', () => {
    close(
      curve('ReLU', { maxValue: 2, negativeSlope: 0.1 }),
      mapped((v) => (v > 0 ? Math.min(v, 2) : 0.1 * v)),
    );
    close(
      curve('ReLU', { maxValue: 3, negativeSlope: 0.5, threshold: 1 }),
      mapped((v) => (v > 1 ? Math.min(v, 3) : 0.5 * (v - 1))),
    );
  });

  it('LeakyReLU of Keras 3, ELU with another alpha', () => {
    close(
      curve('LeakyReLU', { negativeSlope: 0.4 }),
      mapped((v) => (v > 0 ? v : 0.4 * v)),
    );
    close(
      curve('ELU', { alpha: 2 }),
      mapped((v) => (v > 0 ? v : 2 * (Math.exp(v) - 1))),
    );
  });

  it('softmax over an axis that is not the last', () => {
    const network = createNetwork(
      chain(
        [2, 2],
        ['softmax', 'Softmax', { axis: 1 }],
        ['flat', 'Flatten'],
        ['id', 'Dense', { units: 4, useBias: false, kernelInitializer: 'identity' }],
      ),
    );
    const { logits } = runNetwork(
      network,
      { shape: [1, 2, 2], data: Float64Array.of(0, 1, Math.log(3), 1) },
      'evaluate',
    );
    close(logits.data, [0.25, 0.5, 0.75, 0.5]);
  });
});

describe('shapes and costs', () => {
  it('gives each layer its output shape, parameters and multiplications', () => {
    const network = createNetwork(
      chain(
        [8, 8, 3],
        ['conv', 'Conv2D', { filters: 4, kernelSize: 3, padding: 'same', strides: 2 }],
        ['dw', 'DepthwiseConv2D', { kernelSize: 3, depthMultiplier: 2 }],
        ['sep', 'SeparableConv2D', { filters: 5, kernelSize: 2, useBias: false }],
        ['up', 'Conv2DTranspose', { filters: 2, kernelSize: 3, strides: 2 }],
        ['flat', 'Flatten'],
        ['fc', 'Dense', { units: 10 }],
      ),
    );
    const row = (name: string) => {
      const { outputShape, macs, parameters } = network.layers.find((layer) => layer.name === name)!;
      return { outputShape, macs, parameters };
    };
    expect(row('conv')).toEqual({
      outputShape: [4, 4, 4],
      macs: 16 * 4 * 27,
      parameters: ['conv/kernel', 'conv/bias'],
    });
    expect(row('dw')).toEqual({
      outputShape: [2, 2, 8],
      macs: 4 * 8 * 9,
      parameters: ['dw/depthwise_kernel', 'dw/bias'],
    });
    expect(row('sep')).toEqual({
      outputShape: [1, 1, 5],
      macs: 8 * 4 + 8 * 5,
      parameters: ['sep/depthwise_kernel', 'sep/pointwise_kernel'],
    });
    expect(row('up')).toEqual({ outputShape: [3, 3, 2], macs: 5 * 2 * 9, parameters: ['up/kernel', 'up/bias'] });
    expect(row('fc')).toEqual({ outputShape: [10], macs: 180, parameters: ['fc/kernel', 'fc/bias'] });
    expect(network.inputs[0].shape).toEqual([8, 8, 3]);
    expect(network.classes).toBe(10);
    expect(network.parameters.filter(({ prunable }) => prunable).map(({ name, shape }) => [name, shape])).toEqual([
      ['conv/kernel', [3, 3, 3, 4]],
      ['dw/depthwise_kernel', [3, 3, 4, 2]],
      ['sep/depthwise_kernel', [2, 2, 8, 1]],
      ['sep/pointwise_kernel', [1, 1, 8, 5]],
      ['up/kernel', [3, 3, 2, 5]],
      ['fc/kernel', [18, 10]],
    ]);
  });

  it('reshapes with an open size, which tfjs writes as null', () => {
    for (const open of [-1, null]) {
      const network = createNetwork(
        chain([4, 3], ['reshape', 'Reshape', { targetShape: [2, open] }], ['flat', 'Flatten']),
      );
      expect(network.layers.find(({ name }) => name === 'reshape')!.outputShape).toEqual([2, 6]);
    }
  });
});
