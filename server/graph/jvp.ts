/** Forward-mode rules: the tangent of an operation's result from the tangents of its arguments. A total table. */
import type { Builder } from './builder';
import { scale, square, valuesPerChannel } from './compose';
import { batchNormSecondDerivative, projectedProduct } from './normalization';
import { reducedShape } from './shapes';
import type { Node, OpName, OpNode } from './types';

/** A tangent shaped as its primal; `undefined` stands for zero. */
export type Tangent = Node | undefined;

/** Gives the tangent of `y` from those of its arguments; at least one of them is not zero. */
export type JvpRule<K extends OpName> = (b: Builder, y: OpNode<K>, tangents: readonly Tangent[]) => Tangent;

const none = (): undefined => undefined;

/** Sum of tangents, where some may be zero. */
export function addTangents(b: Builder, ...tangents: readonly Tangent[]): Tangent {
  return tangents.reduce((sum, tangent) => (sum && tangent ? b.add(sum, tangent) : (sum ?? tangent)), undefined);
}

/** A rule for y = f(x) elementwise from t -> f'(x) t. */
function elementwise<K extends OpName>(derivative: (b: Builder, y: OpNode<K>, t: Node) => Node): JvpRule<K> {
  return (b, y, [t]) => t && derivative(b, y, t);
}

/** A rule for an operation linear in each argument separately: the sum of the operation with one argument replaced. */
function multilinear<K extends OpName>(
  apply: (b: Builder, y: OpNode<K>, args: readonly Node[]) => Node,
  positions: readonly number[],
): JvpRule<K> {
  return (b, y, tangents) =>
    addTangents(
      b,
      ...positions.map((position) => {
        const tangent = tangents[position];
        return tangent && apply(b, y, y.args.with(position, tangent));
      }),
    );
}

const widened = (b: Builder, t: Tangent, y: { readonly shape: readonly number[] }): Tangent =>
  t && b.broadcast(t, y.shape);

const last = (y: { readonly args: readonly Node[] }) => y.args[0];

