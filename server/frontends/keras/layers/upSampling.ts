/** UpSampling2D: every pixel repeated, or values between pixels interpolated. */
import type { Builder } from '../../../graph/builder';
import { scale } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import type { ConfigValue } from '../description';
import { imageChannels, oneInput } from './definition';

/** Each pixel as a block of `rows` by `columns`. */
function repeat(b: Builder, x: Node, rows: number, columns: number): Node {
  const [n, height, width, channels] = x.shape;
  const pixels = b.reshape(x, [n, height, 1, width, 1, channels]);
  const repeated = b.broadcast(pixels, [n, height, rows, width, columns, channels]);
  return b.reshape(repeated, [n, height * rows, width * columns, channels]);
}

/** x [n, h, w, c] shifted by `by` places along an axis, what comes in repeating the value at the border. */
function shifted(b: Builder, x: Node, axis: number, by: number): Node {
  const length = x.shape[axis];
  const part = (begin: number, size: number) =>
    b.slice(
      x,
      x.shape.map((_, i) => (i === axis ? begin : 0)),
      x.shape.map((extent, i) => (i === axis ? size : extent)),
    );
  if (by === 0 || length === 1) return x;
  return by < 0
    ? b.concat([part(0, 1), part(0, length - 1)], axis)
    : b.concat([part(1, length - 1), part(length - 1, 1)], axis);
}

/**
 * Linear interpolation along an axis, to `factor` times the length. The output at place i * factor + k lies at i + offset
 * of the input, offset = k / factor, or (k + 1/2) / factor - 1/2 with half-pixel centers: between two neighbours, with the
 * same weights for every i. So each k is one sum of two shifted inputs, and the outputs of all k are interleaved.
 */
function interpolate(b: Builder, x: Node, axis: number, factor: number, halfPixelCenters: boolean): Node {
  if (factor === 1) return x;
  const phases = Array.from({ length: factor }, (_, k) => {
    const offset = halfPixelCenters ? (k + 0.5) / factor - 0.5 : k / factor;
    const before = Math.floor(offset);
    const share = offset - before;
    const left = scale(b, shifted(b, x, axis, before), 1 - share);
    return share === 0 ? left : b.add(left, scale(b, shifted(b, x, axis, before + 1), share));
  });
  const [head, tail] = [x.shape.slice(0, axis + 1), x.shape.slice(axis + 1)];
  const separate = phases.map((phase) => b.reshape(phase, [...head, 1, ...tail]));
  const longer = x.shape.map((extent, i) => (i === axis ? extent * factor : extent));
  return b.reshape(b.concat(separate, axis + 1), longer);
}

/**
 * TensorFlow.js places the pixels of bilinear up-sampling at their corners, Keras and PyTorch at their centers; the reader
 * of a Keras file sets `halfPixelCenters`.
 */
export const upSampling = oneInput((context) => {
  imageChannels(context);
  const { config, fail } = context;
  const [rows, columns] = config.pair('size', [2, 2]);
  const interpolation: ConfigValue = config.value('interpolation') ?? 'nearest';
  const halfPixelCenters = config.boolean('halfPixelCenters', false);
  if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
    fail(
      `the interpolation ${JSON.stringify(interpolation)} is not supported.`,
      "Use interpolation 'nearest' or 'bilinear'.",
    );
  }
  return {
    apply({ b }, [x]) {
      if (interpolation === 'nearest') return repeat(b, x, rows, columns);
      const tall = interpolate(b, x, 1, rows, halfPixelCenters);
      return interpolate(b, tall, 2, columns, halfPixelCenters);
    },
  };
});
