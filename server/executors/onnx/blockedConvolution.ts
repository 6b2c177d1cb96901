/**
 * ONNX Runtime's blocked convolution (its NCHWc operators): channels in blocks of a vector register's width, up to
 * three times as fast as Conv. ONNX Runtime's optimizer uses it for constant kernels only; here kernels are arguments,
 * and are blocked at run time.
 */
import type { ConvolutionGeometry } from '../../graph/types';
import type { Shape } from '../../protocol/tensor';
import { type Lowering, reshaped, transposed } from './values';
import { padded } from './windows';

/** A convolution of a channels-first image with an HWIO kernel, both by name. */
export interface ConvolutionArguments {
  readonly image: string;
  readonly kernel: string;
  /** [kh, kw, in/groups, out] */
  readonly kernelShape: Shape;
  readonly geometry: ConvolutionGeometry;
}

const DOMAIN = 'com.microsoft.nchwc';

/** What ReorderInput asks of the number of channels. */
const CHANNEL_ALIGNMENT = 4;

const roundedUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

const isDepthwise = ({ kernelShape, geometry }: ConvolutionArguments): boolean =>
  geometry.groups > 1 && kernelShape[2] === 1 && kernelShape[3] === geometry.groups;

/** Whether the machine has blocked convolution and its demands are met without much padding. */
export function canBlock({ block }: Lowering, args: ConvolutionArguments): boolean {
  if (block === 0) return false;
  const [, , inputs, outputs] = args.kernelShape;
  if (isDepthwise(args)) return outputs % block === 0;
  if (args.geometry.groups > 1 || 2 * outputs < block) return false;
  return inputs < block || inputs % CHANNEL_ALIGNMENT === 0;
}

/** The convolution, from channels first to channels first. */
export function blockedConvolution(lowering: Lowering, args: ConvolutionArguments): string {
  const { emitter } = lowering;
  const { geometry, kernelShape, image } = args;
  const [kh, kw, , outputs] = kernelShape;
  const [top, bottom, left, right] = geometry.padding;
  // An image of few channels is read as it is.
  const direct = !isDepthwise(args) && kernelShape[2] < lowering.block;
  const blocked = direct ? image : emitter.emit('ReorderInput', [image], { domain: DOMAIN });
  const weights = isDepthwise(args) ? depthwiseWeights(lowering, args) : blockedWeights(lowering, args, direct);
  const attributes = {
    kernel_shape: [kh, kw],
    strides: geometry.strides,
    dilations: geometry.dilations,
    pads: [top, left, bottom, right],
    group: geometry.groups,
  };
  const result = emitter.emit('Conv', [blocked, weights], { attributes, domain: DOMAIN });
  return emitter.emit('ReorderOutput', [result], { attributes: { channels: outputs }, domain: DOMAIN });
}

/** [kh, kw, in, out] as [out / b, in / b, kh, kw, b of in, b of out], or [out / b, in, kh, kw, b of out] for few inputs. */
function blockedWeights(
  lowering: Lowering,
  { kernel, kernelShape: [kh, kw, inputs, outputs] }: ConvolutionArguments,
  direct: boolean,
): string {
  const { emitter, block } = lowering;
  const [rows, columns] = [direct ? inputs : roundedUp(inputs, block), roundedUp(outputs, block)];
  const whole = padded(lowering, kernel, [0, 0, 0, 0], [0, 0, rows - inputs, columns - outputs]);
  const taps = kh * kw;
  const columnBlocks = columns / block;
  const rowBlock = direct ? 1 : block;
  // In two steps, of which each moves one axis: several times faster than one transpose.
  const first = reshaped(emitter, whole, [kh, kw, rows, columns], [taps * rows, columnBlocks, block]);
  const outer = transposed(emitter, first, [taps * rows, columnBlocks, block], [1, 0, 2]);
  const second = [columnBlocks, taps, rows / rowBlock, rowBlock * block];
  const split = reshaped(emitter, outer, [columnBlocks, taps * rows, block], second);
  const inner = transposed(emitter, split, second, [0, 2, 1, 3]);
  return reshaped(emitter, inner, [columnBlocks, rows / rowBlock, taps, rowBlock * block], [columns, rows, kh, kw]);
}

/** [kh, kw, 1, c] as [c / b, 1, kh, kw, b]. */
function depthwiseWeights(
  { emitter, block }: Lowering,
  { kernel, kernelShape: [kh, kw, , channels] }: ConvolutionArguments,
): string {
  const split = [kh * kw, channels / block, block];
  const taps = reshaped(emitter, kernel, [kh, kw, 1, channels], split);
  const outer = transposed(emitter, taps, split, [1, 0, 2]);
  return reshaped(emitter, outer, [channels / block, kh * kw, block], [channels, 1, kh, kw]);
}
