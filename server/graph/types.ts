/**
 * The tensor program: a directed acyclic graph of typed, immutable nodes. Values are `float32` or `int32`, images are
 * NHWC, convolution kernels HWIO. How a backend lays them out in memory is that backend's business.
 */
import type { DType, Shape } from '../protocol/tensor';

/** Zero padding around the two spatial axes: `[top, bottom, left, right]`. */
export type Padding = readonly [number, number, number, number];

/** Geometry of a two-dimensional convolution; kernels are `[kh, kw, in/groups, out]`. */
export interface ConvolutionGeometry {
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly dilations: readonly [number, number];
  readonly groups: number;
}

/** Geometry of a two-dimensional pooling window. */
export interface PoolingGeometry {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

type None = Record<never, never>;

/**
 * Every operation with its attributes. The set is closed under differentiation: the derivative rules in `vjp.ts` and
 * `jvp.ts` and every executor's lowering are total tables over these names, so a missing rule does not compile.
 */
export interface OpAttributes {
  // Sources
  /** A named argument of the program; shape and dtype are the node's. */
  input: { readonly name: string };
  /** Every element equals `value`. */
  constant: { readonly value: number };
  /** A table of values known when the program is built, row-major. */
  literal: { readonly data: Float64Array | Int32Array };

  // Elementwise, one argument
  negate: None;
  exp: None;
  log: None;
  sqrt: None;
  tanh: None;
  sigmoid: None;
  /** log(1 + e^x), stable for large |x|. */
  softplus: None;
  /** The Gauss error function. */
  erf: None;
  abs: None;
  /** -1, 0 or 1; zero gradient. */
  sign: None;
  /** max(x, 0). */
  relu: None;
  /** The identity, with a zero gradient. */
  stopGradient: None;
  /** The sum of x over the devices that run the program together, the same on each of them; x where there is one device. */
  deviceSum: None;

  // Elementwise, two arguments, NumPy broadcasting
  add: None;
  subtract: None;
  multiply: None;
  divide: None;
  maximum: None;
  /** `gate(x, y)` is y where x > 0 and 0 elsewhere: the derivative of relu, linear in y, zero gradient in x. */
  gate: None;
  /** 1 where a > b, else 0; float32; zero gradient. */
  greater: None;
  /** 1 where a = b, else 0; float32 result, arguments of equal dtype (float32 or int32); zero gradient. */
  equal: None;

  // Reductions. Axes are non-negative and ascending.
  reduceSum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  reduceMax: { readonly axes: readonly number[]; readonly keepDims: boolean };
  /** Index of the first maximum along an axis, which disappears; int32. */
  argMax: { readonly axis: number };

  // Shape. The result's shape is the node's.
  reshape: None;
  /** `result.shape[i] = x.shape[permutation[i]]`. */
  transpose: { readonly permutation: readonly number[] };
  /** NumPy broadcasting of x to the node's shape. */
  broadcast: None;
  /** The block of the node's shape that starts at `begin`. */
  slice: { readonly begin: readonly number[] };
  /** x with zeros around it: `before` and `after` per axis. */
  pad: { readonly before: readonly number[]; readonly after: readonly number[] };
  concat: { readonly axis: number };
  /** int32 indices to float32 rows of length `depth` (a new last axis). */
  oneHot: { readonly depth: number };
  /**
   * (table [r, …d], indices [...i] of int32) -> [...i, …d]: the rows of the table that the indices name, each 0 to r - 1; linear
   * in the table.
   */
  gatherRows: None;
  /** (rows [...i, …d], indices [...i] of int32) -> [r, …d]: each row added at its index; dual of gatherRows. Shape of the table. */
  scatterRows: None;

  // Linear algebra
  /** Product over the last two axes; leading axes are equal batch axes. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };

  // Convolution: one trilinear form in (x, kernel, y), contracted over two of the three
  /** (x [n,h,w,c], kernel) -> y [n,oh,ow,o]. */
  conv2d: ConvolutionGeometry;
  /** (y, kernel) -> x; the node's shape is x's. Also the forward pass of a transposed convolution. */
  conv2dInputGradient: ConvolutionGeometry;
  /** (x, y) -> kernel; the node's shape is the kernel's. */
  conv2dKernelGradient: ConvolutionGeometry;

  // Pooling. Ties go to the first position of the window in row-major order.
  maxPool: PoolingGeometry;
  /** (x, t) -> t at the positions of x's window maxima; linear in t, zero gradient in x. Shape of the pooled tensor. */
  maxPoolGather: PoolingGeometry;
  /** (x, y) -> y added at the positions of x's window maxima; linear in y, dual of maxPoolGather. Shape of x. */
  maxPoolScatter: PoolingGeometry;
  /** Mean of each window over the elements that are not padding. */
  averagePool: PoolingGeometry;
  /** (y) -> x: dual of averagePool; the node's shape is x's. */
  averagePoolGradient: PoolingGeometry;

  // Batch normalization over all axes but the last, with the batch's own (biased) statistics. Per-channel arguments
  // are vectors [c]. With d = 1/sqrt(var(x) + epsilon), h = (x - mean(x)) * d:
  /** (x, gamma, beta) -> gamma * h + beta. */
  batchNorm: { readonly epsilon: number };
  /** (x, gamma, y) -> gamma * d * (y - mean(y) - h * mean(y * h)): the symmetric Jacobian of batchNorm applied to y. */
  batchNormGradient: { readonly epsilon: number };
  /** (x, y) -> sum(y * h) per channel [c]. */
  batchNormGammaGradient: { readonly epsilon: number };
  /** (x) -> d per channel [c]. */
  inverseDeviation: { readonly epsilon: number };
}

export type OpName = keyof OpAttributes;

/** One value of the program. Nodes are made by a builder only, which checks shapes and shares equal nodes. */
export interface OpNode<K extends OpName = OpName> {
  /** Unique within its builder; arguments have smaller ids than their users. */
  readonly id: number;
  readonly op: K;
  readonly attributes: OpAttributes[K];
  readonly args: readonly Node[];
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Any node, discriminated by `op`. */
export type Node = { [K in OpName]: OpNode<K> }[OpName];

/** A closed program: named inputs, named outputs, and every node they need, arguments before users. */
export interface Program {
  readonly name: string;
  readonly inputs: readonly OpNode<'input'>[];
  readonly outputs: { readonly [name: string]: Node };
  readonly nodes: readonly Node[];
}
