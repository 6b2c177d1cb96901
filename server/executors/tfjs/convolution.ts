/**
 * Convolutions as TensorFlow ops. Images are NHWC and kernels HWIO, as TensorFlow has them. Where TensorFlow's CPU
 * kernels lack a case (dilation and groups in the gradients), it is expressed through ordinary convolutions.
 */
import type { ConvolutionGeometry, Padding } from '../../graph/types';
import type { Shape } from '../../protocol/tensor';
import {
  type Attributes,
  boolAttribute,
  type Emitter,
  floatListAttributes,
  intAttribute,
  type Register,
  stringAttribute,
} from './instructions';

/** A convolution's shapes: x [n, h, w, c], kernel [kh, kw, c/groups, o], y [n, oh, ow, o]. */
export interface ConvolutionShapes {
  readonly x: Shape;
  readonly kernel: Shape;
  readonly y: Shape;
}

/** A register and the shape of its value. */
interface Value {
  readonly register: Register;
  readonly shape: Shape;
}

/**
 * TensorFlow's `padding` attribute. Its named paddings take faster paths than explicit numbers, so they are used
 * wherever they mean the same. `window` is the window's extent, `input` and `output` the spatial sizes.
 */
export function paddingAttributes(
  padding: Padding,
  input: readonly number[],
  output: readonly number[],
  window: readonly number[],
  strides: readonly number[],
): Attributes {
  const named = namedPadding(padding, input, output, window, strides);
  if (named) return { padding: stringAttribute(named) };
  return { padding: stringAttribute('EXPLICIT'), explicit_paddings: intAttribute([0, 0, ...padding, 0, 0]) };
}

/** `VALID` or `SAME` where that is what a padding amounts to. */
export function namedPadding(
  padding: Padding,
  input: readonly number[],
  output: readonly number[],
  window: readonly number[],
  strides: readonly number[],
): 'VALID' | 'SAME' | undefined {
  if (padding.every((extent) => extent === 0)) return 'VALID';
  const same = [0, 1].every((axis) => {
    const total = Math.max((output[axis] - 1) * strides[axis] + window[axis] - input[axis], 0);
    const before = Math.floor(total / 2);
    return (
      output[axis] === Math.ceil(input[axis] / strides[axis]) &&
      padding[2 * axis] === before &&
      padding[2 * axis + 1] === total - before
    );
  });
  return same ? 'SAME' : undefined;
}

/** (x, kernel) -> y. */
export function lowerConvolution(
  emitter: Emitter,
  x: Register,
  kernel: Register,
  geometry: ConvolutionGeometry,
  shapes: ConvolutionShapes,
): Register {
  if (isDepthwise(geometry, shapes)) {
    const dilated = dilateKernel(emitter, { register: kernel, shape: shapes.kernel }, geometry.dilations);
    const filter = emitter.emit('Reshape', {}, [
      dilated.register,
      emitter.integers(depthwiseShape(dilated.shape, shapes)),
    ]);
    return emitter.emit('DepthwiseConv2dNative', attributesOf(geometry, shapes, dilated.shape), [x, filter]);
  }
  if (geometry.groups > 1) {
    const xs = splitChannels(emitter, x, geometry.groups);
    const kernels = splitChannels(emitter, kernel, geometry.groups);
    const [single, part] = oneGroup(geometry, shapes);
    return joinChannels(
      emitter,
      xs.map((register, group) => lowerConvolution(emitter, register, kernels[group], single, part)),
    );
  }
  const attributes = {
    ...attributesOf(geometry, shapes, dilatedShape(shapes.kernel, geometry.dilations)),
    dilations: intAttribute([1, ...geometry.dilations, 1]),
  };
  return emitter.emit('Conv2D', attributes, [x, kernel]);
}

