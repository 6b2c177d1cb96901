/** Shape and dtype of every operation, checked when a node is made: a program that builds has no shape errors left. */
import { type DType, type Shape, sizeOf } from '../protocol/tensor';
import type { ConvolutionGeometry, Node, OpAttributes, OpName, PoolingGeometry } from './types';

/** What a node's value looks like. */
export interface ValueType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A program that cannot be built: arguments whose shapes or dtypes do not fit the operation. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** `[2, 3]` as text, for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

function fail(op: string, message: string): never {
  throw new ShapeError(`${op}: ${message}`);
}

/** NumPy's broadcast shape of two shapes; throws a ShapeError where they do not fit. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let i = 0; i < rank; i++) {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      fail(op, `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
    }
    result.push(left === 1 ? right : left);
  }
  return result;
}

export function equalShapes(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

function expectFloat(op: string, ...args: readonly Node[]): void {
  for (const arg of args) if (arg.dtype !== 'float32') fail(op, `argument is ${arg.dtype}, not float32`);
}

function expectRank(op: string, what: string, node: Node, rank: number): void {
  if (node.shape.length !== rank) {
    fail(op, `${what} has shape ${formatShape(node.shape)}, a tensor of rank ${rank} is needed`);
  }
}

function expectShape(op: string, what: string, actual: Shape, expected: Shape): void {
  if (!equalShapes(actual, expected)) {
    fail(op, `${what} has shape ${formatShape(actual)}, ${formatShape(expected)} is needed`);
  }
}

/** Length of one spatial axis after a window of extent `window` moved over `input` elements. */
function windowed(op: string, input: number, before: number, after: number, window: number, stride: number): number {
  const output = Math.floor((input + before + after - window) / stride) + 1;
  if (output < 1)
    fail(op, `a window of ${window} does not fit into ${input} elements padded by ${before} and ${after}`);
  return output;
}

/** Output shape [n, oh, ow, o] of a convolution of x [n, h, w, c] with a kernel [kh, kw, c/groups, o]. */
export function convolutionShape(op: string, x: Shape, kernel: Shape, geometry: ConvolutionGeometry): Shape {
  const { strides, padding, dilations, groups } = geometry;
  const [n, h, w, c] = x;
  const [kh, kw, inputs, outputs] = kernel;
  if (c !== inputs * groups || outputs % groups !== 0) {
    fail(op, `kernel ${formatShape(kernel)} with ${groups} groups does not fit an input of ${c} channels`);
  }
  return [
    n,
    windowed(op, h, padding[0], padding[1], (kh - 1) * dilations[0] + 1, strides[0]),
    windowed(op, w, padding[2], padding[3], (kw - 1) * dilations[1] + 1, strides[1]),
    outputs,
  ];
}

/** Output shape [n, oh, ow, c] of pooling x [n, h, w, c]. */
export function poolingShape(op: string, x: Shape, geometry: PoolingGeometry): Shape {
  const { size, strides, padding } = geometry;
  return [
    x[0],
    windowed(op, x[1], padding[0], padding[1], size[0], strides[0]),
    windowed(op, x[2], padding[2], padding[3], size[1], strides[1]),
    x[3],
  ];
}

