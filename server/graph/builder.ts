/**
 * Makes nodes: checks shapes, simplifies, and gives equal nodes one identity, so common subexpressions are shared
 * without a later pass. Composite functions (means, softmax, losses) are in `compose.ts`.
 */
import type { DType, Shape } from '../protocol/tensor';
import { shapeRules, type ValueType } from './shapes';
import { type NodeFactory, simplify } from './simplify';
import type { ConvolutionGeometry, Node, OpAttributes, OpName, OpNode, PoolingGeometry } from './types';

/** Makes the nodes of one program. Nodes of different builders must not be mixed. */
export interface Builder {
  /** Over how many devices batch normalization takes its statistics, each of which has a part of the batch: see `synchronized.ts`. */
  readonly devices: number;
  /** A named argument; asking again for the same name gives the same node (shapes must agree). */
  input(name: string, shape: Shape, dtype?: DType): Node;
  /** A tensor whose elements all equal `value`. */
  constant(value: number, shape?: Shape): Node;
  literal(data: Float64Array | Int32Array, shape: Shape): Node;

  negate(x: Node): Node;
  exp(x: Node): Node;
  log(x: Node): Node;
  sqrt(x: Node): Node;
  tanh(x: Node): Node;
  sigmoid(x: Node): Node;
  softplus(x: Node): Node;
  erf(x: Node): Node;
  abs(x: Node): Node;
  sign(x: Node): Node;
  relu(x: Node): Node;
  stopGradient(x: Node): Node;
  deviceSum(x: Node): Node;

  add(a: Node, b: Node): Node;
  subtract(a: Node, b: Node): Node;
  multiply(a: Node, b: Node): Node;
  divide(a: Node, b: Node): Node;
  maximum(a: Node, b: Node): Node;
  /** `y` where `x > 0`, else 0. */
  gate(x: Node, y: Node): Node;
  greater(a: Node, b: Node): Node;
  equal(a: Node, b: Node): Node;

  /** Sum over `axes` (all when absent). */
  reduceSum(x: Node, axes?: readonly number[], keepDims?: boolean): Node;
  reduceMax(x: Node, axes?: readonly number[], keepDims?: boolean): Node;
  argMax(x: Node, axis: number): Node;

  reshape(x: Node, shape: Shape): Node;
  transpose(x: Node, permutation: readonly number[]): Node;
  broadcast(x: Node, shape: Shape): Node;
  slice(x: Node, begin: readonly number[], size: Shape): Node;
  pad(x: Node, before: readonly number[], after: readonly number[]): Node;
  concat(args: readonly Node[], axis: number): Node;
  oneHot(indices: Node, depth: number): Node;
  gatherRows(table: Node, indices: Node): Node;
  /** The rows added up in a table of `shape`, each at its index. */
  scatterRows(rows: Node, indices: Node, shape: Shape): Node;

  matmul(a: Node, b: Node, options?: { readonly transposeA?: boolean; readonly transposeB?: boolean }): Node;
  conv2d(x: Node, kernel: Node, geometry: ConvolutionGeometry): Node;
  conv2dInputGradient(y: Node, kernel: Node, geometry: ConvolutionGeometry, inputShape: Shape): Node;
  conv2dKernelGradient(x: Node, y: Node, geometry: ConvolutionGeometry, kernelShape: Shape): Node;

  maxPool(x: Node, geometry: PoolingGeometry): Node;
  maxPoolGather(x: Node, t: Node, geometry: PoolingGeometry): Node;
  maxPoolScatter(x: Node, y: Node, geometry: PoolingGeometry): Node;
  averagePool(x: Node, geometry: PoolingGeometry): Node;
  averagePoolGradient(y: Node, geometry: PoolingGeometry, inputShape: Shape): Node;

  batchNorm(x: Node, gamma: Node, beta: Node, epsilon: number): Node;
  batchNormGradient(x: Node, gamma: Node, y: Node, epsilon: number): Node;
  batchNormGammaGradient(x: Node, y: Node, epsilon: number): Node;
  inverseDeviation(x: Node, epsilon: number): Node;
}

type Unary = { [K in OpName]: Builder[K] extends (x: Node) => Node ? K : never }[OpName];

