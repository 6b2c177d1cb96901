/** Keras's activation functions as graphs. */
import type { Builder } from '../../../graph/builder';
import { logSoftmax, scale } from '../../../graph/compose';
import type { Node } from '../../../graph/types';
import type { Fail } from '../../../models/failure';
import type { ConfigValue } from '../description';
import { normalizeIdentifier } from './config';

/** A function with which a layer ends. The kind decides what it means at the end of a model. */
export interface Activation {
  readonly kind: 'linear' | 'softmax' | 'sigmoid' | 'other';
  readonly name: string;
  /** The axis of a softmax, counted from the end where negative. */
  readonly axis?: number;
  apply(b: Builder, x: Node): Node;
}

type Curve = (b: Builder, x: Node) => Node;

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;
/** Slope of the activation `leakyRelu`; the layer LeakyReLU has its own. */
const LEAKY_RELU_SLOPE = 0.2;

/** min(x, limit), exact on both sides. */
export function minimumWith(b: Builder, x: Node, limit: number): Node {
  return b.negate(b.maximum(b.negate(x), b.constant(-limit)));
}

/** x where x > 0, else alpha (e^x - 1). */
export function elu(b: Builder, x: Node, alpha: number): Node {
  const exponential = b.exp(b.negate(b.relu(b.negate(x))));
  return b.add(b.relu(x), scale(b, b.subtract(exponential, b.constant(1)), alpha));
}

/** x where x > 0, else slope x; as a sum in which the derivative takes one pass. */
export function leakyRelu(b: Builder, x: Node, slope: number): Node {
  return b.add(scale(b, x, slope), scale(b, b.relu(x), 1 - slope));
}

function gaussianError(b: Builder, x: Node): Node {
  const distribution = scale(b, b.add(b.erf(scale(b, x, Math.SQRT1_2)), b.constant(1)), 0.5);
  return b.multiply(x, distribution);
}

/** The approximation of gelu: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))). */
function gaussianErrorByTanh(b: Builder, x: Node): Node {
  const cube = b.multiply(b.multiply(x, x), x);
  const inner = scale(b, b.add(x, scale(b, cube, 0.044715)), Math.sqrt(2 / Math.PI));
  return scale(b, b.multiply(x, b.add(b.tanh(inner), b.constant(1))), 0.5);
}

const curves: { readonly [identifier: string]: Curve } = {
  relu: (b, x) => b.relu(x),
  relu6: (b, x) => minimumWith(b, b.relu(x), 6),
  elu: (b, x) => elu(b, x, 1),
  selu: (b, x) => scale(b, elu(b, x, SELU_ALPHA), SELU_SCALE),
  leakyrelu: (b, x) => leakyRelu(b, x, LEAKY_RELU_SLOPE),
  // Keras 2's and tfjs's: x/5 + 1/2 between 0 and 1.
  hardsigmoid: (b, x) => minimumWith(b, b.relu(b.add(scale(b, x, 0.2), b.constant(0.5))), 1),
  tanh: (b, x) => b.tanh(x),
  softplus: (b, x) => b.softplus(x),
  softsign: (b, x) => b.divide(x, b.add(b.abs(x), b.constant(1))),
  swish: (b, x) => b.multiply(x, b.sigmoid(x)),
  // Keras 3's: x relu6(x + 3) / 6.
  hardsilu: (b, x) => b.multiply(x, scale(b, minimumWith(b, b.relu(b.add(x, b.constant(3))), 6), 1 / 6)),
  gelu: gaussianError,
  gelunew: gaussianErrorByTanh,
  mish: (b, x) => b.multiply(x, b.tanh(b.softplus(x))),
  exponential: (b, x) => b.exp(x),
};

const aliases: { readonly [identifier: string]: string } = { silu: 'swish', hardswish: 'hardsilu' };

const supported =
  'linear, relu, relu6, elu, selu, leakyRelu, sigmoid, hardSigmoid, tanh, softplus, softsign, softmax, logSoftmax, ' +
  'swish (silu), hardSilu, gelu, gelu_new, mish and exponential';

/** The identity. */
export const linear: Activation = { kind: 'linear', name: 'linear', apply: (_b, x) => x };

/** An activation that is neither linear nor a softmax nor a sigmoid. */
export function activation(name: string, apply: Curve): Activation {
  return { kind: 'other', name, apply };
}

/** The logistic function. */
const sigmoid: Activation = { kind: 'sigmoid', name: 'sigmoid', apply: (b, x) => b.sigmoid(x) };

/** Softmax over one axis, counted from the end where negative; an axis outside the tensor ends in `fail`. */
export function softmaxActivation(axis: number, fail: Fail): Activation {
  return {
    kind: 'softmax',
    name: 'softmax',
    axis,
    apply(b, x) {
      const axes = [resolveAxis(x, axis, fail)];
      const exponentials = b.exp(b.subtract(x, b.stopGradient(b.reduceMax(x, axes, true))));
      return b.divide(exponentials, b.reduceSum(exponentials, axes, true));
    },
  };
}

/** To a softmax cross-entropy, log-softmax is what softmax is: the same logits, shifted. */
const logSoftmaxActivation: Activation = { kind: 'softmax', name: 'logSoftmax', axis: -1, apply: logSoftmax };

function resolveAxis(x: Node, axis: number, fail: Fail): number {
  const resolved = axis < 0 ? axis + x.shape.length : axis;
  if (resolved < 1 || resolved >= x.shape.length) fail(`axis ${axis} is not an axis of its input after the batch.`);
  return resolved;
}

/** The activation an option names; absent is linear, an unknown one ends in `fail`. */
export function resolveActivation(identifier: ConfigValue | undefined, fail: Fail): Activation {
  if (identifier === undefined || identifier === null) return linear;
  const name = activationName(identifier);
  if (name === undefined) return fail(`the activation ${JSON.stringify(identifier)} is not understood.`);
  const normalized = normalizeIdentifier(name);
  if (normalized === 'linear') return linear;
  if (normalized === 'sigmoid') return sigmoid;
  if (normalized === 'softmax') return softmaxActivation(-1, fail);
  if (normalized === 'logsoftmax') return logSoftmaxActivation;
  const curve = curves[aliases[normalized] ?? normalized];
  if (!curve) return fail(`the activation ${name} is not supported.`, `Supported are ${supported}.`);
  return activation(name, curve);
}

/** Keras 3 writes functions as `{ className: 'function', config: 'relu' }`. */
function activationName(identifier: ConfigValue): string | undefined {
  if (typeof identifier === 'string') return identifier;
  if (identifier === null || typeof identifier !== 'object' || Array.isArray(identifier)) return undefined;
  return identifier.className === 'function' && typeof identifier.config === 'string' ? identifier.config : undefined;
}
