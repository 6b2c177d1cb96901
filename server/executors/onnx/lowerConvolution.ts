/**
 * Convolution and its input gradient. What is fastest depends on the machine and the geometry, and is chosen here:
 * products of patches for many channels on few pixels, ONNX Runtime's blocked convolution where the CPU has it, and
 * ONNX's own operators otherwise.
 */
import type { ConvolutionGeometry, Node, OpNode } from '../../graph/types';
import type { Shape } from '../../protocol/tensor';
import { blockedConvolution, type ConvolutionArguments, canBlock } from './blockedConvolution';
import { conv2dKernelGradient } from './lowerKernelGradient';
import { patches, prefersPatches } from './patches';
import { dense, full, type Lowering, type Rule, reshaped, TO_CHANNELS_FIRST, transposed, type Value } from './values';
import { padded, spread, windowOf } from './windows';

/** Attributes of Conv and ConvTranspose. */
function attributesOf({ strides, padding, dilations, groups }: ConvolutionGeometry, kernel: Shape) {
  const [top, bottom, left, right] = padding;
  return {
    kernel_shape: [kernel[0], kernel[1]],
    strides,
    dilations,
    pads: [top, left, bottom, right],
    group: groups,
  };
}

/**
 * A kernel [kh, kw, in/groups, out] as [out, in/groups, kh, kw], in two steps each of which moves one block of axes:
 * ONNX Runtime transposes so several times faster.
 */
function outputMajor({ emitter }: Lowering, name: string, shape: Shape): string {
  const [kh, kw, inputs, outputs] = shape;
  const taps = reshaped(emitter, name, shape, [kh * kw, inputs, outputs]);
  const turned = transposed(emitter, taps, [kh * kw, inputs, outputs], [0, 2, 1]);
  const flat = reshaped(emitter, turned, [kh * kw, outputs, inputs], [kh * kw, outputs * inputs]);
  const last = transposed(emitter, flat, [kh * kw, outputs * inputs], [1, 0]);
  return reshaped(emitter, last, [outputs * inputs, kh * kw], [outputs, inputs, kh, kw]);
}

/** Emits a convolution; the result is channels first. */
function convolution(lowering: Lowering, args: ConvolutionArguments): string {
  if (canBlock(lowering, args)) return blockedConvolution(lowering, args);
  const weights = outputMajor(lowering, args.kernel, args.kernelShape);
  const attributes = attributesOf(args.geometry, args.kernelShape);
  return lowering.emitter.emit('Conv', [args.image, weights], { attributes });
}

function conv2d(lowering: Lowering, node: OpNode<'conv2d'>): Value {
  const [x, kernel] = node.args;
  const geometry = node.attributes;
  if (prefersPatches(lowering, x.shape, kernel.shape, node.shape, geometry)) {
    const columns = patches(lowering, dense(lowering, x), x.shape, kernel.shape, node.shape, geometry);
    return pixelProduct(lowering, columns, dense(lowering, kernel), kernel.shape, node);
  }
  const name = convolution(lowering, {
    image: dense(lowering, x, 'channelsFirst'),
    kernel: dense(lowering, kernel),
    kernelShape: kernel.shape,
    geometry,
  });
  return full(node, name, 'channelsFirst');
}

/** Patches [pixels, kh * kw * in] by a kernel [kh, kw, in, out], as the channels-first value of an NHWC node. */
function pixelProduct(
  { emitter }: Lowering,
  columns: string,
  kernel: string,
  [kh, kw, inputs, outputs]: Shape,
  node: Node,
): Value {
  const matrix = reshaped(emitter, kernel, [kh, kw, inputs, outputs], [kh * kw * inputs, outputs]);
  const pixels = emitter.emit('Gemm', [columns, matrix]);
  const [n, h, w, c] = node.shape;
  const image = reshaped(emitter, pixels, [n * h * w, c], node.shape);
  return full(node, transposed(emitter, image, node.shape, TO_CHANNELS_FIRST), 'channelsFirst');
}

/**
 * With stride 1 it is a convolution of y with the kernel turned by 180 degrees; else ConvTranspose, which the WebGPU
 * provider gets wrong for groups: there y's pixels are spread out first.
 */
function conv2dInputGradient(lowering: Lowering, node: OpNode<'conv2dInputGradient'>): Value {
  const { strides, groups } = node.attributes;
  const [y] = node.args;
  if (strides.every((stride) => stride === 1)) return turnedConvolution(lowering, node, y.shape);
  if (lowering.cpu || groups === 1) return full(node, upsampled(lowering, node), 'channelsFirst');
  const [n, oh, ow, outputs] = y.shape;
  const grid = spread(lowering, dense(lowering, y, 'channelsFirst'), [n, outputs, oh, ow], strides);
  const window = reachedWindow(node);
  const extent = [oh * strides[0], ow * strides[1]];
  const inside = extent.map((length, axis) => Math.min(length, window[axis]));
  const cut = windowOf(lowering, grid, { axis: 2, extent, begin: [0, 0], count: inside, strides: [1, 1] });
  const missing = window.map((length, axis) => length - inside[axis]);
  const image = padded(lowering, cut, [0, 0, 0, 0], [0, 0, ...missing]);
  return turnedConvolution(lowering, node, [n, ...window, outputs], image);
}