/** A new, empty builder. Its functions throw a ShapeError (see shapes.ts) where arguments do not fit. */
export function createBuilder(): Builder {
  const interned = new Map<string, Node>();
  const inputs = new Map<string, Node>();
  let count = 0;

  const factory: NodeFactory = { make };

  function make<K extends OpName>(
    op: K,
    attributes: OpAttributes[K],
    args: readonly Node[],
    declared?: ValueType,
  ): Node {
    const type = shapeRules[op](args, attributes, declared);
    const simpler = simplify(factory, op, attributes, args, type);
    if (simpler) return simpler;
    // Tables of values are not compared, so equal literals stay apart.
    const identity = op === 'literal' ? count : JSON.stringify(attributes);
    const key = `${op} ${identity} ${args.map((arg) => arg.id)} ${type.dtype} ${type.shape}`;
    const known = interned.get(key);
    if (known) return known;
    const node = { id: count++, op, attributes, args, shape: type.shape, dtype: type.dtype } as OpNode<K> as Node;
    interned.set(key, node);
    return node;
  }

  const unary = (op: Unary) => (x: Node) => make(op, {}, [x]);
  const binary =
    (op: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'gate' | 'greater' | 'equal') => (a: Node, b: Node) =>
      make(op, {}, [a, b]);
  const float = (shape: Shape): ValueType => ({ shape, dtype: 'float32' });
  const axesOf = (x: Node, axes: readonly number[] | undefined) => axes ?? x.shape.map((_, i) => i);

  return {
    devices: 1,
    input(name, shape, dtype = 'float32') {
      const node = make('input', { name }, [], { shape, dtype });
      const known = inputs.get(name);
      if (known && known !== node) throw new Error(`input ${name} is declared twice with different types`);
      inputs.set(name, node);
      return node;
    },
    constant: (value, shape = []) => make('constant', { value }, [], float(shape)),
    literal: (data, shape) =>
      make('literal', { data }, [], { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' }),

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
    equal: binary('equal'),

    reduceSum: (x, axes, keepDims = false) => make('reduceSum', { axes: axesOf(x, axes), keepDims }, [x]),
    reduceMax: (x, axes, keepDims = false) => make('reduceMax', { axes: axesOf(x, axes), keepDims }, [x]),
    argMax: (x, axis) => make('argMax', { axis }, [x]),

    reshape: (x, shape) => make('reshape', {}, [x], { shape, dtype: x.dtype }),
    transpose: (x, permutation) => make('transpose', { permutation }, [x]),
    broadcast: (x, shape) => make('broadcast', {}, [x], { shape, dtype: x.dtype }),
    slice: (x, begin, size) => make('slice', { begin }, [x], { shape: size, dtype: x.dtype }),
    pad: (x, before, after) => make('pad', { before, after }, [x]),
    concat: (args, axis) => make('concat', { axis }, args),
    oneHot: (indices, depth) => make('oneHot', { depth }, [indices]),
    gatherRows: (table, indices) => make('gatherRows', {}, [table, indices]),
    scatterRows: (rows, indices, shape) => make('scatterRows', {}, [rows, indices], float(shape)),

    matmul: (a, b, { transposeA = false, transposeB = false } = {}) =>
      make('matmul', { transposeA, transposeB }, [a, b]),
    conv2d: (x, kernel, geometry) => make('conv2d', geometry, [x, kernel]),
    conv2dInputGradient: (y, kernel, geometry, inputShape) =>
      make('conv2dInputGradient', geometry, [y, kernel], float(inputShape)),
    conv2dKernelGradient: (x, y, geometry, kernelShape) =>
      make('conv2dKernelGradient', geometry, [x, y], float(kernelShape)),

    maxPool: (x, geometry) => make('maxPool', geometry, [x]),
    maxPoolGather: (x, t, geometry) => make('maxPoolGather', geometry, [x, t]),
    maxPoolScatter: (x, y, geometry) => make('maxPoolScatter', geometry, [x, y]),
    averagePool: (x, geometry) => make('averagePool', geometry, [x]),
    averagePoolGradient: (y, geometry, inputShape) => make('averagePoolGradient', geometry, [y], float(inputShape)),

    batchNorm: (x, gamma, beta, epsilon) => make('batchNorm', { epsilon }, [x, gamma, beta]),
    batchNormGradient: (x, gamma, y, epsilon) => make('batchNormGradient', { epsilon }, [x, gamma, y]),
    batchNormGammaGradient: (x, y, epsilon) => make('batchNormGammaGradient', { epsilon }, [x, y]),
    inverseDeviation: (x, epsilon) => make('inverseDeviation', { epsilon }, [x]),
  };
}
