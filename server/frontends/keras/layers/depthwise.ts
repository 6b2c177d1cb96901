/** DepthwiseConv2D (each channel on its own) and SeparableConv2D (that, then a 1x1 convolution). */
import type { Node } from '../../../graph/types';
import { resolveActivation } from '../network/activations';
import { type CallScope, declareBias, imageChannels, type LayerContext, oneInput } from './definition';
import { type ConvolutionOptions, convolutionGeometry, readConvolution } from './geometry';

interface Depthwise {
  readonly options: ConvolutionOptions;
  /** Number of its output channels: channel c's are c * multiplier … (c + 1) * multiplier - 1. */
  readonly outputs: number;
  apply(scope: CallScope, x: Node): Node;
}

/** Declares the kernel [kh, kw, channels, multiplier]; applied as a convolution with a group a channel. */
function declareDepthwise(context: LayerContext): Depthwise {
  const channels = imageChannels(context);
  const multiplier = context.config.integer('depthMultiplier', 1, 1);
  const options = readConvolution(context);
  const [kh, kw] = options.kernelSize;
  const outputs = channels * multiplier;
  context.parameter({
    name: 'depthwise_kernel',
    role: 'kernel',
    shape: [kh, kw, channels, multiplier],
    // The channels go, unless there is only one to multiply.
    outputAxis: channels > 1 ? 2 : 3,
    option: 'depthwise',
    initializer: 'glorotUniform',
  });
  return {
    options,
    outputs,
    apply({ b, parameter }, x) {
      const kernel = b.reshape(parameter('depthwise_kernel'), [kh, kw, 1, outputs]);
      return b.conv2d(x, kernel, convolutionGeometry(options, x.shape, channels));
    },
  };
}

function checkUngrouped({ config, fail }: LayerContext): void {
  if (config.integer('groups', 1, 1) !== 1) fail('groups are not supported here: every channel is a group of its own.');
}

export const depthwiseConvolution = oneInput((context) => {
  checkUngrouped(context);
  const depthwise = declareDepthwise(context);
  const [kh, kw] = depthwise.options.kernelSize;
  const addBias = declareBias(context, depthwise.outputs);
  return {
    activation: resolveActivation(context.config.value('activation'), context.fail),
    apply: (scope, [x]) => addBias(scope, depthwise.apply(scope, x)),
    macs: (_input, [height, width]) => height * width * depthwise.outputs * kh * kw,
  };
});

export const separableConvolution = oneInput((context) => {
  checkUngrouped(context);
  const filters = context.config.integer('filters', 1);
  const depthwise = declareDepthwise(context);
  const [kh, kw] = depthwise.options.kernelSize;
  context.parameter({
    name: 'pointwise_kernel',
    role: 'kernel',
    shape: [1, 1, depthwise.outputs, filters],
    option: 'pointwise',
    initializer: 'glorotUniform',
  });
  const addBias = declareBias(context, filters);
  const pointwise = { strides: [1, 1], dilations: [1, 1], padding: [0, 0, 0, 0], groups: 1 } as const;
  return {
    activation: resolveActivation(context.config.value('activation'), context.fail),
    apply(scope, [x]) {
      const mixed = scope.b.conv2d(depthwise.apply(scope, x), scope.parameter('pointwise_kernel'), pointwise);
      return addBias(scope, mixed);
    },
    macs: (_input, [height, width]) => height * width * depthwise.outputs * (kh * kw + filters),
  };
});