/** (y, kernel) -> x. */
export function lowerInputGradient(
  emitter: Emitter,
  y: Register,
  kernel: Register,
  geometry: ConvolutionGeometry,
  shapes: ConvolutionShapes,
): Register {
  const depthwise = isDepthwise(geometry, shapes);
  if (geometry.groups > 1 && !depthwise) {
    const ys = splitChannels(emitter, y, geometry.groups);
    const kernels = splitChannels(emitter, kernel, geometry.groups);
    const [single, part] = oneGroup(geometry, shapes);
    return joinChannels(
      emitter,
      ys.map((register, group) => lowerInputGradient(emitter, register, kernels[group], single, part)),
    );
  }
  const dilated = dilateKernel(emitter, { register: kernel, shape: shapes.kernel }, geometry.dilations);
  const attributes = attributesOf(geometry, shapes, dilated.shape);
  const size = emitter.integers(shapes.x);
  if (!depthwise) return emitter.emit('Conv2DBackpropInput', attributes, [size, dilated.register, y]);
  const filter = emitter.emit('Reshape', {}, [
    dilated.register,
    emitter.integers(depthwiseShape(dilated.shape, shapes)),
  ]);
  return emitter.emit('DepthwiseConv2dNativeBackpropInput', attributes, [size, filter, y]);
}

/** (x, y) -> kernel. */
export function lowerKernelGradient(
  emitter: Emitter,
  x: Register,
  y: Register,
  geometry: ConvolutionGeometry,
  shapes: ConvolutionShapes,
): Register {
  const depthwise = isDepthwise(geometry, shapes);
  if (geometry.groups > 1 && !depthwise) {
    const xs = splitChannels(emitter, x, geometry.groups);
    const ys = splitChannels(emitter, y, geometry.groups);
    const [single, part] = oneGroup(geometry, shapes);
    return joinChannels(
      emitter,
      xs.map((register, group) => lowerKernelGradient(emitter, register, ys[group], single, part)),
    );
  }
  if (isPointwise(geometry, shapes)) return pointwiseKernelGradient(emitter, x, y, geometry, shapes);
  const shape = dilatedShape(shapes.kernel, geometry.dilations);
  const attributes = attributesOf(geometry, shapes, shape);
  if (!depthwise) {
    const register = emitter.emit('Conv2DBackpropFilter', attributes, [x, emitter.integers(shape), y]);
    return undilateKernel(emitter, { register, shape }, geometry.dilations);
  }
  const size = emitter.integers(depthwiseShape(shape, shapes));
  const gradient = emitter.emit('DepthwiseConv2dNativeBackpropFilter', attributes, [x, size, y]);
  const register = emitter.emit('Reshape', {}, [gradient, emitter.integers(shape)]);
  return undilateKernel(emitter, { register, shape }, geometry.dilations);
}

/** A 1x1 kernel over all channels of an unpadded image. */
function isPointwise({ groups, padding }: ConvolutionGeometry, { kernel }: ConvolutionShapes): boolean {
  return groups === 1 && kernel[0] === 1 && kernel[1] === 1 && padding.every((extent) => extent === 0);
}

/**
 * (x, y) -> kernel of a 1x1 convolution, as the product of two matrices of pixels by channels. Conv2DBackpropFilter with
 * oneDNN gives wrong values, or fails, now and then for such kernels with strides (seen in TensorFlow 2.21).
 */
function pointwiseKernelGradient(
  emitter: Emitter,
  x: Register,
  y: Register,
  { strides }: ConvolutionGeometry,
  shapes: ConvolutionShapes,
): Register {
  const [n, height, width, outputs] = shapes.y;
  const inputs = shapes.x[3];
  const end = [n, (height - 1) * strides[0] + 1, (width - 1) * strides[1] + 1, inputs];
  const isWhole = end.every((extent, axis) => extent === shapes.x[axis]) && strides[0] === 1 && strides[1] === 1;
  const read = isWhole
    ? x
    : emitter.emit('StridedSlice', {}, [
        x,
        emitter.integers([0, 0, 0, 0]),
        emitter.integers(end),
        emitter.integers([1, ...strides, 1]),
      ]);
  const pixels = n * height * width;
  const product = emitter.emit('MatMul', { transpose_a: boolAttribute(true), transpose_b: boolAttribute(false) }, [
    emitter.emit('Reshape', {}, [read, emitter.integers([pixels, inputs])]),
    emitter.emit('Reshape', {}, [y, emitter.integers([pixels, outputs])]),
  ]);
  return emitter.emit('Reshape', {}, [product, emitter.integers(shapes.kernel)]);
}

