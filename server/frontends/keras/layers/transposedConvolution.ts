/** Conv2DTranspose: the input gradient of a convolution, used forwards. */
import type { ConfigValue } from '../description';
import { resolveActivation } from '../network/activations';
import { declareBias, imageChannels, type LayerContext, oneInput } from './definition';
import { convolutionGeometry, dilatedSize, type PaddingRule, readConvolution } from './geometry';

/**
 * Keras's output length. Without output padding, `same` multiplies by the stride and `valid` adds what the window has
 * beyond it; with it, it is the smallest length plus that padding.
 */
function outputLength(rule: PaddingRule, length: number, window: number, stride: number, extra: number | undefined) {
  if (extra === undefined) return length * stride + (rule === 'valid' ? Math.max(window - stride, 0) : 0);
  const cut = rule === 'same' ? 2 * Math.floor(window / 2) : 0;
  return (length - 1) * stride + window - cut + extra;
}

/** One or two whole numbers from 0 to below the stride, or nothing. */
function readOutputPadding({ config, fail }: LayerContext, strides: readonly [number, number]) {
  const value = config.value('outputPadding');
  if (value === undefined) return [undefined, undefined];
  const both: ConfigValue[] = Array.isArray(value) ? value : [value, value];
  const isExtra = (extra: ConfigValue, stride: number): extra is number =>
    typeof extra === 'number' && Number.isInteger(extra) && extra >= 0 && extra < stride;
  const [rows, columns] = both;
  if (both.length !== 2 || !isExtra(rows, strides[0]) || !isExtra(columns, strides[1])) {
    return fail(`the option outputPadding (${JSON.stringify(value)}) must be one or two sizes below the strides.`);
  }
  return [rows, columns];
}

export const transposedConvolution = oneInput((context) => {
  const { config, fail } = context;
  const channels = imageChannels(context);
  const filters = config.integer('filters', 1);
  const options = readConvolution(context);
  if (config.integer('groups', 1, 1) !== 1) fail('groups are not supported in a transposed convolution.');
  const extra = readOutputPadding(context, options.strides);
  const [kh, kw] = options.kernelSize;
  context.parameter({
    name: 'kernel',
    role: 'kernel',
    shape: [kh, kw, filters, channels],
    outputAxis: 2,
    option: 'kernel',
    initializer: 'glorotUniform',
  });
  const addBias = declareBias(context, filters);
  const window = dilatedSize(options);
  return {
    activation: resolveActivation(config.value('activation'), fail),
    apply(scope, [x]) {
      const [height, width] = [0, 1].map((axis) =>
        outputLength(options.padding, x.shape[axis + 1], window[axis], options.strides[axis], extra[axis]),
      );
      const shape = [x.shape[0], height, width, filters];
      const geometry = convolutionGeometry(options, shape, 1);
      return addBias(scope, scope.b.conv2dInputGradient(x, scope.parameter('kernel'), geometry, shape));
    },
    macs: ([height, width]) => height * width * channels * filters * kh * kw,
  };
});
