/** Making an operation again from its attributes and other arguments. A total table. */
import type { Shape } from '../protocol/tensor';
import type { Builder } from './builder';
import type { Node, OpAttributes, OpName, OpNode } from './types';

/** `shape` is that of the result, for operations whose result's shape is free. */
type Maker<K extends OpName> = (b: Builder, attributes: OpAttributes[K], args: readonly Node[], shape: Shape) => Node;

type Unary = { [K in OpName]: Builder[K] extends (x: Node) => Node ? K : never }[OpName];
const unary =
  (op: Unary): Maker<OpName> =>
  (b, _attributes, [x]) =>
    b[op](x);

type Binary = 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'gate' | 'greater' | 'equal';
const binary =
  (op: Binary): Maker<OpName> =>
  (b, _attributes, [x, y]) =>
    b[op](x, y);

const makers: { [K in OpName]: Maker<K> } = {
  // Their types are declared where they are made, so that a value of another type is a mistake there.
  input: (b, { name }, _args, shape) => b.input(name, shape),
  constant: (b, { value }, _args, shape) => b.constant(value, shape),
  literal: (b, { data }, _args, shape) => b.literal(data, shape),
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
  reduceSum: (b, { axes, keepDims }, [x]) => b.reduceSum(x, axes, keepDims),
  reduceMax: (b, { axes, keepDims }, [x]) => b.reduceMax(x, axes, keepDims),
  argMax: (b, { axis }, [x]) => b.argMax(x, axis),
  reshape: (b, _attributes, [x], shape) => b.reshape(x, shape),
  transpose: (b, { permutation }, [x]) => b.transpose(x, permutation),
  broadcast: (b, _attributes, [x], shape) => b.broadcast(x, shape),
  slice: (b, { begin }, [x], shape) => b.slice(x, begin, shape),
  pad: (b, { before, after }, [x]) => b.pad(x, before, after),
  concat: (b, { axis }, args) => b.concat(args, axis),
  oneHot: (b, { depth }, [x]) => b.oneHot(x, depth),
  gatherRows: (b, _attributes, [table, indices]) => b.gatherRows(table, indices),
  scatterRows: (b, _attributes, [rows, indices], shape) => b.scatterRows(rows, indices, shape),
  matmul: (b, attributes, [x, y]) => b.matmul(x, y, attributes),
  conv2d: (b, geometry, [x, kernel]) => b.conv2d(x, kernel, geometry),
  conv2dInputGradient: (b, geometry, [y, kernel], shape) => b.conv2dInputGradient(y, kernel, geometry, shape),
  conv2dKernelGradient: (b, geometry, [x, y], shape) => b.conv2dKernelGradient(x, y, geometry, shape),
  maxPool: (b, geometry, [x]) => b.maxPool(x, geometry),
  maxPoolGather: (b, geometry, [x, t]) => b.maxPoolGather(x, t, geometry),
  maxPoolScatter: (b, geometry, [x, y]) => b.maxPoolScatter(x, y, geometry),
  averagePool: (b, geometry, [x]) => b.averagePool(x, geometry),
  averagePoolGradient: (b, geometry, [y], shape) => b.averagePoolGradient(y, geometry, shape),
  batchNorm: (b, { epsilon }, [x, gamma, beta]) => b.batchNorm(x, gamma, beta, epsilon),
  batchNormGradient: (b, { epsilon }, [x, gamma, y]) => b.batchNormGradient(x, gamma, y, epsilon),
  batchNormGammaGradient: (b, { epsilon }, [x, y]) => b.batchNormGammaGradient(x, y, epsilon),
  inverseDeviation: (b, { epsilon }, [x]) => b.inverseDeviation(x, epsilon),
};

/** The operation of `node` over other arguments, with other attributes and another free shape where they are given. */
export function replay<K extends OpName>(
  b: Builder,
  node: OpNode<K>,
  args: readonly Node[],
  shape: Shape = node.shape,
  attributes: OpAttributes[K] = node.attributes,
): Node {
  return makers[node.op](b, attributes, args, shape);
}