function attributesOf(geometry: ConvolutionGeometry, shapes: ConvolutionShapes, window: Shape): Attributes {
  const { strides, padding } = geometry;
  return {
    strides: intAttribute([1, ...strides, 1]),
    ...paddingAttributes(padding, shapes.x.slice(1, 3), shapes.y.slice(1, 3), window, strides),
  };
}

/** One input channel a group, and equal strides, which TensorFlow's depthwise kernels ask for. */
function isDepthwise({ groups, strides }: ConvolutionGeometry, { x, kernel }: ConvolutionShapes): boolean {
  return groups > 1 && kernel[2] === 1 && groups === x[3] && strides[0] === strides[1];
}

/** TensorFlow's layout of a depthwise kernel: [kh, kw, c, o/c]. */
function depthwiseShape([height, width]: Shape, { x, y }: ConvolutionShapes): Shape {
  return [height, width, x[3], y[3] / x[3]];
}

/** Geometry and shapes of one of the groups. */
function oneGroup(
  geometry: ConvolutionGeometry,
  { x, kernel, y }: ConvolutionShapes,
): readonly [ConvolutionGeometry, ConvolutionShapes] {
  const share = (shape: Shape) => [shape[0], shape[1], shape[2], shape[3] / geometry.groups];
  return [
    { ...geometry, groups: 1 },
    { x: share(x), kernel: share(kernel), y: share(y) },
  ];
}

function splitChannels(emitter: Emitter, x: Register, parts: number): readonly Register[] {
  return emitter.emitAll('Split', { num_split: intAttribute(parts) }, [emitter.integer(3), x], parts);
}

function joinChannels(emitter: Emitter, parts: readonly Register[]): Register {
  return emitter.emit('ConcatV2', floatListAttributes(parts.length), [...parts, emitter.integer(3)]);
}

/** Shape of a kernel whose taps are `dilations` apart: the gaps become explicit zeros. */
function dilatedShape([height, width, inputs, outputs]: Shape, dilations: readonly [number, number]): Shape {
  return [(height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1, inputs, outputs];
}

/** Puts the gaps of a dilated convolution into its kernel, as zeros. */
function dilateKernel(emitter: Emitter, kernel: Value, dilations: readonly [number, number]): Value {
  const [vertical, horizontal] = dilations;
  if (vertical === 1 && horizontal === 1) return kernel;
  const [height, width, inputs, outputs] = kernel.shape;
  const shape = dilatedShape(kernel.shape, dilations);
  const apart = emitter.emit('Reshape', {}, [
    kernel.register,
    emitter.integers([height, 1, width, 1, inputs * outputs]),
  ]);
  const paddings = emitter.integerTable([0, 0, 0, vertical - 1, 0, 0, 0, horizontal - 1, 0, 0], [5, 2]);
  const padded = emitter.emit('Pad', {}, [apart, paddings]);
  const whole = emitter.emit('Reshape', {}, [
    padded,
    emitter.integers([height * vertical, width * horizontal, inputs, outputs]),
  ]);
  const register = emitter.emit('Slice', {}, [whole, emitter.integers([0, 0, 0, 0]), emitter.integers(shape)]);
  return { register, shape };
}

/** Every `dilations`-th tap of a kernel: the adjoint of `dilateKernel`. */
function undilateKernel(emitter: Emitter, kernel: Value, dilations: readonly [number, number]): Register {
  if (dilations[0] === 1 && dilations[1] === 1) return kernel.register;
  return emitter.emit('StridedSlice', {}, [
    kernel.register,
    emitter.integers([0, 0, 0, 0]),
    emitter.integers(kernel.shape),
    emitter.integers([...dilations, 1, 1]),
  ]);
}
