/** Operators that take several values to one. */
import { inOrder } from '../layout';
import {
  add,
  concat,
  EXP,
  exchange,
  LOG,
  MAXIMUM,
  MINIMUM,
  map,
  matmul,
  maximumOf,
  mean,
  multiply,
  negate,
  reshape,
  slice,
  sqrt,
  steady,
  subtract,
  sum,
  times,
  unsqueeze,
  zip,
} from '../primitives';
import { type Call, type Operator, type Operators, type Scope, Unsupported, type Value } from '../scope';
import { computed, identity, known, type Tensor } from '../tensor';
import { cast } from './copies';

/** (x, axes, whether they are kept); all axes where none are given. */
const over =
  (f: (scope: Scope, x: Tensor, axes: readonly number[], keeps: boolean) => Tensor): Operator =>
  (scope, call) => {
    const x = call.tensor(0);
    return f(scope, x, call.axes(1, x.shape.length), call.truth(2, false));
  };

const lowest = (scope: Scope, x: Tensor, axes: readonly number[], keeps: boolean) =>
  negate(scope.b, maximumOf(scope.b, negate(scope.b, x), axes, keeps));

/** Variance over axes; `correction` is taken from the number of values it is divided by. */
function variance({ b }: Scope, call: Call): { readonly variance: Tensor; readonly mean: Tensor } {
  const x = call.tensor(0);
  const isOld = call.overload === 'default' || call.overload === 'dim';
  const axes = call.overload === 'default' ? identity(x.shape.length) : call.axes(1, x.shape.length);
  const unbiased = call.overload === 'default' ? call.truth(1, true) : call.truth(2, true);
  const correction = isOld ? Number(unbiased) : call.number(-1, 1, 'correction');
  const keeps = isOld ? call.truth(3, false) : call.truth(-1, false, 'keepdim');
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1);
  const center = mean(b, x, axes, true);
  const apart = subtract(b, x, center);
  return {
    variance: times(b, sum(b, multiply(b, apart, apart), axes, keeps), 1 / (count - correction)),
    mean: keeps
      ? center
      : reshape(
          b,
          center,
          x.shape.filter((_, axis) => !axes.includes(axis)),
        ),
  };
}

/** Index of the first maximum along an axis. */
function argMaximum({ b }: Scope, x: Tensor, axis: number, keeps: boolean): Tensor {
  if (x.place === 'known') throw new Unsupported('it looks for the place of the maximum of what is known');
  if (x.node.dtype === 'int32') throw new Unsupported('it looks for the place of the largest token');
  const index = computed(b.argMax(inOrder(b, x).node, axis));
  return keeps ? unsqueeze(b, index, axis) : index;
}

/** The maximum (or minimum) of all values, or along an axis with its place; of two tensors, value by value. */
const extreme =
  (isMaximum: boolean): Operator =>
  (scope, call): Value => {
    const { b } = scope;
    const x = call.tensor(0);
    if (call.overload === 'other') return zip(b, x, call.tensor(1), isMaximum ? MAXIMUM : MINIMUM, x.kind);
    const pick = (axes: readonly number[], keeps: boolean) =>
      isMaximum ? maximumOf(b, x, axes, keeps) : lowest(scope, x, axes, keeps);
    if (call.overload === 'default') return pick(identity(x.shape.length), false);
    const axis = call.axis(1, x.shape.length);
    const keeps = call.truth(2, false);
    const place = x.place === 'known' ? null : argMaximum(scope, isMaximum ? x : negate(b, x), axis, keeps);
    return [pick([axis], keeps), place];
  };

/** Sums up to each element along an axis: a product with a triangle of ones. */
const cumulative: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const axis = call.axis(1, x.shape.length);
  const last = x.shape.length - 1;
  const size = x.shape[axis];
  const ones = Float64Array.from({ length: size * size }, (_, i) => Number(Math.floor(i / size) <= i % size));
  const sums = exchange(matmul(b, exchange(x, axis, last), known('float', [size, size], ones)), axis, last);
  return sums.place === 'known' ? { ...sums, kind: x.kind === 'float' ? 'float' : 'int' } : sums;
};

/** Differences of neighbours along an axis. */
const differences: Operator = ({ b }, call) => {
  if (call.number(1, 1) !== 1) throw new Unsupported('it takes differences of differences');
  const given = call.tensor(0);
  const axis = call.axis(2, given.shape.length, -1);
  const parts = [call.tensorOr(3), given, call.tensorOr(4)].filter((part) => part !== undefined);
  const x = concat(b, parts, axis);
  const count = x.shape[axis] - 1;
  return subtract(b, slice(b, x, axis, 1, count), slice(b, x, axis, 0, count));
};

const logSumExp: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const axes = call.axes(1, x.shape.length);
  const keeps = call.truth(2, false);
  const highest = steady(b, maximumOf(b, x, axes, true));
  const rest = map(b, sum(b, map(b, subtract(b, x, highest), EXP), axes, true), LOG);
  const result = add(b, highest, rest);
  return keeps
    ? result
    : reshape(
        b,
        result,
        x.shape.filter((_, axis) => !axes.includes(axis)),
      );
};

/** Whether all (or any) truth values hold. */
const truths = (isAll: boolean): Operator =>
  over(({ b }, given, axes, keeps) => {
    const x = cast(given, 'bool');
    const all = isAll ? negate(b, maximumOf(b, negate(b, x), axes, keeps)) : maximumOf(b, x, axes, keeps);
    return { ...all, kind: 'bool' };
  });

/** Sums of truth values are counts. */
const summed = over(({ b }, x, axes, keeps) => {
  const total = sum(b, x, axes, keeps);
  return x.kind === 'bool' ? { ...total, kind: x.place === 'known' ? 'int' : 'float' } : total;
});

export const reductions: Operators = {
  sum: summed,
  mean: over(({ b }, x, axes, keeps) => mean(b, x, axes, keeps)),
  amax: over(({ b }, x, axes, keeps) => maximumOf(b, x, axes, keeps)),
  amin: over(lowest),
  max: extreme(true),
  min: extreme(false),
  argmax: (scope, call) =>
    argMaximum(scope, call.tensor(0), call.axis(1, call.tensor(0).shape.length), call.truth(2, false)),
  logsumexp: logSumExp,
  var: (scope, call) => variance(scope, call).variance,
  std: (scope, call) => sqrt(scope.b, variance(scope, call).variance),
  var_mean: (scope, call) => {
    const both = variance(scope, call);
    return [both.variance, both.mean];
  },
  std_mean: (scope, call) => {
    const both = variance(scope, call);
    return [sqrt(scope.b, both.variance), both.mean];
  },
  cumsum: cumulative,
  diff: differences,
  all: truths(true),
  any: truths(false),
};
