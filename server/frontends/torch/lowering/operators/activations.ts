/** Activation functions. */
import { sizeOf } from '../../../../protocol/tensor';
import { add, GREATER, logSoftmax, map, multiply, reshape, slice, softmax, subtract, times, zip } from '../primitives';
import type { Operator, Operators, Scope } from '../scope';
import { scalar, type Tensor } from '../tensor';
import { clamp } from './arithmetic';

type Curve = (scope: Scope, x: Tensor) => Tensor;

const curve =
  (f: Curve): Operator =>
  (scope, call) =>
    f(scope, call.tensor(0));

export const relu: Curve = ({ b }, x) =>
  map(b, x, { value: (value) => Math.max(value, 0), node: (_b, node) => b.relu(node) });
export const sigmoid: Curve = ({ b }, x) =>
  map(b, x, { value: (value) => 1 / (1 + Math.exp(-value)), node: (_b, node) => b.sigmoid(node) });
export const tanh: Curve = ({ b }, x) => map(b, x, { value: Math.tanh, node: (_b, node) => b.tanh(node) });
const softplus: Curve = ({ b }, x) =>
  map(b, x, {
    value: (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value))),
    node: (_b, node) => b.softplus(node),
  });
const magnitude: Curve = ({ b }, x) => map(b, x, { value: Math.abs, node: (_b, node) => b.abs(node) });
const exp: Curve = ({ b }, x) => map(b, x, { value: Math.exp, node: (_b, node) => b.exp(node) });

/** x where x > 0, else slope x; as a sum in which the derivative takes one pass. */
function leaky(scope: Scope, x: Tensor, slope: Tensor): Tensor {
  const { b } = scope;
  return add(b, multiply(b, x, slope), multiply(b, relu(scope, x), subtract(b, scalar(1, 'float'), slope)));
}

/** x where x > 0, else alpha (e^(x / width) - 1). */
function exponentialUnit(scope: Scope, x: Tensor, alpha: number, width: number): Tensor {
  const { b } = scope;
  const negative = times(b, relu(scope, times(b, x, -1)), -1 / width);
  return add(b, relu(scope, x), times(b, subtract(b, exp(scope, negative), scalar(1, 'float')), alpha));
}

/** relu6(x + 3) / 6. */
const hardSigmoid: Curve = (scope, x) => {
  const { b } = scope;
  return times(b, clamp(scope, add(b, x, scalar(3, 'float')), scalar(0, 'float'), scalar(6, 'float')), 1 / 6);
};

const gelu: Operator = (scope, call) => {
  const { b } = scope;
  const x = call.tensor(0);
  const half = (inner: Tensor) => multiply(b, x, times(b, add(b, inner, scalar(1, 'float')), 0.5));
  if (call.text(1, 'none', 'approximate') === 'tanh') {
    const cube = multiply(b, multiply(b, x, x), x);
    return half(tanh(scope, times(b, add(b, x, times(b, cube, 0.044715)), Math.sqrt(2 / Math.PI))));
  }
  const scaled = times(b, x, Math.SQRT1_2);
  if (scaled.place === 'known') throw new Error('a gelu of what is known');
  return half({ ...scaled, node: b.erf(scaled.node) });
};

const prelu: Operator = (scope, call) => {
  const x = call.tensor(0);
  const weight = call.tensor(1);
  const size = sizeOf(weight.shape);
  const shape = x.shape.map((_, axis) => (axis === Math.min(1, x.shape.length - 1) ? size : 1));
  return leaky(scope, x, reshape(scope.b, weight, size === 1 ? [] : shape));
};

const silu: Curve = (scope, x) => multiply(scope.b, x, sigmoid(scope, x));

const overAxis =
  (f: (b: Scope['b'], x: Tensor, axis: number) => Tensor): Operator =>
  ({ b }, call) => {
    const x = call.tensor(0);
    return f(b, x, call.axis(1, x.shape.length));
  };

/** In a flow, an activation is the identity. */
const unlessFlow =
  (operator: Operator): Operator =>
  (scope, call) =>
    scope.isFlow ? call.tensor(0) : operator(scope, call);

const functions: Operators = {
  relu: curve(relu),
  relu6: curve((scope, x) => clamp(scope, relu(scope, x), undefined, scalar(6, 'float'))),
  hardtanh: (scope, call) =>
    clamp(scope, call.tensor(0), scalar(call.number(1, -1), 'float'), scalar(call.number(2, 1), 'float')),
  leaky_relu: (scope, call) => leaky(scope, call.tensor(0), scalar(call.number(1, 0.01), 'float')),
  elu: (scope, call) => {
    const scaled = exponentialUnit(scope, call.tensor(0), call.number(1, 1), 1 / call.number(3, 1));
    return times(scope.b, scaled, call.number(2, 1));
  },
  selu: curve((scope, x) => times(scope.b, exponentialUnit(scope, x, 1.6732632423543772, 1), 1.0507009873554805)),
  celu: (scope, call) => exponentialUnit(scope, call.tensor(0), call.number(1, 1), call.number(1, 1)),
  prelu,
  gelu,
  silu: curve(silu),
  mish: curve((scope, x) => multiply(scope.b, x, tanh(scope, softplus(scope, x)))),
  hardsigmoid: curve(hardSigmoid),
  hardswish: curve((scope, x) => multiply(scope.b, x, hardSigmoid(scope, x))),
  sigmoid: curve(sigmoid),
  log_sigmoid: curve((scope, x) => times(scope.b, softplus(scope, times(scope.b, x, -1)), -1)),
  tanh: curve(tanh),
  softplus: (scope, call) => {
    const beta = call.number(1, 1);
    return times(scope.b, softplus(scope, times(scope.b, call.tensor(0), beta)), 1 / beta);
  },
  hardshrink: (scope, call) => {
    const x = call.tensor(0);
    const { b } = scope;
    return multiply(b, x, zip(b, magnitude(scope, x), scalar(call.number(1, 0.5), 'float'), GREATER, 'bool'));
  },
  // relu(x - l) - relu(-x - l)
  softshrink: (scope, call) => {
    const { b } = scope;
    const [x, limit] = [call.tensor(0), scalar(call.number(1, 0.5), 'float')];
    return subtract(b, relu(scope, subtract(b, x, limit)), relu(scope, subtract(b, times(b, x, -1), limit)));
  },
  softmax: overAxis(softmax),
  _softmax: overAxis(softmax),
  log_softmax: overAxis(logSoftmax),
  _log_softmax: overAxis(logSoftmax),
};

export const activations: Operators = {
  ...Object.fromEntries(Object.entries(functions).map(([name, operator]) => [name, unlessFlow(operator)])),
  glu: (scope, call) => {
    const { b } = scope;
    const x = call.tensor(0);
    const axis = call.axis(1, x.shape.length, -1);
    const half = x.shape[axis] / 2;
    const open = slice(b, x, axis, half, half);
    const gate = scope.isFlow ? open : sigmoid(scope, open);
    return multiply(b, slice(b, x, axis, 0, half), gate);
  },
};
