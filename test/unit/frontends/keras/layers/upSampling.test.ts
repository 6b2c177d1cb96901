/** Bilinear up-sampling: values worked out by hand in both placements of pixels, and its derivatives. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../../../server/executors/reference';
import type { LayerConfig } from '../../../../../server/frontends/keras/description';
import { readKerasJson } from '../../../../../server/frontends/keras/json/kerasJson';
import { createNetwork } from '../../../../../server/frontends/keras/network/createNetwork';
import { gradient, jvp } from '../../../../../server/graph/autodiff';
import { createBuilder } from '../../../../../server/graph/builder';
import { createProgram } from '../../../../../server/graph/program';
import { chain, randomValues, runNetwork } from '../../../../support/networks';

/** Channels 0 of [1, rows, columns, 2] after up-sampling; channel 1 is twice that. */
function upSample(values: readonly (readonly number[])[], config: LayerConfig): number[][] {
  const [height, width] = [values.length, values[0].length];
  const data = Float64Array.from(values.flat().flatMap((value) => [value, 2 * value]));
  const network = createNetwork(chain([height, width, 2], ['up', 'UpSampling2D', config]));
  const { logits } = runNetwork(network, { shape: [1, height, width, 2], data }, 'evaluate');
  const [, rows, columns] = logits.shape;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => {
      const at = 2 * (row * columns + column);
      expect(logits.data[at + 1]).toBeCloseTo(2 * logits.data[at], 12);
      return logits.data[at];
    }),
  );
}

describe('bilinear up-sampling', () => {
  const column = [[0], [4], [8]];

  it('starts at the corners of pixels as TensorFlow.js does', () => {
    expect(upSample(column, { interpolation: 'bilinear', size: [2, 1] }).flat()).toEqual([0, 2, 4, 6, 8, 8]);
    expect(upSample([[0, 4]], { interpolation: 'bilinear', size: [1, 4] }).flat()).toEqual([0, 1, 2, 3, 4, 4, 4, 4]);
  });

  it('keeps to the centers of pixels as Keras and PyTorch do', () => {
    const config = { interpolation: 'bilinear', halfPixelCenters: true };
    expect(upSample(column, { ...config, size: [2, 1] }).flat()).toEqual([0, 1, 3, 5, 7, 8]);
    const thirds = upSample([[0, 3]], { ...config, size: [1, 3] }).flat();
    [0, 0, 1, 2, 3, 3].forEach((value, i) => {
      expect(thirds[i]).toBeCloseTo(value, 12);
    });
    // torch.nn.Upsample(scale_factor=2, mode='bilinear') of [[1, 2], [3, 5]].
    const square = [
      [1, 2],
      [3, 5],
    ];
    expect(upSample(square, config)).toEqual([
      [1, 1.25, 1.75, 2],
      [1.5, 1.8125, 2.4375, 2.75],
      [2.5, 2.9375, 3.8125, 4.25],
      [3, 3.5, 4.5, 5],
    ]);
  });

  it('is placed by who has written a model file', () => {
    const text = (version: string) =>
      JSON.stringify({
        class_name: 'Sequential',
        keras_version: version,
        config: {
          name: 'net',
          layers: [
            { class_name: 'InputLayer', config: { name: 'input', batch_input_shape: [null, 3, 1, 2] } },
            {
              class_name: 'UpSampling2D',
              config: { name: 'up', size: [2, 1], data_format: 'channels_last', interpolation: 'bilinear' },
            },
          ],
        },
      });
    const outputs = ['2.15.0', 'tfjs-layers 4.22.0'].map((version) => {
      const network = createNetwork(readKerasJson(text(version), 'net.json'));
      const x = { shape: [1, 3, 1, 2], data: Float64Array.of(0, 0, 4, 8, 8, 16) };
      return Array.from(runNetwork(network, x, 'evaluate').logits.data).filter((_, i) => i % 2 === 0);
    });
    expect(outputs).toEqual([
      [0, 1, 3, 5, 7, 8],
      [0, 2, 4, 6, 8, 8],
    ]);
  });

  it.each([false, true])(
    'has first and second derivatives of differences (half-pixel centers: %s)',
    (halfPixelCenters) => {
      const shape = [1, 3, 2, 2];
      const config = { interpolation: 'bilinear', size: [2, 3], halfPixelCenters };
      const network = createNetwork(chain([3, 2, 2], ['up', 'UpSampling2D', config]));
      const b = createBuilder();
      const x = b.input('x', shape);
      const { logits } = network.apply(b, [x], new Map(), 'train');
      const weights = b.literal(Float64Array.from(randomValues(logits.shape, 5).data), logits.shape);
      const value = b.reduceSum(b.multiply(weights, b.tanh(logits)));
      const [first] = gradient(b, value, [x]);
      const [product] = jvp(b, [first], [x], [b.input('direction', shape)]);
      const program = createProgram('up', { value, first, product });
      const at = Float64Array.from(randomValues(shape, 6).data);
      const direction = Float64Array.from(randomValues(shape, 7).data);
      const evaluate = (data: Float64Array) =>
        interpret(program, { x: { shape, data }, direction: { shape, data: direction } });
      const step = 1e-5;
      const [ahead, behind] = [1, -1].map((sign) => evaluate(at.map((entry, i) => entry + sign * step * direction[i])));
      const here = evaluate(at);
      const slope = Array.from(here.first.data).reduce((sum, entry, i) => sum + entry * direction[i], 0);
      expect(slope).toBeCloseTo((ahead.value.data[0] - behind.value.data[0]) / (2 * step), 7);
      Array.from(here.product.data).forEach((entry, i) => {
        expect(entry).toBeCloseTo((ahead.first.data[i] - behind.first.data[i]) / (2 * step), 7);
      });
    },
  );
});
