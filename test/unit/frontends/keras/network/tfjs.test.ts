/** Every layer that tfjs has, against tfjs's own prediction with the same weights. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LayerConfig } from '../../../../../server/frontends/keras/description';
import { describeModel, type Observations } from '../../../../../server/frontends/keras/loader/describeModel';
import { createNetwork } from '../../../../../server/frontends/keras/network/createNetwork';
import type { Shape } from '../../../../../server/protocol/tensor';
import { createRandom } from '../../../../../server/random';
import { chain, randomValues, relativeError, runNetwork, type Values } from '../../../../support/networks';

const L = tf.layers;
type Layer = tf.layers.Layer;
type Tensor = tf.SymbolicTensor;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Gives every weight of the model random values, variances positive ones. */
function randomizeWeights(model: tf.LayersModel): void {
  model.setWeights(
    model.weights.map(({ name, shape }, i) => {
      const { data } = randomValues(shape as number[], i);
      const values = name.includes('variance') ? data.map((value) => 0.5 + value * value) : data;
      return tf.tensor(values as Float32Array, shape as number[]);
    }),
  );
}

function shortName(name: string): string {
  return name.split('/').pop()!.replace(/_\d+$/, '');
}

/** Compares the network's logits in evaluation with what the model predicts (before `softmax`, where it ends in one). */
function expectSame(model: tf.LayersModel, inputShape: Shape, tolerance = 2e-6): void {
  randomizeWeights(model);
  const observations = {
    tf,
    sourceOf: () => [],
    weights: {
      valuesOf: (layer: Layer) =>
        Object.fromEntries(
          layer.weights.map((weight) => [
            shortName(weight.name),
            { shape: weight.shape as number[], data: Float32Array.from(weight.read().dataSync()) },
          ]),
        ),
      trainedOf: (layer: Layer) =>
        layer.trainableWeights.map((variable) => ({ name: shortName(variable.name), variable })),
    },
  } as unknown as Observations;
  const description = describeModel(model as never, '/models/net.ts', 'default', observations);
  const network = createNetwork(description);

  const x = randomValues([3, ...inputShape], 99);
  const predicted = model.predict(tf.tensor(x.data as Float32Array, [...x.shape])) as tf.Tensor;
  const { logits } = runNetwork(network, x, 'evaluate');
  expect(logits.shape).toEqual(predicted.shape);
  expect(relativeError(logits.data, predicted.dataSync())).toBeLessThan(tolerance);

  // The layers' shapes are those tfjs states, in its order.
  const calledOnce = model.layers.filter((layer) => layer.inboundNodes.length === 1);
  const stated = new Map(calledOnce.map((layer) => [layer.name, layer.outputShape as (number | null)[]]));
  for (const { name, outputShape } of network.layers) {
    if (stated.has(name)) expect([name, outputShape]).toEqual([name, stated.get(name)!.slice(1)]);
  }
}

/** Puts what a layer makes through a random dense layer, so that the result is [n, 6] and every value counts. */
function classifier(inputs: Tensor, y: Tensor): tf.LayersModel {
  const flat = y.shape.length === 2 ? y : (L.flatten().apply(y) as Tensor);
  return tf.model({ inputs, outputs: L.dense({ units: 6 }).apply(flat) as Tensor });
}

function expectLayer(layer: Layer, inputShape: number[]): void {
  const inputs = tf.input({ shape: inputShape });
  expectSame(classifier(inputs, layer.apply(inputs) as Tensor), inputShape);
}

