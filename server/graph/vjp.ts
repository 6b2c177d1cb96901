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

/** In the formulas, dy is the cotangent c of the result, and dx that of an argument x. */
export const vjpRules: { [K in OpName]: VjpRule<K> } = {
  input: none,
  constant: none,
  literal: none,

  // y = -x:  dx = -dy
  negate: (b, _y, c) => b.negate(c),
  // y = eˣ:  dx = dy y
  exp: (b, y, c) => b.multiply(c, y as Node),
  // y = log x:  dx = dy / x
  log: (b, y, c) => b.divide(c, y.args[0]),
  // y = √x:  dx = dy / (2 y)
  sqrt: (b, y, c) => b.divide(scale(b, c, 0.5), y as Node),
  // y = tanh x:  dx = dy (1 - y²)
  tanh: (b, y, c) => b.multiply(c, b.subtract(b.constant(1), square(b, y as Node))),
  // y = 1 / (1 + e⁻ˣ):  dx = dy y (1 - y)
  sigmoid: (b, y, c) => b.multiply(c, b.multiply(y as Node, b.subtract(b.constant(1), y as Node))),
  // y = log(1 + eˣ):  dx = dy sigmoid(x)
  softplus: (b, y, c) => b.multiply(c, b.sigmoid(y.args[0])),
  // y = erf x:  dx = dy 2/√π e^(-x²)
  erf: (b, y, c) => b.multiply(c, scale(b, b.exp(b.negate(square(b, y.args[0]))), 2 / Math.sqrt(Math.PI))),
  // y = |x|:  dx = dy sign(x)
  abs: (b, y, c) => b.multiply(c, b.sign(y.args[0])),
  // Constant almost everywhere:  dx = 0
  sign: none,
  // y = max(x, 0):  dx = dy [x > 0]
  relu: (b, y, c) => b.gate(y.args[0], c),
  // y = x, but dx = 0 by definition
  stopGradient: none,
  // y = sum of the devices' x:  dx = sum of the devices' dy, as what is minimized is the sum over the devices
  deviceSum: (b, _y, c) => b.deviceSum(c),

  // y = u + v:  du = dy, dv = dy; here and below summed over the axes along which an argument was broadcast
  add: (b, y, c, position) => unbroadcast(b, c, y.args[position]),
  // y = u - v:  du = dy, dv = -dy
  subtract: (b, y, c, position) => unbroadcast(b, position === 0 ? c : b.negate(c), y.args[position]),
  // y = u v:  du = dy v, dv = dy u
  multiply: (b, y, c, position) => unbroadcast(b, b.multiply(c, y.args[1 - position]), y.args[position]),
  // y = u / v:  du = dy / v, dv = -dy y / v
  divide: (b, y, c, position) => {
    const quotient = b.divide(c, y.args[1]);
    return unbroadcast(b, position === 0 ? quotient : b.negate(b.multiply(quotient, y as Node)), y.args[position]);
  },
  // y = max(u, v):  dv = dy [v > u], du = dy - dv, so that ties go to u
  maximum: (b, y, c, position) => {
    const toSecond = b.gate(b.subtract(y.args[1], y.args[0]), c);
    return unbroadcast(b, position === 0 ? b.subtract(c, toSecond) : toSecond, y.args[position]);
  },
  // y = [u > 0] v:  du = 0, dv = dy [u > 0]
  gate: (b, y, c, position) => (position === 0 ? undefined : unbroadcast(b, b.gate(y.args[0], c), y.args[1])),
  // Constant almost everywhere:  du = dv = 0
  greater: none,
  equal: none,

  // y = Σ x:  dx = dy, repeated along the summed axes
  reduceSum: (b, y, c) => spread(b, c, y.args[0].shape, y.attributes.axes),
  // y = max x:  dx = dy [x = y] / (number of maxima)
  reduceMax: (b, y, c) => {
    const [x] = y.args;
    const { axes } = y.attributes;
    const isMaximum = b.equal(x, spread(b, y as Node, x.shape, axes));
    return b.multiply(spread(b, c, x.shape, axes), b.divide(isMaximum, b.reduceSum(isMaximum, axes, true)));
  },
  // An index:  dx = 0
  argMax: none,

  // dx = dy, in x's shape
  reshape: (b, y, c) => b.reshape(c, y.args[0].shape),
  // y = x permuted by p:  dx = dy permuted by p⁻¹
  transpose: (b, y, c) => {
    const inverse = y.attributes.permutation.map((_, axis) => y.attributes.permutation.indexOf(axis));
    return b.transpose(c, inverse);
  },
  // dx = Σ dy over the copies of each element
  broadcast: (b, y, c) => unbroadcast(b, c, y.args[0]),
  // y = a block of x:  dx = dy with zeros around it
  slice: (b, y, c) => {
    const { begin } = y.attributes;
    return b.pad(
      c,
      begin,
      y.args[0].shape.map((extent, i) => extent - begin[i] - y.shape[i]),
    );
  },
  // y = x with zeros around it:  dx = the block of dy in the place of x
  pad: (b, y, c) => b.slice(c, y.attributes.before, y.args[0].shape),
  // y = (x₀, x₁, …):  dxᵢ = the block of dy in the place of xᵢ
  concat: (b, y, c, position) => {
    const { axis } = y.attributes;
    const offset = y.args.slice(0, position).reduce((sum, arg) => sum + arg.shape[axis], 0);
    return b.slice(
      c,
      c.shape.map((_, i) => (i === axis ? offset : 0)),
      y.args[position].shape,
    );
  },
  // Of an index:  dx = 0
  oneHot: none,
  // y = T[i]:  dT = Σ dy at i.  y = Σ x at i:  dx = dy[i]
  gatherRows: (b, y, c, position) => (position === 0 ? b.scatterRows(c, y.args[1], y.args[0].shape) : undefined),
  scatterRows: (b, y, c, position) => (position === 0 ? b.gatherRows(c, y.args[1]) : undefined),

  // y = U V:  dU = dy Vᵀ, dV = Uᵀ dy.  y = Uᵀ V:  dU = V dyᵀ.  y = U Vᵀ:  dV = dyᵀ U
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
  // All three convolutions are partial derivatives of T(x, k, y) = Σ y (x * k), linear in each of x, k and y:
  // conv2d(x, k) = ∂T/∂y, conv2dInputGradient(y, k) = ∂T/∂x, conv2dKernelGradient(x, y) = ∂T/∂k. So the gradient of each in
  // one of its two arguments is the derivative of T in that argument, with dy in the place of the result.
  // y = x * k:  dx = conv2dInputGradient(dy, k), dk = conv2dKernelGradient(x, dy)
  conv2d: (b, y, c, position) => {
    const [x, kernel] = y.args;
    return position === 0
      ? b.conv2dInputGradient(c, kernel, y.attributes, x.shape)
      : b.conv2dKernelGradient(x, c, y.attributes, kernel.shape);
  },
  // y = conv2dInputGradient(u, k), shaped as x:  du = dy * k, dk = conv2dKernelGradient(dy, u)
  conv2dInputGradient: (b, y, c, position) => {
    const [output, kernel] = y.args;
    return position === 0
      ? b.conv2d(c, kernel, y.attributes)
      : b.conv2dKernelGradient(c, output, y.attributes, kernel.shape);
  },
  // y = conv2dKernelGradient(x, u), shaped as k:  dx = conv2dInputGradient(u, dy), du = x * dy
  conv2dKernelGradient: (b, y, c, position) => {
    const [x, output] = y.args;
    return position === 0 ? b.conv2dInputGradient(output, c, y.attributes, x.shape) : b.conv2d(x, c, y.attributes);
  },

  // y = S x, where S selects the maxima of the windows of x:  dx = Sᵀ dy = maxPoolScatter(x, dy)
  maxPool: (b, y, c) => b.maxPoolScatter(y.args[0], c, y.attributes),
  // y = S t:  dt = Sᵀ dy; S is piecewise constant in x:  dx = 0
  maxPoolGather: (b, y, c, position) => (position === 0 ? undefined : b.maxPoolScatter(y.args[0], c, y.attributes)),
  // y = Sᵀ t:  dt = S dy, dx = 0
  maxPoolScatter: (b, y, c, position) => (position === 0 ? undefined : b.maxPoolGather(y.args[0], c, y.attributes)),
  // y = P x:  dx = Pᵀ dy
  averagePool: (b, y, c) => b.averagePoolGradient(c, y.attributes, y.args[0].shape),
  // y = Pᵀ x:  dx = P dy
  averagePoolGradient: (b, y, c) => b.averagePool(c, y.attributes),

  // y = γ h + β, with h, d and the symmetric B of normalization.ts:  dx = B(γ, dy), dγ = Σ dy h, dβ = Σ dy
  batchNorm: (b, y, c, position) => {
    const [x, gamma] = y.args;
    const { epsilon } = y.attributes;
    if (position === 0) return b.batchNormGradient(x, gamma, c, epsilon);
    return position === 1 ? b.batchNormGammaGradient(x, c, epsilon) : channelSum(b, c);
  },
  // y = B(γ, t):  dx = ∂B(γ, t)/∂x applied to dy, dγ = Σ dy B(1, t), dt = B(γ, dy)
  batchNormGradient: (b, y, c, position) => {
    const [x, gamma, t] = y.args;
    const { epsilon } = y.attributes;
    if (position === 0) return batchNormSecondDerivative(b, x, gamma, t, c, epsilon);
    return position === 1 ? projectedProduct(b, x, t, c, epsilon) : b.batchNormGradient(x, gamma, c, epsilon);
  },
  // y = Σ t h:  dx = B(dy, t), dt = dy h
  batchNormGammaGradient: (b, y, c, position) => {
    const [x, t] = y.args;
    const { epsilon } = y.attributes;
    return position === 0 ? b.batchNormGradient(x, c, t, epsilon) : b.batchNorm(x, c, b.constant(0, c.shape), epsilon);
  },
  // y = d:  dx = -d² h dy / n, for n values a channel
  inverseDeviation: (b, y, c) => inverseDeviationGradient(b, y.args[0], c, y.attributes.epsilon),
};
