/** Models that cannot be used end in one sentence that names layer, class and line. */
import { describe, expect, it } from 'vitest';
import type { LayerConfig, ModelDescription } from '../../../../../server/frontends/keras/description';
import { createNetwork } from '../../../../../server/frontends/keras/network/createNetwork';
import { UserError } from '../../../../../server/protocol/errors';
import { chain, FILE, type LayerRow } from '../../../../support/networks';

function failureOf(description: ModelDescription): UserError {
  try {
    createNetwork(description);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error('the model was accepted');
}

/** The error for one layer (on line 2), followed by what makes a valid model of it. */
function layerFailure(shape: number[], className: string, config: LayerConfig, ...rest: LayerRow[]): UserError {
  const error = failureOf(chain(shape, ['it', className, config], ...rest));
  expect(error.message).toContain(`Layer 'it' (${className})`);
  expect(error.location).toEqual({ file: FILE, line: 2, column: 3 });
  return error;
}

const image = [8, 8, 3];

describe('unsupported layers', () => {
  it.each(['ConvLSTM2D', 'Conv3D', 'GaussianDropout', 'Hashing', 'Lambda'])('%s', (className) => {
    const error = layerFailure(image, className, {});
    expect(error.message).toContain('not supported');
    expect(error.hint).toContain('Conv2D');
  });
});

describe('unsupported options', () => {
  const conv = { filters: 4, kernelSize: 3 };
  it.each([
    ['Conv2D', { ...conv, dataFormat: 'channels_first' }, 'channelsFirst'],
    ['Conv2D', { ...conv, padding: 'causal' }, "'valid' or 'same'"],
    ['Conv2D', { kernelSize: 3 }, 'filters is missing'],
    ['Conv2D', { ...conv, filters: 2.5 }, 'whole number'],
    ['Conv2D', { ...conv, strides: 0 }, 'strides'],
    ['Conv2D', { ...conv, groups: 2 }, '2 groups'],
    ['Conv2D', { ...conv, activation: 'wavelet' }, 'wavelet'],
    ['Conv2D', { ...conv, kernelInitializer: 'magic' }, 'magic'],
    ['Conv2D', { ...conv, kernelRegularizer: 'l3' }, 'l3'],
    ['Conv2D', { ...conv, kernelConstraint: { className: 'MaxNorm', config: {} } }, 'kernelConstraint'],
    ['Conv2D', { ...conv, activityRegularizer: 'l2' }, 'activityRegularizer'],
    ['Conv2D', { ...conv, wobble: 3 }, 'wobble'],
    ['Conv2D', { ...conv, kernelSize: 9 }, '[8, 8, 3]: a window of 9'],
    ['BatchNormalization', { axis: 1 }, 'axis'],
    ['BatchNormalization', { renorm: true }, 'renorm'],
    ['UpSampling2D', { interpolation: 'bicubic' }, 'bicubic'],
    ['Cropping2D', { cropping: [[4, 4], 0] }, 'crops 8 rows'],
    ['Dropout', { rate: 1.5 }, 'rate'],
    ['Dropout', { rate: 0.5, noiseShape: [1, 8, 8, 3] }, 'noiseShape'],
    ['Reshape', { targetShape: [5, -1] }, '[8, 8, 3]'],
    ['Permute', { dims: [1, 2] }, 'permutation'],
    ['ZeroPadding2D', { padding: -1 }, 'padding'],
    ['Conv2DTranspose', { ...conv, outputPadding: 1 }, 'outputPadding'],
    [
      'Dense',
      { units: 4, kernelInitializer: 'Constant', biasInitializer: { className: 'Orthogonal', config: {} } },
      '[4]',
    ],
    ['Add', {}, 'at least two inputs'],
  ] as [string, LayerConfig, string][])('%s %j', (className, config, words) => {
    const error = layerFailure(image, className, config, ['flat', 'Flatten'], ['fc', 'Dense', { units: 2 }]);
    expect(error.message).toContain(words);
  });

  it('ignores options that are unset or of parameters the layer does not have', () => {
    const config = {
      units: 3,
      useBias: false,
      biasInitializer: 'magic',
      biasConstraint: 'x',
      wobble: null,
      loose: false,
    };
    expect(createNetwork(chain([4], ['fc', 'Dense', config])).classes).toBe(3);
  });

  it('ignores how Keras 3 would renormalize where it does not', () => {
    const config = { renorm: false, renormClipping: null, renormMomentum: 0.99 };
    expect(createNetwork(chain([4], ['bn', 'BatchNormalization', config])).classes).toBe(4);
  });
});

describe('shapes', () => {
  it('images are needed for convolutions', () => {
    expect(layerFailure([8], 'Conv2D', { filters: 4, kernelSize: 3 }).message).toContain('[height, width, channels]');
  });

  it('sizes that do not fit together', () => {
    const description = chain([6], ['left', 'Dense', { units: 4 }], ['right', 'Dense', { units: 5 }], ['sum', 'Add']);
    const input = { layer: 'input', call: 0, output: 0 };
    const layers = description.layers.map((layer) => {
      if (layer.name === 'right') return { ...layer, calls: [[input]] };
      const both = ['left', 'right'].map((name) => ({ layer: name, call: 0, output: 0 }));
      return layer.name === 'sum' ? { ...layer, calls: [both] } : layer;
    });
    const error = failureOf({ ...description, layers });
    expect(error.message).toBe("Layer 'sum' (Add): its inputs of shapes [4] and [5] do not fit together.");
    expect(error.location?.line).toBe(4);
  });

  it('an input with open sizes', () => {
    const error = failureOf(chain([null, null, 3], ['pool', 'GlobalAveragePooling2D']));
    expect(error.message).toContain("Layer 'input' (InputLayer)");
    expect(error.message).toContain('[?, ?, 3]');
    expect(error.location?.line).toBe(1);
  });

  it('values of the wrong shape or name', () => {
    const description = chain([6], ['fc', 'Dense', { units: 4 }]);
    const withWeights = (weights: object) => ({
      ...description,
      layers: description.layers.map((layer) => (layer.name === 'fc' ? { ...layer, weights } : layer)),
    });
    const values = { shape: [4, 6], data: new Float32Array(24) };
    expect(failureOf(withWeights({ kernel: values }) as ModelDescription).message).toContain('[4, 6], not [6, 4]');
    expect(failureOf(withWeights({ filter: values }) as ModelDescription).message).toContain('filter');
  });
});

describe('inputs and outputs', () => {
  it('none of either', () => {
    const description = chain([4], ['a', 'Dense', { units: 3 }]);
    expect(failureOf({ ...description, outputs: [] }).message).toContain('has no output.');
    expect(failureOf({ ...description, inputs: [] }).message).toContain('has no input.');
  });

  it('outputs that are no logits', () => {
    const rank = failureOf(chain(image, ['conv', 'Conv2D', { filters: 4, kernelSize: 8 }]));
    expect(rank.message).toContain("Layer 'conv' (Conv2D): the model's output has the shape [1, 1, 4]");
    expect(failureOf(chain([4], ['fc', 'Dense', { units: 1, activation: 'softmax' }])).message).toContain(
      'at least two classes',
    );
  });

  it('a softmax over one of two axes', () => {
    const error = layerFailure([2, 3], 'Softmax', {}, ['flat', 'Flatten']);
    expect(error.message).toContain('[2, 3]');
  });

  it('a layer of one input with two, in any call', () => {
    const description = chain([4], ['a', 'Dense', { units: 4 }], ['b', 'Dense', { units: 4 }]);
    const own = (layer: string) => ({ layer, call: 0, output: 0 });
    const layers = description.layers.map((layer) =>
      layer.name === 'a' ? { ...layer, calls: [...layer.calls, [own('input'), own('a')]] } : layer,
    );
    const outputs = [{ layer: 'a', call: 1, output: 0 }];
    expect(failureOf({ ...description, layers, outputs }).message).toContain('takes one input, but has 2');
  });

  it('references that lead nowhere, and circles', () => {
    const description = chain([4], ['a', 'Dense', { units: 4 }], ['b', 'Dense', { units: 4 }]);
    const connect = (layer: string, call: number) => ({
      ...description,
      layers: description.layers.map((own) =>
        own.name === 'a' ? { ...own, calls: [[{ layer, call, output: 0 }]] } : own,
      ),
    });
    expect(failureOf(connect('c', 0)).message).toContain("refers to a layer 'c'");
    expect(failureOf(connect('b', 3)).message).toContain("Layer 'b' (Dense)");
    expect(failureOf(connect('b', 0)).message).toContain('depends on its own output');
  });

  it('two layers of one name', () => {
    const error = failureOf(chain([4], ['fc', 'Dense', { units: 4 }], ['fc', 'Dense', { units: 2 }]));
    expect(error.message).toContain("Layer 'fc' (Dense)");
    expect(error.location?.line).toBe(3);
  });
});