describe('convolutions', () => {
  const strides: [number, number][] = [
    [1, 1],
    [2, 2],
    [3, 2],
  ];
  const images = [
    [8, 7, 3],
    [9, 6, 2],
  ];
  const cases = (['same', 'valid'] as const).flatMap((padding) =>
    strides.flatMap((stride) => images.map((image) => ({ padding, strides: stride, image }))),
  );

  it.each(cases)('conv2d $padding, strides $strides, image $image', ({ padding, strides, image }) => {
    expectLayer(L.conv2d({ filters: 4, kernelSize: [3, 2], padding, strides, activation: 'relu' }), image);
    expectLayer(L.conv2d({ filters: 4, kernelSize: 5, padding, strides, useBias: false }), image);
  });

  it.each(['same', 'valid'] as const)('conv2d %s with dilation', (padding) => {
    expectLayer(L.conv2d({ filters: 4, kernelSize: 3, padding, dilationRate: 2 }), [9, 8, 3]);
    expectLayer(L.conv2d({ filters: 4, kernelSize: [2, 3], padding, dilationRate: [3, 1] }), [9, 8, 3]);
  });

  it.each(['same', 'valid'] as const)('depthwiseConv2d %s', (padding) => {
    const common = { kernelSize: 3, padding } as const;
    expectLayer(L.depthwiseConv2d({ ...common }), [8, 7, 3]);
    expectLayer(L.depthwiseConv2d({ ...common, depthMultiplier: 3, strides: 2, activation: 'tanh' }), [8, 7, 3]);
  });

  it.each(['same', 'valid'] as const)('separableConv2d %s', (padding) => {
    const common = { filters: 5, kernelSize: 3, padding } as const;
    expectLayer(L.separableConv2d({ ...common }), [8, 7, 3]);
    expectLayer(L.separableConv2d({ ...common, depthMultiplier: 2, strides: 2, activation: 'relu' }), [8, 7, 3]);
    expectLayer(L.separableConv2d({ ...common, dilationRate: 2, useBias: false }), [8, 7, 3]);
  });

  it.each(cases)('conv2dTranspose $padding, strides $strides, image $image', ({ padding, strides, image }) => {
    expectLayer(L.conv2dTranspose({ filters: 4, kernelSize: [3, 2], padding, strides, activation: 'relu' }), image);
    expectLayer(L.conv2dTranspose({ filters: 4, kernelSize: 4, padding, strides, useBias: false }), image);
    expectLayer(L.conv2dTranspose({ filters: 4, kernelSize: 1, padding, strides }), image);
  });
});

describe('dense', () => {
  it.each([[[5]], [[4, 5]], [[3, 4, 5]]])('over the last axis of %j', (shape) => {
    expectLayer(L.dense({ units: 4 }), shape);
    expectLayer(L.dense({ units: 4, useBias: false, activation: 'sigmoid' }), shape);
  });
});

describe('normalization', () => {
  it.each([[[6]], [[4, 5]], [[4, 3, 5]]])('of %j', (shape) => {
    expectLayer(L.batchNormalization({}), shape);
    expectLayer(L.batchNormalization({ center: false, epsilon: 0.1 }), shape);
    expectLayer(L.batchNormalization({ scale: false, axis: shape.length }), shape);
    expectLayer(L.layerNormalization({}), shape);
    expectLayer(L.layerNormalization({ center: false, scale: false, epsilon: 0.1 }), shape);
    expectLayer(L.layerNormalization({ axis: shape.map((_, i) => i + 1) }), shape);
  });

  it('of two of three axes', () => {
    expectLayer(L.layerNormalization({ axis: [1, 3] }), [4, 3, 5]);
  });
});

