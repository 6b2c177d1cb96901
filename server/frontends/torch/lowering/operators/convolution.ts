/** Convolutions: images are brought to channels-last where they are not, kernels are there already. */
import type { ConvolutionGeometry, Padding } from '../../../../graph/types';
import { channelsLast, kernelAxes, layOut } from '../layout';
import { add, exchange, pad, reshape, slice, unsqueeze } from '../primitives';
import { type Call, type Operator, type Operators, pairOf, type Scope, Unsupported } from '../scope';
import { computed, type Tensor, toGraph } from '../tensor';

/** The bias [c] of channels in axis 1, added. */
function addBias({ b }: Scope, x: Tensor, bias: Tensor | undefined): Tensor {
  if (!bias) return x;
  return add(
    b,
    x,
    reshape(
      b,
      bias,
      x.shape.slice(1).map((_, axis) => (axis === 0 ? bias.shape[0] : 1)),
    ),
  );
}

function convolve({ b }: Scope, x: Tensor, kernel: Tensor, geometry: ConvolutionGeometry): Tensor {
  const image = layOut(b, toGraph(b, x), channelsLast(4));
  const weights = layOut(b, toGraph(b, kernel), kernelAxes(4));
  return computed(b.conv2d(image.node, weights.node, geometry), channelsLast(4));
}

/** A call with signals [n, c, t] as one with images [n, c, t, 1]. */
const asImages =
  (operator: Operator, positions: readonly number[]): Operator =>
  (scope, call) => {
    const { b } = scope;
    const wide: Call = {
      ...call,
      tensor: (position) => {
        const x = call.tensor(position);
        return positions.includes(position) ? unsqueeze(b, x, x.shape.length) : x;
      },
      numbers: (position, fallback) => {
        const given = call.numbers(position, fallback);
        return given.length === 1 ? [given[0], fallback?.[0] ?? 1] : given;
      },
    };
    const y = operator(scope, wide) as Tensor;
    return reshape(b, y, y.shape.slice(0, -1));
  };

