/** Reverse-mode rules: what a cotangent of an operation's result gives to each argument. A total table. */
import type { Shape } from '../protocol/tensor';
import type { Builder } from './builder';
import { channelSum, scale, square, sumToShape } from './compose';
import { batchNormSecondDerivative, inverseDeviationGradient, projectedProduct } from './normalization';
import { reducedShape } from './shapes';
import type { Node, OpName, OpNode } from './types';

/**
 * Gives, for an argument position, the cotangent of that argument, shaped as the argument; `undefined` stands for zero.
 * `y` is the node itself, so that its value can be used; `c` the cotangent, shaped as the node.
 */
export type VjpRule<K extends OpName> = (b: Builder, y: OpNode<K>, c: Node, position: number) => Node | undefined;

const none = (): undefined => undefined;

/** The cotangent brought back to an argument's shape, where the operation broadcast it. */
function unbroadcast(b: Builder, c: Node, arg: Node): Node {
  return sumToShape(b, c, arg.shape);
}

function spread(b: Builder, c: Node, shape: Shape, axes: readonly number[]): Node {
  return b.broadcast(b.reshape(c, reducedShape(shape, axes, true)), shape);
}

export const vjpRules: { [K in OpName]: VjpRule<K> } = {
  input: none,
  constant: none,
  literal: none,

  negate: (b, _y, c) => b.negate(c),
  exp: (b, y, c) => b.multiply(c, y as Node),
  log: (b, y, c) => b.divide(c, y.args[0]),
  sqrt: (b, y, c) => b.divide(scale(b, c, 0.5), y as Node),
  tanh: (b, y, c) => b.multiply(c, b.subtract(b.constant(1), square(b, y as Node))),
  sigmoid: (b, y, c) => b.multiply(c, b.multiply(y as Node, b.subtract(b.constant(1), y as Node))),
  softplus: (b, y, c) => b.multiply(c, b.sigmoid(y.args[0])),
  erf: (b, y, c) => b.multiply(c, scale(b, b.exp(b.negate(square(b, y.args[0]))), 2 / Math.sqrt(Math.PI))),
  abs: (b, y, c) => b.multiply(c, b.sign(y.args[0])),
  sign: none,
  relu: (b, y, c) => b.gate(y.args[0], c),
  stopGradient: none,

  add: (b, y, c, position) => unbroadcast(b, c, y.args[position]),
  subtract: (b, y, c, position) => unbroadcast(b, position === 0 ? c : b.negate(c), y.args[position]),
  multiply: (b, y, c, position) => unbroadcast(b, b.multiply(c, y.args[1 - position]), y.args[position]),
  divide: (b, y, c, position) => {
    const quotient = b.divide(c, y.args[1]);
    return unbroadcast(b, position === 0 ? quotient : b.negate(b.multiply(quotient, y as Node)), y.args[position]);
  },
  maximum: (b, y, c, position) => {
    const toSecond = b.gate(b.subtract(y.args[1], y.args[0]), c);
    return unbroadcast(b, position === 0 ? b.subtract(c, toSecond) : toSecond, y.args[position]);
  },
  gate: (b, y, c, position) => (position === 0 ? undefined : unbroadcast(b, b.gate(y.args[0], c), y.args[1])),
  greater: none,
  equal: none,

  reduceSum: (b, y, c) => spread(b, c, y.args[0].shape, y.attributes.axes),
  reduceMax: (b, y, c) => {
    const [x] = y.args;
    const { axes } = y.attributes;
    const isMaximum = b.equal(x, spread(b, y as Node, x.shape, axes));
    return b.multiply(spread(b, c, x.shape, axes), b.divide(isMaximum, b.reduceSum(isMaximum, axes, true)));
  },
  argMax: none,

  reshape: (b, y, c) => b.reshape(c, y.args[0].shape),
  transpose: (b, y, c) => {
    const inverse = y.attributes.permutation.map((_, axis) => y.attributes.permutation.indexOf(axis));
    return b.transpose(c, inverse);
  },
  broadcast: (b, y, c) => unbroadcast(b, c, y.args[0]),
  slice: (b, y, c) => {
    const { begin } = y.attributes;
    return b.pad(
      c,
      begin,
      y.args[0].shape.map((extent, i) => extent - begin[i] - y.shape[i]),
    );
  },
  pad: (b, y, c) => b.slice(c, y.attributes.before, y.args[0].shape),
  concat: (b, y, c, position) => {
    const { axis } = y.attributes;
    const offset = y.args.slice(0, position).reduce((sum, arg) => sum + arg.shape[axis], 0);
    return b.slice(
      c,
      c.shape.map((_, i) => (i === axis ? offset : 0)),
      y.args[position].shape,
    );
  },
  oneHot: none,
  // y = T[i]: dT = sum of dy at i. And y = sum of x at i: dx = dy[i].
  gatherRows: (b, y, c, position) => (position === 0 ? b.scatterRows(c, y.args[1], y.args[0].shape) : undefined),
  scatterRows: (b, y, c, position) => (position === 0 ? b.gatherRows(c, y.args[1]) : undefined),

  matmul: (b, y, c, position) => {
    const [left, right] = y.args;
    const { transposeA, transposeB } = y.attributes;
    if (position === 0) {
      return transposeA
        ? b.matmul(right, c, { transposeA: transposeB, transposeB: true })
        : b.matmul(c, right, { transposeB: !transposeB });
    }
    return transposeB
      ? b.matmul(c, left, { transposeA: true, transposeB: transposeA })
      : b.matmul(left, c, { transposeA: !transposeA });
  },
  conv2d: (b, y, c, position) => {
    const [x, kernel] = y.args;
    return position === 0
      ? b.conv2dInputGradient(c, kernel, y.attributes, x.shape)
      : b.conv2dKernelGradient(x, c, y.attributes, kernel.shape);
  },
  conv2dInputGradient: (b, y, c, position) => {
    const [output, kernel] = y.args;
    return position === 0
      ? b.conv2d(c, kernel, y.attributes)
      : b.conv2dKernelGradient(c, output, y.attributes, kernel.shape);
  },
  conv2dKernelGradient: (b, y, c, position) => {
    const [x, output] = y.args;
    return position === 0 ? b.conv2dInputGradient(output, c, y.attributes, x.shape) : b.conv2d(x, c, y.attributes);
  },

  maxPool: (b, y, c) => b.maxPoolScatter(y.args[0], c, y.attributes),
  maxPoolGather: (b, y, c, position) => (position === 0 ? undefined : b.maxPoolScatter(y.args[0], c, y.attributes)),
  maxPoolScatter: (b, y, c, position) => (position === 0 ? undefined : b.maxPoolGather(y.args[0], c, y.attributes)),
  averagePool: (b, y, c) => b.averagePoolGradient(c, y.attributes, y.args[0].shape),
  averagePoolGradient: (b, y, c) => b.averagePool(c, y.attributes),

  batchNorm: (b, y, c, position) => {
    const [x, gamma] = y.args;
    const { epsilon } = y.attributes;
    if (position === 0) return b.batchNormGradient(x, gamma, c, epsilon);
    return position === 1 ? b.batchNormGammaGradient(x, c, epsilon) : channelSum(b, c);
  },
  batchNormGradient: (b, y, c, position) => {
    const [x, gamma, t] = y.args;
    const { epsilon } = y.attributes;
    if (position === 0) return batchNormSecondDerivative(b, x, gamma, t, c, epsilon);
    return position === 1 ? projectedProduct(b, x, t, c, epsilon) : b.batchNormGradient(x, gamma, c, epsilon);
  },
  batchNormGammaGradient: (b, y, c, position) => {
    const [x, t] = y.args;
    const { epsilon } = y.attributes;
    return position === 0 ? b.batchNormGradient(x, c, t, epsilon) : b.batchNorm(x, c, b.constant(0, c.shape), epsilon);
  },
  inverseDeviation: (b, y, c) => inverseDeviationGradient(b, y.args[0], c, y.attributes.epsilon),
};
