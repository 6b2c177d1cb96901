/**
 * Second derivatives of batch normalization.
 *
 * With n values a channel, h the normalized x, d = 1/sqrt(var + epsilon) and m(.) the mean over a channel, the Jacobian
 * of batchNorm is the symmetric map B(g, y) = g d (y - m(y) - h m(y h)), and
 *     F(x; y, z) = sum(z B(g, y)) = g d n q,   q = m(y z) - m(y) m(z) - a_y a_z,   a_y = m(y h)
 * is symmetric in y and z. Its gradient in x, which by symmetry is also the derivative of B(g, y) along z, is
 *     -[ g d^2 q h + B(g d a_z, y) + B(g d a_y, z) ].
 */
import type { Builder } from './builder';
import { channelMean, scale, square, valuesPerChannel } from './compose';
import type { Node } from './types';

interface Correlation {
  /** d, [c]. */
  readonly deviation: Node;
  /** a_y, [c]. */
  readonly first: Node;
  /** a_z, [c]. */
  readonly second: Node;
  /** q, [c]. */
  readonly projected: Node;
}

function correlate(b: Builder, x: Node, y: Node, z: Node, epsilon: number): Correlation {
  const perValue = 1 / valuesPerChannel(x);
  const first = scale(b, b.batchNormGammaGradient(x, y, epsilon), perValue);
  const second = scale(b, b.batchNormGammaGradient(x, z, epsilon), perValue);
  const means = b.multiply(channelMean(b, y), channelMean(b, z));
  const projected = b.subtract(b.subtract(channelMean(b, b.multiply(y, z)), means), b.multiply(first, second));
  return { deviation: b.inverseDeviation(x, epsilon), first, second, projected };
}

/** sum(z B(1, y)) per channel, [c]: n d q, without a pass over a normalized tensor. */
export function projectedProduct(b: Builder, x: Node, y: Node, z: Node, epsilon: number): Node {
  const { deviation, projected } = correlate(b, x, y, z, epsilon);
  return scale(b, b.multiply(deviation, projected), valuesPerChannel(x));
}

/**
 * The derivative of B(gamma, y) with respect to x, along z or against the cotangent z; shape of x. A tangent of gamma,
 * whose part B(gammaTangent, y) is of the same form, can be added at no cost.
 */
export function batchNormSecondDerivative(
  b: Builder,
  x: Node,
  gamma: Node,
  y: Node,
  z: Node,
  epsilon: number,
  gammaTangent: Node = b.constant(0, gamma.shape),
): Node {
  const { deviation, first, second, projected } = correlate(b, x, y, z, epsilon);
  const scaled = b.negate(b.multiply(gamma, deviation));
  const alongX = b.multiply(b.multiply(scaled, deviation), projected);
  const zero = b.constant(0, gamma.shape);
  return b.add(
    b.add(
      b.batchNormGradient(x, b.add(gammaTangent, b.multiply(scaled, second)), y, epsilon),
      b.batchNormGradient(x, b.multiply(scaled, first), z, epsilon),
    ),
    b.batchNorm(x, alongX, zero, epsilon),
  );
}

/** The derivative of d = 1/sqrt(var + epsilon) against the cotangent c [c]: -d^2 h c / n; shape of x. */
export function inverseDeviationGradient(b: Builder, x: Node, c: Node, epsilon: number): Node {
  const squared = square(b, b.inverseDeviation(x, epsilon));
  const gamma = scale(b, b.multiply(squared, c), -1 / valuesPerChannel(x));
  return b.batchNorm(x, gamma, b.constant(0, gamma.shape), epsilon);
}