describe('activations', () => {
  const names = ['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'hardSigmoid', 'tanh', 'softplus', 'softsign'];
  it.each([...names, 'softmax', 'logSoftmax', 'swish', 'gelu', 'gelu_new', 'mish'])('%s', (name) => {
    // Scaled so that all of the curve is used.
    const inputs = tf.input({ shape: [40] });
    const scaled = L.dense({ units: 40 }).apply(inputs) as Tensor;
    const y = L.activation({ activation: name as 'relu' }).apply(scaled) as Tensor;
    // tfjs computes erf to 7 digits only.
    expectSame(classifier(inputs, y), [40], 1e-5);
  });

  it('as layers', () => {
    const shape = [5, 4, 3];
    expectLayer(L.reLU(), shape);
    expectLayer(L.reLU({ maxValue: 0.5 }), shape);
    expectLayer(L.leakyReLU(), shape);
    expectLayer(L.leakyReLU({ alpha: 0.1 }), shape);
    expectLayer(L.prelu({}), shape);
    expectLayer(L.prelu({ sharedAxes: [1, 2] }), shape);
    expectLayer(L.elu(), shape);
    expectLayer(L.thresholdedReLU({ theta: 0.3 }), shape);
    expectLayer(L.softmax({ axis: -1 }), shape);
  });
});

describe('pooling', () => {
  const options = [
    { poolSize: 2 },
    { poolSize: 2, padding: 'same' },
    { poolSize: [3, 2], strides: [2, 1], padding: 'same' },
    { poolSize: 3, strides: 2, padding: 'valid' },
  ] as Parameters<typeof L.maxPooling2d>[0][];
  it.each(options)('%j', (option) => {
    expectLayer(L.maxPooling2d(option), [7, 8, 3]);
    expectLayer(L.averagePooling2d(option), [7, 8, 3]);
  });

  it('global', () => {
    expectLayer(L.globalAveragePooling2d({}), [4, 5, 3]);
    expectLayer(L.globalMaxPooling2d({}), [4, 5, 3]);
  });
});

describe('shapes', () => {
  it.each([
    ['flatten', () => L.flatten()],
    ['reshape', () => L.reshape({ targetShape: [6, 10] })],
    ['permute', () => L.permute({ dims: [3, 1, 2] })],
    ['zeroPadding2d', () => L.zeroPadding2d()],
    [
      'zeroPadding2d with sides',
      () =>
        L.zeroPadding2d({
          padding: [
            [1, 0],
            [2, 3],
          ],
        }),
    ],
    [
      'cropping2d',
      () =>
        L.cropping2D({
          cropping: [
            [1, 0],
            [2, 1],
          ],
        }),
    ],
    ['upSampling2d', () => L.upSampling2d({ size: [2, 3] })],
    ['upSampling2d, bilinear', () => L.upSampling2d({ size: [2, 3], interpolation: 'bilinear' })],
    ['dropout', () => L.dropout({ rate: 0.4 })],
  ] as const)('%s', (_name, make) => {
    expectLayer(make(), [4, 5, 3]);
  });
});

describe('merging', () => {
  type Merge = (inputs: Tensor[]) => Tensor;
  const merge =
    (layer: Layer): Merge =>
    (inputs) =>
      layer.apply(inputs) as Tensor;
  it.each([
    ['add', () => merge(L.add())],
    ['multiply', () => merge(L.multiply())],
    ['average', () => merge(L.average())],
    ['maximum', () => merge(L.maximum())],
    ['minimum', () => merge(L.minimum())],
    ['concatenate', () => merge(L.concatenate())],
    ['concatenate rows', () => merge(L.concatenate({ axis: 1 }))],
  ] as const)('%s', (_name, make) => {
    const inputs = tf.input({ shape: [4, 5, 3] });
    const branches = [2, 2, 2].map((filters) => L.conv2d({ filters, kernelSize: 1 }).apply(inputs) as Tensor);
    expectSame(classifier(inputs, make()(branches)), [4, 5, 3]);
  });

  it('broadcasts, also between ranks', () => {
    const inputs = tf.input({ shape: [4, 5, 3] });
    const row = L.dense({ units: 3 }).apply(L.globalAveragePooling2d({}).apply(inputs)) as Tensor;
    const pixel = L.reshape({ targetShape: [1, 1, 3] }).apply(row) as Tensor;
    expectSame(classifier(inputs, L.multiply().apply([inputs, pixel]) as Tensor), [4, 5, 3]);
    expectSame(classifier(inputs, L.add().apply([inputs, row]) as Tensor), [4, 5, 3]);
  });
});

describe('whole models', () => {
  it('a sequential model', () => {
    const model = tf.sequential({
      layers: [
        L.conv2d({ inputShape: [12, 12, 1], filters: 4, kernelSize: 3, activation: 'relu' }),
        L.maxPooling2d({ poolSize: 2 }),
        L.batchNormalization(),
        L.flatten(),
        L.dense({ units: 10 }),
      ],
    });
    expectSame(model, [12, 12, 1]);
  });

  it('models in models, called twice', () => {
    const block = tf.sequential({
      name: 'block',
      layers: [L.conv2d({ inputShape: [6, 6, 3], filters: 3, kernelSize: 3, padding: 'same' }), L.batchNormalization()],
    });
    const inputs = tf.input({ shape: [6, 6, 3] });
    const once = block.apply(inputs) as Tensor;
    const twice = block.apply(L.reLU().apply(once)) as Tensor;
    expectSame(classifier(inputs, L.add().apply([inputs, twice]) as Tensor), [6, 6, 3]);
  });

  it('a residual network with a shared layer', () => {
    const inputs = tf.input({ shape: [8, 8, 3] });
    const shared = L.conv2d({ filters: 3, kernelSize: 3, padding: 'same' });
    const left = shared.apply(inputs) as Tensor;
    const right = shared.apply(L.maxPooling2d({ poolSize: 2 }).apply(left)) as Tensor;
    const up = L.upSampling2d({}).apply(right) as Tensor;
    expectSame(classifier(inputs, L.add().apply([left, up]) as Tensor), [8, 8, 3]);
  });

  it('leaves out the final softmax', () => {
    const inputs = tf.input({ shape: [5] });
    const hidden = L.dense({ units: 4, activation: 'relu' });
    const output = L.dense({ units: 3, activation: 'softmax' });
    const model = tf.model({ inputs, outputs: output.apply(hidden.apply(inputs)) as Tensor });
    randomizeWeights(model);
    const weights: { [name: string]: Values } = {};
    for (const layer of [hidden, output]) {
      for (const weight of layer.weights) {
        weights[`${layer.name}/${shortName(weight.name)}`] = {
          shape: weight.shape as number[],
          data: Float32Array.from(weight.read().dataSync()),
        };
      }
    }
    const observations = {
      tf,
      sourceOf: () => [],
      weights: { valuesOf: () => undefined, trainedOf: () => [] },
    } as unknown as Observations;
    const network = createNetwork(describeModel(model as never, '/models/net.ts', 'default', observations));
    const data = new Float32Array(10);
    createRandom(4, 'x').fillNormal(data, 0, 1);
    const { logits } = runNetwork(network, { shape: [2, 5], data }, 'evaluate', weights);
    const predicted = model.predict(tf.tensor(data, [2, 5])) as tf.Tensor;
    const ownSoftmax = tf.softmax(tf.tensor(Float32Array.from(logits.data), [2, 3])).dataSync();
    expect(relativeError(ownSoftmax, predicted.dataSync())).toBeLessThan(1e-6);
    expect(Math.max(...logits.data.map(Math.abs))).toBeGreaterThan(1);
  });
});

/** Layers whose options tfjs's layers lack or disregard, against its operations. */
describe('operations', () => {
  const image = [2, 9, 8, 4] as const;
  const x = randomValues(image);
  const tensor = (values: Values) =>
    tf.tensor4d(values.data as Float32Array, values.shape as [number, number, number, number]);

  /** All values of the layer's result against the operation's. */
  function expectOperation(className: string, config: LayerConfig, weights: { [name: string]: Values }, y: tf.Tensor) {
    const network = createNetwork(
      chain(image.slice(1), ['layer', className, { useBias: false, ...config }], ['flat', 'Flatten']),
    );
    expect(network.layers.find((layer) => layer.name === 'layer')!.outputShape).toEqual(y.shape.slice(1));
    const named = Object.fromEntries(Object.entries(weights).map(([name, value]) => [`layer/${name}`, value]));
    const { logits } = runNetwork(network, x, 'evaluate', named);
    expect(relativeError(logits.data, y.dataSync())).toBeLessThan(1e-6);
  }

  it.each(['same', 'valid'] as const)('depthwise convolution with dilation, %s', (padding) => {
    const kernel = randomValues([3, 2, 4, 2]);
    const y = tf.depthwiseConv2d(tensor(x), tensor(kernel), 1, padding, 'NHWC', 2);
    expectOperation(
      'DepthwiseConv2D',
      { kernelSize: [3, 2], padding, dilationRate: 2, depthMultiplier: 2 },
      { depthwise_kernel: kernel },
      y,
    );
  });

  it.each(['same', 'valid'] as const)('convolution in groups, %s', (padding) => {
    const kernel = randomValues([3, 3, 2, 6]);
    const inputs = tf.split(tensor(x), 2, 3);
    const kernels = tf.split(tensor(kernel), 2, 3);
    const y = tf.concat(
      inputs.map((part, i) => tf.conv2d(part as tf.Tensor4D, kernels[i] as tf.Tensor4D, 2, padding)),
      3,
    );
    expectOperation('Conv2D', { filters: 6, kernelSize: 3, strides: 2, padding, groups: 2 }, { kernel }, y);
  });

  it.each([
    ['same', 0, [17, 15]],
    ['same', 1, [18, 16]],
    ['valid', 0, [19, 17]],
    ['valid', 1, [20, 18]],
  ] as const)('transposed convolution, %s, output padding %i', (padding, outputPadding, [height, width]) => {
    const kernel = randomValues([3, 3, 5, 4]);
    const y = tf.conv2dTranspose(tensor(x), tensor(kernel), [2, height, width, 5], 2, padding);
    expectOperation(
      'Conv2DTranspose',
      { filters: 5, kernelSize: 3, strides: 2, padding, outputPadding },
      { kernel },
      y,
    );
  });
});