/** Zeros around an image so that its size stays, the odd one after it. */
function samePadding(size: readonly number[], dilations: readonly number[]): Padding {
  const sides = size.flatMap((extent, axis) => {
    const total = (extent - 1) * dilations[axis];
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
  return sides as unknown as Padding;
}

function readPadding(call: Call, position: number, size: readonly number[], dilations: readonly number[]): Padding {
  const given = call.value(position);
  if (given === 'same') return samePadding(size, dilations);
  const [rows, columns] = given === 'valid' ? [0, 0] : pairOf(call.numbers(position, [0, 0]));
  return [rows, rows, columns, columns];
}

function requireRank(x: Tensor, rank: number): void {
  if (x.shape.length !== rank) throw new Unsupported(`its input has ${x.shape.length} dimensions, not ${rank}`);
}

const conv2d: Operator = (scope, call) => {
  const [x, kernel] = [call.tensor(0), call.tensor(1)];
  requireRank(x, 4);
  const dilations = pairOf(call.numbers(5, [1, 1]));
  const y = convolve(scope, x, kernel, {
    strides: pairOf(call.numbers(3, [1, 1])),
    padding: readPadding(call, 4, kernel.shape.slice(2), dilations),
    dilations,
    groups: call.number(6, 1),
  });
  return addBias(scope, y, call.tensorOr(2));
};

/** The input gradient of a convolution, used forwards. */
const transposed: Operator = (scope, call) => {
  const { b } = scope;
  const [x, kernel] = [call.tensor(0), call.tensor(1)];
  requireRank(x, 4);
  const strides = pairOf(call.numbers(3, [1, 1]));
  const [rows, columns] = pairOf(call.numbers(4, [0, 0]));
  const extra = pairOf(call.numbers(5, [0, 0]));
  const groups = call.number(6, 1);
  const dilations = pairOf(call.numbers(7, [1, 1]));
  const length = (axis: 0 | 1, padding: number) =>
    (x.shape[axis + 2] - 1) * strides[axis] -
    2 * padding +
    dilations[axis] * (kernel.shape[axis + 2] - 1) +
    extra[axis] +
    1;
  const shape = [x.shape[0], length(0, rows), length(1, columns), kernel.shape[1] * groups];
  const geometry: ConvolutionGeometry = { strides, padding: [rows, rows, columns, columns], dilations, groups };
  const image = layOut(b, toGraph(b, x), channelsLast(4));
  const weights = layOut(b, toGraph(b, kernel), kernelAxes(4));
  const y = b.conv2dInputGradient(image.node, weights.node, geometry, shape);
  return addBias(scope, computed(y, channelsLast(4)), call.tensorOr(2));
};

/** A convolution of volumes [n, c, d, h, w]: the sum over the depth of the kernel of convolutions of planes. */
const conv3d: Operator = (scope, call) => {
  const { b } = scope;
  const [x, kernel] = [call.tensor(0), call.tensor(1)];
  requireRank(x, 5);
  const triple = (position: number, fallback: number) => {
    const given = call.numbers(position, [fallback]);
    return given.length === 1 ? [given[0], given[0], given[0]] : given;
  };
  const [strides, padding, dilations] = [triple(3, 1), triple(4, 0), triple(5, 1)];
  const deep = pad(b, x, 2, padding[0], padding[0]);
  const [n, channels, , ...area] = x.shape;
  const size = kernel.shape[2];
  const depth = Math.floor((deep.shape[2] - dilations[0] * (size - 1) - 1) / strides[0]) + 1;
  const geometry: ConvolutionGeometry = {
    strides: [strides[1], strides[2]],
    padding: [padding[1], padding[1], padding[2], padding[2]],
    dilations: [dilations[1], dilations[2]],
    groups: call.number(6, 1),
  };
  const terms = Array.from({ length: size }, (_, k) => {
    const planes = exchange(slice(b, deep, 2, k * dilations[0], depth, strides[0]), 1, 2);
    const weights = reshape(b, slice(b, kernel, 2, k, 1), kernel.shape.toSpliced(2, 1));
    return convolve(scope, reshape(b, planes, [n * depth, channels, ...area]), weights, geometry);
  });
  const total = terms.reduce((sum, term) => add(b, sum, term));
  const volumes = exchange(reshape(b, total, [n, depth, ...total.shape.slice(1)]), 1, 2);
  return addBias(scope, volumes, call.tensorOr(2));
};

/** Patches [n, c * kh * kw, places] added up to images: (x, area, size, dilation, padding, stride). */
const folded: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  if (x.shape.length !== 3) throw new Unsupported(`its input has ${x.shape.length} dimensions`);
  const [area, size, dilations, padding, strides] = [1, 2, 3, 4, 5].map((position) => pairOf(call.numbers(position)));
  const window = size[0] * size[1];
  const channels = x.shape[1] / window;
  const counts = [0, 1].map(
    (axis) => Math.floor((area[axis] + 2 * padding[axis] - dilations[axis] * (size[axis] - 1) - 1) / strides[axis]) + 1,
  );
  const image = layOut(b, toGraph(b, reshape(b, x, [x.shape[0], x.shape[1], ...counts])), channelsLast(4));
  // Of each channel, one kernel for each place of the window, with a one there: [kh, kw, 1, c * kh * kw].
  const data = Float64Array.from({ length: window * channels * window }, (_, i) =>
    Number(Math.floor(i / (channels * window)) === i % window),
  );
  const kernel = b.literal(data, [...size, 1, channels * window]);
  const geometry: ConvolutionGeometry = {
    strides,
    padding: [padding[0], padding[0], padding[1], padding[1]],
    dilations,
    groups: channels,
  };
  const y = b.conv2dInputGradient(image.node, kernel, geometry, [x.shape[0], ...area, channels]);
  return computed(y, channelsLast(4));
};

export const convolutions: Operators = {
  col2im: folded,
  conv1d: asImages(conv2d, [0, 1]),
  conv2d,
  conv3d,
  conv_transpose1d: asImages(transposed, [0, 1]),
  conv_transpose2d: transposed,
};