/** Rows and columns of y with its pixels strides apart, and those that the last window did not reach. */
function reachedWindow({ attributes, args: [, kernel], shape }: OpNode<'conv2dInputGradient'>): number[] {
  const { padding, dilations } = attributes;
  return [0, 1].map(
    (axis) => shape[axis + 1] + padding[2 * axis] + padding[2 * axis + 1] - dilations[axis] * (kernel.shape[axis] - 1),
  );
}

/** `y` is the shape of y as spread out (NHWC), and `spreadImage` its channels-first value where it is not y's own. */
function turnedConvolution(
  lowering: Lowering,
  node: OpNode<'conv2dInputGradient'>,
  y: Shape,
  spreadImage?: string,
): Value {
  const { padding, dilations, groups } = node.attributes;
  const [gradient, kernel] = node.args;
  const [kh, kw, inputs, outputs] = kernel.shape;
  const extents = [dilations[0] * (kh - 1), dilations[1] * (kw - 1)];
  const pads = padding.map((amount, side) => extents[side >> 1] - amount);
  // Outputs that saw padding only have no part in x.
  const cuts = pads.map((amount) => Math.max(0, -amount));
  const turned = turnedKernel(lowering, dense(lowering, kernel), kernel.shape, groups);
  const kernelShape = [kh, kw, outputs / groups, inputs * groups];
  const [top, bottom, left, right] = pads.map((amount) => Math.max(0, amount));
  const geometry: ConvolutionGeometry = { strides: [1, 1], padding: [top, bottom, left, right], dilations, groups };
  if (cuts.every((cut) => cut === 0) && prefersPatches(lowering, y, kernelShape, node.shape, geometry)) {
    const columns = patches(lowering, dense(lowering, gradient), y, kernelShape, node.shape, geometry);
    return pixelProduct(lowering, columns, turned, kernelShape, node);
  }
  const whole = spreadImage ?? dense(lowering, gradient, 'channelsFirst');
  const image = cropped(lowering, whole, [y[1], y[2]], cuts);
  const name = convolution(lowering, { image, kernel: turned, kernelShape, geometry });
  return full(node, name, 'channelsFirst');
}

/** A kernel [kh, kw, in/groups, out] turned by 180 degrees with its channels exchanged: [kh, kw, out/groups, in]. */
function turnedKernel({ emitter, cpu }: Lowering, kernel: string, shape: Shape, groups: number): string {
  const [kh, kw, inputs, outputs] = shape;
  const taps = kh * kw;
  // Elsewhere than on the CPU a split into many taps has more outputs than a shader can have buffers.
  if (groups > 1 || !cpu) {
    const split = reshaped(emitter, kernel, shape, [taps, inputs, groups, outputs / groups]);
    const reversed = Array.from({ length: taps }, (_, i) => taps - 1 - i);
    const flipped =
      taps === 1 ? split : emitter.emit('Gather', [split, emitter.integers(reversed)], { attributes: { axis: 0 } });
    const exchanged = transposed(emitter, flipped, [taps, inputs, groups, outputs / groups], [0, 3, 2, 1]);
    return reshaped(
      emitter,
      exchanged,
      [taps, outputs / groups, groups, inputs],
      [kh, kw, outputs / groups, groups * inputs],
    );
  }
  // One matrix transpose a tap is several times faster than one of the whole.
  const stack = reshaped(emitter, kernel, shape, [taps * inputs, outputs]);
  const matrices =
    taps === 1 ? [stack] : emitter.emitMany('Split', [stack], taps, { attributes: { axis: 0, num_outputs: taps } });
  const exchanged = matrices.map((matrix) => transposed(emitter, matrix, [inputs, outputs], [1, 0])).reverse();
  const all = taps === 1 ? exchanged[0] : emitter.emit('Concat', exchanged, { attributes: { axis: 0 } });
  return reshaped(emitter, all, [taps * outputs, inputs], [kh, kw, outputs, inputs]);
}

/** A channels-first image of a height and width without `[top, bottom, left, right]` of its rows and columns. */
function cropped(
  { emitter }: Lowering,
  image: string,
  [height, width]: Shape,
  [top, bottom, left, right]: readonly number[],
): string {
  if (top + bottom + left + right === 0) return image;
  const end = emitter.integers([height - bottom, width - right]);
  return emitter.emit('Slice', [image, emitter.integers([top, left]), end, emitter.integers([2, 3])]);
}

function upsampled(lowering: Lowering, node: OpNode<'conv2dInputGradient'>): string {
  const { strides, padding, dilations } = node.attributes;
  const [y, kernel] = node.args;
  const [top, bottom, left, right] = padding;
  const rest = (axis: 0 | 1, before: number, after: number): number =>
    node.shape[axis + 1] -
    ((y.shape[axis + 1] - 1) * strides[axis] + dilations[axis] * (kernel.shape[axis] - 1) + 1 - before - after);
  const attributes = {
    ...attributesOf(node.attributes, kernel.shape),
    // Rows and columns at the end that the strided window did not reach.
    output_padding: [rest(0, top, bottom), rest(1, left, right)],
  };
  const weights = outputMajor(lowering, dense(lowering, kernel), kernel.shape);
  return lowering.emitter.emit('ConvTranspose', [dense(lowering, y, 'channelsFirst'), weights], { attributes });
}

type Convolution = 'conv2d' | 'conv2dInputGradient' | 'conv2dKernelGradient';

export const convolutionRules: { [K in Convolution]: Rule<K> } = { conv2d, conv2dInputGradient, conv2dKernelGradient };