/** In the formulas, dy is the tangent of the result, and dx that of an argument x. */
export const jvpRules: { [K in OpName]: JvpRule<K> } = {
  input: none,
  constant: none,
  literal: none,

  // y = -x:  dy = -dx
  negate: elementwise((b, _y, t) => b.negate(t)),
  // y = eˣ:  dy = y dx
  exp: elementwise((b, y, t) => b.multiply(t, y as Node)),
  // y = log x:  dy = dx / x
  log: elementwise((b, y, t) => b.divide(t, last(y))),
  // y = √x:  dy = dx / (2 y)
  sqrt: elementwise((b, y, t) => b.divide(scale(b, t, 0.5), y as Node)),
  // y = tanh x:  dy = (1 - y²) dx
  tanh: elementwise((b, y, t) => b.multiply(t, b.subtract(b.constant(1), square(b, y as Node)))),
  // y = 1 / (1 + e⁻ˣ):  dy = y (1 - y) dx
  sigmoid: elementwise((b, y, t) => b.multiply(t, b.multiply(y as Node, b.subtract(b.constant(1), y as Node)))),
  // y = log(1 + eˣ):  dy = sigmoid(x) dx
  softplus: elementwise((b, y, t) => b.multiply(t, b.sigmoid(last(y)))),
  // y = erf x:  dy = 2/√π e^(-x²) dx
  erf: elementwise((b, y, t) => b.multiply(t, scale(b, b.exp(b.negate(square(b, last(y)))), 2 / Math.sqrt(Math.PI)))),
  // y = |x|:  dy = sign(x) dx
  abs: elementwise((b, y, t) => b.multiply(t, b.sign(last(y)))),
  // Constant almost everywhere:  dy = 0
  sign: none,
  // y = max(x, 0):  dy = [x > 0] dx
  relu: elementwise((b, y, t) => b.gate(last(y), t)),
  // y = x, but dy = 0 by definition
  stopGradient: none,
  // y = sum of the devices' x:  dy = sum of the devices' dx
  deviceSum: elementwise((b, _y, t) => b.deviceSum(t)),

  // y = u + v:  dy = du + dv
  add: (b, y, [s, t]) => (s && t ? b.add(s, t) : widened(b, s ?? t, y)),
  // y = u - v:  dy = du - dv
  subtract: (b, y, [s, t]) => (s && t ? b.subtract(s, t) : widened(b, s ?? (t && b.negate(t)), y)),
  // y = u v:  dy = du v + u dv
  multiply: multilinear((b, _y, [s, t]) => b.multiply(s, t), [0, 1]),
  // y = u / v:  dy = du / v - y dv / v
  divide: (b, y, [s, t]) => {
    const numerator = s && b.divide(s, y.args[1]);
    const denominator = t && b.negate(b.divide(b.multiply(y as Node, t), y.args[1]));
    return addTangents(b, numerator, denominator);
  },
  // y = max(u, v):  dy = dv where v > u, du elsewhere
  maximum: (b, y, [s, t]) => {
    const difference = b.subtract(y.args[1], y.args[0]);
    const whole = widened(b, s, y);
    const first = whole && b.subtract(whole, b.gate(difference, whole));
    return addTangents(b, first, t && b.gate(difference, t));
  },
  // y = [u > 0] v:  dy = [u > 0] dv
  gate: (b, y, [, t]) => t && b.gate(y.args[0], t),
  // Constant almost everywhere:  dy = 0
  greater: none,
  equal: none,

  // y = Σ x:  dy = Σ dx
  reduceSum: (b, y, [t]) => t && b.reduceSum(t, y.attributes.axes, y.attributes.keepDims),
  // y = max x:  dy = the mean of dx over the maxima
  reduceMax: (b, y, [t]) => {
    if (!t) return undefined;
    const [x] = y.args;
    const { axes, keepDims } = y.attributes;
    const isMaximum = b.equal(x, b.reshape(y as Node, reducedShape(x.shape, axes, true)));
    const total = b.reduceSum(b.multiply(t, isMaximum), axes, keepDims);
    return b.divide(total, b.reduceSum(isMaximum, axes, keepDims));
  },
  // An index:  dy = 0
  argMax: none,

  // Rearrangements are linear: dy is the same rearrangement of dx
  reshape: (b, y, [t]) => t && b.reshape(t, y.shape),
  transpose: (b, y, [t]) => t && b.transpose(t, y.attributes.permutation),
  broadcast: (b, y, [t]) => widened(b, t, y),
  slice: (b, y, [t]) => t && b.slice(t, y.attributes.begin, y.shape),
  pad: (b, y, [t]) => t && b.pad(t, y.attributes.before, y.attributes.after),
  concat: (b, y, tangents) =>
    b.concat(
      y.args.map((arg, i) => tangents[i] ?? b.constant(0, arg.shape)),
      y.attributes.axis,
    ),
  // Of an index:  dy = 0
  oneHot: none,
  // y = T[i]:  dy = dT[i].  y = Σ x at i:  dy = Σ dx at i
  gatherRows: (b, y, [t]) => t && b.gatherRows(t, y.args[1]),
  scatterRows: (b, y, [t]) => t && b.scatterRows(t, y.args[1], y.shape),

  // y = U V:  dy = dU V + U dV, with the same transpositions
  matmul: multilinear((b, y, [s, t]) => b.matmul(s, t, y.attributes), [0, 1]),
  // y = x * k:  dy = dx * k + x * dk; the two gradients are bilinear as well
  conv2d: multilinear((b, y, [x, kernel]) => b.conv2d(x, kernel, y.attributes), [0, 1]),
  conv2dInputGradient: multilinear(
    (b, y, [output, kernel]) => b.conv2dInputGradient(output, kernel, y.attributes, y.shape),
    [0, 1],
  ),
  conv2dKernelGradient: multilinear(
    (b, y, [x, output]) => b.conv2dKernelGradient(x, output, y.attributes, y.shape),
    [0, 1],
  ),

  // y = S x, where S selects the maxima of the windows of x:  dy = S dx
  maxPool: (b, y, [t]) => t && b.maxPoolGather(y.args[0], t, y.attributes),
  // y = S t:  dy = S dt; S is piecewise constant in x
  maxPoolGather: (b, y, [, t]) => t && b.maxPoolGather(y.args[0], t, y.attributes),
  // y = Sᵀ t:  dy = Sᵀ dt
  maxPoolScatter: (b, y, [, t]) => t && b.maxPoolScatter(y.args[0], t, y.attributes),
  // y = P x:  dy = P dx
  averagePool: (b, y, [t]) => t && b.averagePool(t, y.attributes),
  // y = Pᵀ x:  dy = Pᵀ dx
  averagePoolGradient: (b, y, [t]) => t && b.averagePoolGradient(t, y.attributes, y.shape),

  // y = γ h + β, with h, d and the symmetric B of normalization.ts:  dy = B(γ, dx) + dγ h + dβ
  batchNorm: (b, y, [tx, tGamma, tBeta]) => {
    const [x, gamma] = y.args;
    const { epsilon } = y.attributes;
    const zero = b.constant(0, gamma.shape);
    const affine = (tGamma || tBeta) && b.batchNorm(x, tGamma ?? zero, tBeta ?? zero, epsilon);
    return addTangents(b, tx && b.batchNormGradient(x, gamma, tx, epsilon), affine);
  },
  // y = B(γ, t):  dy = B(γ, dt) + B(dγ, t) + ∂B(γ, t)/∂x applied to dx
  batchNormGradient: (b, y, [tx, tGamma, t]) => {
    const [x, gamma, c] = y.args;
    const { epsilon } = y.attributes;
    return addTangents(
      b,
      t && b.batchNormGradient(x, gamma, t, epsilon),
      tx
        ? batchNormSecondDerivative(b, x, gamma, c, tx, epsilon, tGamma)
        : tGamma && b.batchNormGradient(x, tGamma, c, epsilon),
    );
  },
  // y = Σ t h:  dy = Σ dt h + Σ t B(1, dx)
  batchNormGammaGradient: (b, y, [tx, t]) => {
    const [x, c] = y.args;
    const { epsilon } = y.attributes;
    return addTangents(b, t && b.batchNormGammaGradient(x, t, epsilon), tx && projectedProduct(b, x, c, tx, epsilon));
  },
  // y = d:  dy = -d² (Σ dx h) / n, for n values a channel
  inverseDeviation: (b, y, [t]) => {
    if (!t) return undefined;
    const [x] = y.args;
    const slope = b.multiply(square(b, y as Node), b.batchNormGammaGradient(x, t, y.attributes.epsilon));
    return scale(b, slope, -1 / valuesPerChannel(x));
  },
};