/** Shape after a reduction over `axes`. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims
    ? shape.map((extent, i) => (axes.includes(i) ? 1 : extent))
    : shape.filter((_, i) => !axes.includes(i));
}

type ShapeRule<K extends OpName> = (
  args: readonly Node[],
  attributes: OpAttributes[K],
  declared: ValueType | undefined,
) => ValueType;

const float = (shape: Shape): ValueType => ({ shape, dtype: 'float32' });

function unary(op: OpName) {
  return ([x]: readonly Node[]): ValueType => {
    expectFloat(op, x);
    return float(x.shape);
  };
}

function binary(op: OpName) {
  return ([a, b]: readonly Node[]): ValueType => {
    expectFloat(op, a, b);
    return float(broadcastShapes(op, a.shape, b.shape));
  };
}

function declaredType(op: OpName, declared: ValueType | undefined): ValueType {
  if (!declared) throw new Error(`${op} needs a declared shape`);
  return declared;
}

function checkAxes(op: string, x: Node, axes: readonly number[]): void {
  axes.forEach((axis, i) => {
    if (!Number.isInteger(axis) || axis < 0 || axis >= x.shape.length || (i > 0 && axes[i - 1] >= axis)) {
      fail(op, `axes ${formatShape(axes)} do not fit a tensor of shape ${formatShape(x.shape)}`);
    }
  });
}

function reduction(op: OpName) {
  return ([x]: readonly Node[], { axes, keepDims }: OpAttributes['reduceSum']): ValueType => {
    expectFloat(op, x);
    checkAxes(op, x, axes);
    return float(reducedShape(x.shape, axes, keepDims));
  };
}

function pooled(op: OpName) {
  return ([x]: readonly Node[], geometry: PoolingGeometry): ValueType => {
    expectFloat(op, x);
    expectRank(op, 'the input', x, 4);
    return float(poolingShape(op, x.shape, geometry));
  };
}

function channelVectors(op: OpName, x: Node, vectors: readonly Node[]): void {
  expectFloat(op, x, ...vectors);
  if (x.shape.length < 2) fail(op, `needs a tensor with a batch and a channel axis, not ${formatShape(x.shape)}`);
  for (const vector of vectors) expectShape(op, 'a per-channel argument', vector.shape, [x.shape[x.shape.length - 1]]);
}

const sources = {
  input: (_args, _attributes, declared) => declaredType('input', declared),
  constant: (_args, _attributes, declared) => declaredType('constant', declared),
  literal: (_args, { data }, declared) => {
    const type = declaredType('literal', declared);
    if (data.length !== sizeOf(type.shape)) fail('literal', `${data.length} values for ${formatShape(type.shape)}`);
    return type;
  },
} satisfies { [K in 'input' | 'constant' | 'literal']: ShapeRule<K> };

const layout = {
  reshape: ([x], _attributes, declared) => {
    const { shape } = declaredType('reshape', declared);
    if (sizeOf(shape) !== sizeOf(x.shape)) {
      fail('reshape', `${formatShape(x.shape)} does not have the ${sizeOf(shape)} elements of ${formatShape(shape)}`);
    }
    return { shape, dtype: x.dtype };
  },
  transpose: ([x], { permutation }) => {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (sorted.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
      fail('transpose', `${formatShape(permutation)} is no permutation of the axes of ${formatShape(x.shape)}`);
    }
    return { shape: permutation.map((axis) => x.shape[axis]), dtype: x.dtype };
  },
  broadcast: ([x], _attributes, declared) => {
    const { shape } = declaredType('broadcast', declared);
    expectShape('broadcast', 'the result', broadcastShapes('broadcast', x.shape, shape), shape);
    return { shape, dtype: x.dtype };
  },
  slice: ([x], { begin }, declared) => {
    const { shape } = declaredType('slice', declared);
    const fits =
      begin.length === x.shape.length &&
      shape.length === x.shape.length &&
      begin.every((start, i) => start >= 0 && start + shape[i] <= x.shape[i]);
    if (!fits) fail('slice', `${formatShape(shape)} from ${formatShape(begin)} is outside ${formatShape(x.shape)}`);
    return { shape, dtype: x.dtype };
  },
  pad: ([x], { before, after }) => {
    expectFloat('pad', x);
    if (before.length !== x.shape.length || after.length !== x.shape.length) {
      fail('pad', `needs padding for each axis of ${formatShape(x.shape)}`);
    }
    return float(x.shape.map((extent, i) => extent + before[i] + after[i]));
  },
  concat: (args, { axis }) => {
    expectFloat('concat', ...args);
    checkAxes('concat', args[0], [axis]);
    const total = args.reduce((sum, arg) => sum + arg.shape[axis], 0);
    for (const arg of args) {
      const expected = args[0].shape.map((extent, i) => (i === axis ? arg.shape[axis] : extent));
      expectShape('concat', 'an argument', arg.shape, expected);
    }
    return float(args[0].shape.map((extent, i) => (i === axis ? total : extent)));
  },
  oneHot: ([x], { depth }) => {
    if (x.dtype !== 'int32') fail('oneHot', `argument is ${x.dtype}, not int32`);
    return float([...x.shape, depth]);
  },
  gatherRows: ([table, indices]) => {
    expectFloat('gatherRows', table);
    if (indices.dtype !== 'int32') fail('gatherRows', `the indices are ${indices.dtype}, not int32`);
    if (table.shape.length === 0) fail('gatherRows', 'a scalar has no rows');
    return float([...indices.shape, ...table.shape.slice(1)]);
  },
  scatterRows: ([rows, indices], _attributes, declared) => {
    const type = declaredType('scatterRows', declared);
    expectFloat('scatterRows', rows);
    if (indices.dtype !== 'int32') fail('scatterRows', `the indices are ${indices.dtype}, not int32`);
    expectShape('scatterRows', 'the argument', rows.shape, [...indices.shape, ...type.shape.slice(1)]);
    return type;
  },
  argMax: ([x], { axis }) => {
    expectFloat('argMax', x);
    checkAxes('argMax', x, [axis]);
    return { shape: reducedShape(x.shape, [axis], false), dtype: 'int32' };
  },
} satisfies {
  [K in
    | 'reshape'
    | 'transpose'
    | 'broadcast'
    | 'slice'
    | 'pad'
    | 'concat'
    | 'oneHot'
    | 'gatherRows'
    | 'scatterRows'
    | 'argMax']: ShapeRule<K>;
};

const linear = {
  matmul: ([a, b], { transposeA, transposeB }) => {
    expectFloat('matmul', a, b);
    const rank = a.shape.length;
    if (rank < 2 || b.shape.length !== rank) {
      fail(
        'matmul',
        `needs two tensors of equal rank of at least 2, not ${formatShape(a.shape)}, ${formatShape(b.shape)}`,
      );
    }
    const [rows, inner] = transposeA ? [a.shape[rank - 1], a.shape[rank - 2]] : [a.shape[rank - 2], a.shape[rank - 1]];
    const [other, columns] = transposeB
      ? [b.shape[rank - 1], b.shape[rank - 2]]
      : [b.shape[rank - 2], b.shape[rank - 1]];
    const batch = a.shape.slice(0, rank - 2);
    if (inner !== other || !equalShapes(batch, b.shape.slice(0, rank - 2))) {
      fail('matmul', `${formatShape(a.shape)} and ${formatShape(b.shape)} do not fit`);
    }
    return float([...batch, rows, columns]);
  },
  conv2d: ([x, kernel], geometry) => {
    expectFloat('conv2d', x, kernel);
    expectRank('conv2d', 'the input', x, 4);
    expectRank('conv2d', 'the kernel', kernel, 4);
    return float(convolutionShape('conv2d', x.shape, kernel.shape, geometry));
  },
  conv2dInputGradient: ([y, kernel], geometry, declared) => {
    const type = declaredType('conv2dInputGradient', declared);
    expectFloat('conv2dInputGradient', y, kernel);
    const forward = convolutionShape('conv2dInputGradient', type.shape, kernel.shape, geometry);
    expectShape('conv2dInputGradient', 'the output gradient', y.shape, forward);
    return type;
  },
  conv2dKernelGradient: ([x, y], geometry, declared) => {
    const type = declaredType('conv2dKernelGradient', declared);
    expectFloat('conv2dKernelGradient', x, y);
    const forward = convolutionShape('conv2dKernelGradient', x.shape, type.shape, geometry);
    expectShape('conv2dKernelGradient', 'the output gradient', y.shape, forward);
    return type;
  },
} satisfies { [K in 'matmul' | 'conv2d' | 'conv2dInputGradient' | 'conv2dKernelGradient']: ShapeRule<K> };

const pooling = {
  maxPool: pooled('maxPool'),
  averagePool: pooled('averagePool'),
  maxPoolGather: ([x, t], geometry) => {
    expectShape('maxPoolGather', 'the gathered tensor', t.shape, x.shape);
    return pooled('maxPoolGather')([x], geometry);
  },
  maxPoolScatter: ([x, y], geometry) => {
    expectShape('maxPoolScatter', 'the scattered tensor', y.shape, poolingShape('maxPoolScatter', x.shape, geometry));
    return float(x.shape);
  },
  averagePoolGradient: ([y], geometry, declared) => {
    const type = declaredType('averagePoolGradient', declared);
    const forward = poolingShape('averagePoolGradient', type.shape, geometry);
    expectShape('averagePoolGradient', 'the output gradient', y.shape, forward);
    return type;
  },
} satisfies {
  [K in 'maxPool' | 'averagePool' | 'maxPoolGather' | 'maxPoolScatter' | 'averagePoolGradient']: ShapeRule<K>;
};

const normalization = {
  batchNorm: ([x, gamma, beta]) => {
    channelVectors('batchNorm', x, [gamma, beta]);
    return float(x.shape);
  },
  batchNormGradient: ([x, gamma, y]) => {
    channelVectors('batchNormGradient', x, [gamma]);
    expectShape('batchNormGradient', 'the third argument', y.shape, x.shape);
    return float(x.shape);
  },
  batchNormGammaGradient: ([x, y]) => {
    channelVectors('batchNormGammaGradient', x, []);
    expectShape('batchNormGammaGradient', 'the second argument', y.shape, x.shape);
    return float(x.shape.slice(-1));
  },
  inverseDeviation: ([x]) => {
    channelVectors('inverseDeviation', x, []);
    return float(x.shape.slice(-1));
  },
} satisfies {
  [K in 'batchNorm' | 'batchNormGradient' | 'batchNormGammaGradient' | 'inverseDeviation']: ShapeRule<K>;
};

/** The rule of each operation: result type from arguments and attributes (and a declared type where it is free). */
export const shapeRules: { [K in OpName]: ShapeRule<K> } = {
  ...sources,
  negate: unary('negate'),
  exp: unary('exp'),
  log: unary('log'),
  sqrt: unary('sqrt'),
  tanh: unary('tanh'),
  sigmoid: unary('sigmoid'),
  softplus: unary('softplus'),
  erf: unary('erf'),
  abs: unary('abs'),
  sign: unary('sign'),
  relu: unary('relu'),
  stopGradient: unary('stopGradient'),
  deviceSum: unary('deviceSum'),
  add: binary('add'),
  subtract: binary('subtract'),
  multiply: binary('multiply'),
  divide: binary('divide'),
  maximum: binary('maximum'),
  gate: binary('gate'),
  greater: binary('greater'),
  equal: ([a, b]) => {
    if (a.dtype !== b.dtype) fail('equal', `cannot compare ${a.dtype} with ${b.dtype}`);
    return float(broadcastShapes('equal', a.shape, b.shape));
  },
  reduceSum: reduction('reduceSum'),
  reduceMax: reduction('reduceMax'),
  ...layout,
  ...linear,
  ...pooling,
  ...normalization,
};
