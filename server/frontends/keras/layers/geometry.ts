/** Windows over images: TensorFlow's padding rules, and the options that describe a convolution. */
import type { ConvolutionGeometry, Padding, PoolingGeometry } from '../../../graph/types';
import type { Shape } from '../../../protocol/tensor';
import type { LayerContext } from './definition';

export type PaddingRule = 'valid' | 'same';

/** Zeros before and after one axis: `same` gives ceil(length / stride) windows, the odd zero coming last. */
export function axisPadding(rule: PaddingRule, length: number, window: number, stride: number): [number, number] {
  if (rule === 'valid') return [0, 0];
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + window - length, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

function imagePadding(
  rule: PaddingRule,
  [, height, width]: Shape,
  window: readonly [number, number],
  strides: readonly [number, number],
): Padding {
  return [
    ...axisPadding(rule, height, window[0], strides[0]),
    ...axisPadding(rule, width, window[1], strides[1]),
  ] as const;
}

/** The options shared by all convolutions. */
export interface ConvolutionOptions {
  readonly kernelSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: PaddingRule;
}

export function readConvolution({ config }: LayerContext): ConvolutionOptions {
  return {
    kernelSize: config.pair('kernelSize'),
    strides: config.pair('strides', [1, 1]),
    dilations: config.pair('dilationRate', [1, 1]),
    padding: config.choice('padding', ['valid', 'same'], 'valid'),
  };
}

/** Extent of the kernel with its gaps. */
export function dilatedSize({ kernelSize, dilations }: ConvolutionOptions): [number, number] {
  return [(kernelSize[0] - 1) * dilations[0] + 1, (kernelSize[1] - 1) * dilations[1] + 1];
}

/** The geometry of a convolution of images [n, height, width, c]. */
export function convolutionGeometry(options: ConvolutionOptions, image: Shape, groups: number): ConvolutionGeometry {
  const { strides, dilations, padding } = options;
  return { strides, dilations, groups, padding: imagePadding(padding, image, dilatedSize(options), strides) };
}

/** The options of pooling, as a function from the shape of images [n, height, width, c] to the geometry. */
export function readPooling({ config }: LayerContext): (image: Shape) => PoolingGeometry {
  const size = config.pair('poolSize', [2, 2]);
  const strides = config.pair('strides', size);
  const rule = config.choice('padding', ['valid', 'same'], 'valid');
  return (image) => ({ size, strides, padding: imagePadding(rule, image, size, strides) });
}
