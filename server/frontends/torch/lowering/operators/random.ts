/** Noise: dropout in its forms, and tensors of random numbers. Nothing is drawn but in training. */
import { add, multiply, subtract, times } from '../primitives';
import { type Operator, type Operators, type Scope, Unsupported } from '../scope';
import { type Computed, computed, filled, identity, type Tensor } from '../tensor';
import { bernoulli } from './arithmetic';

/** x with elements left out with probability `rate`, and the others made larger for it. */
export function dropout(scope: Scope, x: Tensor, rate: number): Tensor {
  if (!scope.isNoisy || rate === 0 || x.place === 'known') return x;
  if (rate >= 1) return multiply(scope.b, x, filled('float', [], 0));
  const mask = scope.dropoutMask(x.node.shape, rate);
  return multiply(scope.b, x, { ...(mask as Computed), axes: x.axes, shape: x.shape });
}

/** Whole channels left out: the mask has one element for each. */
function featureDropout(scope: Scope, x: Tensor, rate: number): Tensor {
  if (!scope.isNoisy || rate === 0) return x;
  const mask = scope.dropoutMask(
    x.shape.map((extent, axis) => (axis < 2 ? extent : 1)),
    rate,
  );
  return multiply(scope.b, x, mask);
}

/** What SELU gives far below zero. */
const SATURATED = -1.7580993408473766;

/** Elements are set to what SELU saturates at, and all are scaled and shifted so that mean and variance stay. */
function alphaDropout(scope: Scope, x: Tensor, rate: number): Tensor {
  const { b } = scope;
  if (!scope.isNoisy || rate === 0 || x.place === 'known') return x;
  const keep = bernoulli(scope, x.node.shape, 1 - rate, x.axes);
  const scale = ((1 - rate) * (1 + rate * SATURATED ** 2)) ** -0.5;
  const kept = add(b, multiply(b, x, keep), times(b, subtract(b, filled('float', [], 1), keep), SATURATED));
  return add(b, times(b, kept, scale), filled('float', [], -scale * SATURATED * rate));
}

/** (x, rate, whether it trains). */
const dropping =
  (drop: (scope: Scope, x: Tensor, rate: number) => Tensor): Operator =>
  (scope, call) =>
    call.truth(2, true) ? drop(scope, call.tensor(0), call.number(1, 0.5)) : call.tensor(0);

/** 1 with a probability, in the shape of a tensor. */
const coins: Operator = (scope, call) => {
  const x = call.tensor(0);
  const given = call.value(1);
  if (typeof given === 'number') return bernoulli(scope, x.shape, given, identity(x.shape.length));
  if (x.place === 'computed') throw new Unsupported('its probabilities depend on the input or on weights');
  const [probability] = x.data;
  if (x.data.some((value) => value !== probability)) throw new Unsupported('its probabilities differ');
  return bernoulli(scope, x.shape, probability, identity(x.shape.length));
};

const evenly =
  (shapeOf: (call: Parameters<Operator>[1]) => readonly number[]): Operator =>
  ({ b }, call) => {
    const shape = shapeOf(call);
    // A node to be told apart by; nothing may compute with it.
    return { ...computed(b.stopGradient(b.broadcast(b.input('uniform noise', []), shape))), uniform: 0 };
  };

const normally =
  (shapeOf: (call: Parameters<Operator>[1]) => readonly number[]): Operator =>
  (scope, call) => {
    const shape = shapeOf(call);
    return scope.isNoisy ? scope.gaussian(shape, 1) : filled('float', shape, 0);
  };

/** In the shape of a tensor, with a mean and a deviation. */
const normal: Operator = (scope, call) => {
  const [mean, deviation] = [call.number(1, 0), call.number(2, 1)];
  const { shape } = call.tensor(0);
  const { b } = scope;
  if (!scope.isNoisy) return filled('float', shape, mean);
  return add(b, times(b, scope.gaussian(shape, 1), deviation), filled('float', [], mean));
};

const given: (call: Parameters<Operator>[1]) => readonly number[] = (call) => call.numbers(0);
const alike: (call: Parameters<Operator>[1]) => readonly number[] = (call) => call.tensor(0).shape;

export const randoms: Operators = {
  dropout: dropping(dropout),
  feature_dropout: dropping(featureDropout),
  alpha_dropout: dropping(alphaDropout),
  bernoulli: coins,
  rand: evenly(given),
  rand_like: evenly(alike),
  uniform: evenly(alike),
  normal,
  randn: normally(given),
  randn_like: normally(alike),
};
