/** Operators on single values and on pairs of them. */
import { square } from '../../../../graph/compose';
import {
  ADD,
  add,
  type Binary,
  choose,
  DIVIDE,
  divide,
  EXP,
  GREATER,
  LOG,
  MAXIMUM,
  MINIMUM,
  MULTIPLY,
  map,
  multiply,
  negate,
  not,
  sqrt,
  subtract,
  times,
  type Unary,
  zip,
} from '../primitives';
import { type Call, type Operator, type Operators, type Scope, Unsupported } from '../scope';
import { filled, type Kind, mapped, scalar, type Tensor } from '../tensor';

const unary =
  (operation: Unary): Operator =>
  ({ b }, call) =>
    map(b, call.tensor(0), operation);

/** An operation that no node does: for what is known only. */
const knownOnly =
  (value: Unary['value'], kind?: Kind): Operator =>
  (_scope, call) => {
    const x = call.tensor(0);
    if (x.place === 'computed') throw new Unsupported('it is applied to values that depend on the input or on weights');
    return mapped(x, value, kind ?? x.kind);
  };

const pair =
  (operation: Binary, kind?: Kind): Operator =>
  ({ b }, call) => {
    const [x, y] = [call.tensor(0), call.tensor(1)];
    const whole = x.kind === 'float' || y.kind === 'float' ? 'float' : 'int';
    return zip(b, x, y, operation, kind ?? whole);
  };

/** 1 where both are the same. */
const EQUAL: Binary = { value: (x, y) => Number(x === y), node: (b, x, y) => b.equal(x, y) };

function equal({ b }: Scope, x: Tensor, y: Tensor): Tensor {
  // Token ids are whole numbers in the graph too, and compared as such.
  const ids = [x, y].find((one) => one.place === 'computed' && one.node.dtype === 'int32');
  const other = ids === x ? y : x;
  if (!ids || ids.place === 'known') return zip(b, x, y, EQUAL, 'bool');
  if (other.place === 'computed') return zip(b, x, y, EQUAL, 'bool');
  if (other.data.length !== 1) throw new Unsupported('token ids are compared with several numbers');
  return { ...ids, kind: 'bool', node: b.equal(ids.node, b.literal(Int32Array.of(other.data[0]), [])) };
}

/** Noise compared with a number is 1 as often as the number says. */
function compared(scope: Scope, x: Tensor, y: Tensor, isBelow: boolean): Tensor | undefined {
  if (x.place === 'known' || x.uniform === undefined || y.place === 'computed') return undefined;
  const below = y.data[0] - x.uniform;
  return bernoulli(scope, x.node.shape, isBelow ? below : 1 - below, x.axes);
}

/** 1 with a probability, else 0; what it is on average where nothing is drawn. */
export function bernoulli(
  scope: Scope,
  shape: readonly number[],
  probability: number,
  axes: readonly number[],
): Tensor {
  const { b, isNoisy } = scope;
  const keep = Math.min(Math.max(probability, 0), 1);
  const drawn = isNoisy && keep < 1 && keep > 0 ? scope.dropoutMask(shape, 1 - keep) : filled('float', shape, 1);
  const scaled = times(b, drawn, keep);
  return scaled.place === 'known'
    ? filled(
        'float',
        axes.map((axis) => shape[axis]),
        keep,
      )
    : { ...scaled, axes, shape: axes.map((axis) => shape[axis]) };
}

const below: Operator = (scope, call) => {
  const [x, y] = [call.tensor(0), call.tensor(1)];
  return compared(scope, x, y, true) ?? zip(scope.b, y, x, GREATER, 'bool');
};

const above: Operator = (scope, call) => {
  const [x, y] = [call.tensor(0), call.tensor(1)];
  return compared(scope, x, y, false) ?? zip(scope.b, x, y, GREATER, 'bool');
};

const notFor =
  (operator: Operator): Operator =>
  (scope, call) =>
    not(scope.b, operator(scope, call) as Tensor);

const withAlpha = (call: Call, { b }: Scope): Tensor => times(b, call.tensor(1), call.number(2, 1, 'alpha'));

/** What a mask adds to scores that are to count for nothing. */
const FAR_BELOW = -1e4;

/** Whether a tensor takes places out of a softmax; in a flow, which has no softmax, it takes out none. */
const hides = (x: Tensor) => x.place === 'known' && x.kind === 'float' && x.data.some((value) => value <= FAR_BELOW);

const addition: Operator = (scope, call) => {
  const [x, y] = [call.tensor(0), call.tensor(1)];
  const noise = [x, y].find((one) => one.place === 'computed' && one.uniform !== undefined);
  const moved = noise === x ? y : x;
  if (noise?.place === 'computed' && moved.place === 'known' && moved.data.length === 1) {
    return { ...noise, uniform: noise.uniform! + moved.data[0] };
  }
  if (scope.isFlow && hides(y)) return x;
  return add(scope.b, x, withAlpha(call, scope));
};

const subtraction: Operator = (scope, call) => subtract(scope.b, call.tensor(0), withAlpha(call, scope));

const division: Operator = ({ b }, call) => {
  const [x, y] = [call.tensor(0), call.tensor(1)];
  const rounding = call.text(2, '', 'rounding_mode');
  if (rounding === '') return divide(b, x, y);
  if (x.place === 'computed' || y.place === 'computed') throw new Unsupported(`the quotient is rounded (${rounding})`);
  const round = rounding === 'floor' ? Math.floor : Math.trunc;
  return zip(b, x, y, { ...DIVIDE, value: (u, v) => round(u / v) }, 'int');
};

const floor: Operator = (scope, call) => {
  const x = call.tensor(0);
  // floor(u + k) of noise u is 1 as often as k says: how stochastic depth was written before `bernoulli_`.
  if (x.place === 'computed' && x.uniform !== undefined && x.uniform >= 0 && x.uniform <= 1) {
    return bernoulli(scope, x.node.shape, x.uniform, x.axes);
  }
  return knownOnly(Math.floor)(scope, call);
};

/** x to a whole power, by squaring. */
function wholePower({ b }: Scope, x: Tensor, exponent: number): Tensor {
  let result: Tensor | undefined;
  let power = x;
  for (let left = Math.abs(exponent); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = result ? multiply(b, result, power) : power;
    if (left > 1) power = multiply(b, power, power);
  }
  if (!result) return filled('float', x.shape, 1);
  return exponent < 0 ? divide(b, scalar(1), result) : result;
}

const LARGEST_WHOLE_POWER = 64;

const power: Operator = (scope, call) => {
  const { b } = scope;
  const [x, y] = [call.tensor(0), call.tensor(1)];
  if (x.place === 'known' && y.place === 'known') {
    return zip(b, x, y, { value: (u, v) => u ** v, node: MULTIPLY.node });
  }
  if (y.place === 'known' && y.data.length === 1) {
    const [exponent] = y.data;
    if (exponent === 0.5) return sqrt(b, x);
    if (exponent === -0.5) return divide(b, scalar(1), sqrt(b, x));
    if (Number.isInteger(exponent) && Math.abs(exponent) <= LARGEST_WHOLE_POWER) return wholePower(scope, x, exponent);
  }
  return map(b, multiply(b, y, map(b, x, LOG)), EXP);
};

/** x between two bounds, either of which may be absent. */
export function clamp({ b }: Scope, x: Tensor, low: Tensor | undefined, high: Tensor | undefined): Tensor {
  const raised = low ? zip(b, x, low, MAXIMUM, x.kind) : x;
  return high ? zip(b, raised, high, MINIMUM, x.kind) : raised;
}

const logical = (value: (x: boolean, y: boolean) => boolean, node: Binary['node']): Operator =>
  pair({ value: (x, y) => Number(value(x !== 0, y !== 0)), node }, 'bool');

const and = logical(
  (x, y) => x && y,
  (b, x, y) => b.multiply(x, y),
);
const or = logical(
  (x, y) => x || y,
  (b, x, y) => b.maximum(x, y),
);

const remainder: Operator = ({ b }, call) => {
  const [x, y] = [call.tensor(0), call.tensor(1)];
  if (x.place === 'computed' || y.place === 'computed') throw new Unsupported('its remainder depends on the input');
  return zip(b, x, y, { value: (u, v) => u - Math.floor(u / v) * v, node: ADD.node }, x.kind);
};

/** A value times, or divided by, another one, added to a third. */
const fused =
  (operation: Binary): Operator =>
  ({ b }, call) => {
    const product = zip(b, call.tensor(1), call.tensor(2), operation);
    return add(b, call.tensor(0), times(b, product, call.number(3, 1, 'value')));
  };

const ERF: Unary = {
  value: () => {
    throw new Unsupported('it is applied to values that are known');
  },
  node: (b, x) => b.erf(x),
};

export const arithmetic: Operators = {
  add: addition,
  sub: subtraction,
  subtract: subtraction,
  rsub: ({ b }, call) => subtract(b, times(b, call.tensor(1), 1), times(b, call.tensor(0), call.number(2, 1, 'alpha'))),
  mul: pair(MULTIPLY),
  multiply: pair(MULTIPLY),
  div: division,
  divide: division,
  true_divide: ({ b }, call) => divide(b, call.tensor(0), call.tensor(1)),
  floor_divide: ({ b }, call) => {
    const [x, y] = [call.tensor(0), call.tensor(1)];
    if (x.place === 'computed' || y.place === 'computed') throw new Unsupported('the quotient is rounded');
    return zip(b, x, y, { ...DIVIDE, value: (u, v) => Math.floor(u / v) }, x.kind);
  },
  remainder,
  fmod: remainder,
  addcmul: fused(MULTIPLY),
  addcdiv: fused(DIVIDE),
  lerp: ({ b }, call) =>
    add(b, call.tensor(0), multiply(b, call.tensor(2), subtract(b, call.tensor(1), call.tensor(0)))),
  maximum: pair(MAXIMUM),
  minimum: pair(MINIMUM),
  pow: power,
  square: unary({ value: (x) => x * x, node: square }),
  neg: ({ b }, call) => negate(b, call.tensor(0)),
  abs: unary({ value: Math.abs, node: (b, x) => b.abs(x) }),
  sign: unary({ value: Math.sign, node: (b, x) => b.sign(x) }),
  sgn: unary({ value: Math.sign, node: (b, x) => b.sign(x) }),
  exp: unary(EXP),
  expm1: unary({ value: Math.expm1, node: (b, x) => b.subtract(b.exp(x), b.constant(1)) }),
  log: unary(LOG),
  log1p: unary({ value: Math.log1p, node: (b, x) => b.log(b.add(x, b.constant(1))) }),
  log2: unary({ value: Math.log2, node: (b, x) => b.multiply(b.log(x), b.constant(1 / Math.LN2)) }),
  log10: unary({ value: Math.log10, node: (b, x) => b.multiply(b.log(x), b.constant(1 / Math.LN10)) }),
  sqrt: ({ b }, call) => sqrt(b, call.tensor(0)),
  rsqrt: ({ b }, call) => divide(b, scalar(1), sqrt(b, call.tensor(0))),
  reciprocal: ({ b }, call) => divide(b, scalar(1), call.tensor(0)),
  erf: unary(ERF),
  sin: knownOnly(Math.sin, 'float'),
  cos: knownOnly(Math.cos, 'float'),
  tan: knownOnly(Math.tan, 'float'),
  floor,
  ceil: knownOnly(Math.ceil),
  round: knownOnly(Math.round),
  trunc: knownOnly(Math.trunc),
  clamp: (scope, call) => clamp(scope, call.tensor(0), call.tensorOr(1), call.tensorOr(2)),
  clamp_min: (scope, call) => clamp(scope, call.tensor(0), call.tensor(1), undefined),
  clamp_max: (scope, call) => clamp(scope, call.tensor(0), undefined, call.tensor(1)),

  eq: (scope, call) => equal(scope, call.tensor(0), call.tensor(1)),
  ne: (scope, call) => not(scope.b, equal(scope, call.tensor(0), call.tensor(1))),
  lt: below,
  gt: above,
  le: notFor(above),
  ge: notFor(below),
  logical_and: and,
  bitwise_and: and,
  __and__: and,
  logical_or: or,
  bitwise_or: or,
  __or__: or,
  logical_xor: (scope, call) => not(scope.b, equal(scope, call.tensor(0), call.tensor(1))),
  bitwise_xor: (scope, call) => not(scope.b, equal(scope, call.tensor(0), call.tensor(1))),
  logical_not: ({ b }, call) => not(b, call.tensor(0)),
  bitwise_not: ({ b }, call) => not(b, call.tensor(0)),
  threshold: ({ b }, call) => {
    const x = call.tensor(0);
    return choose(b, zip(b, x, call.tensor(1), GREATER, 'bool'), x, call.tensor(2));
  },
  where: ({ b }, call) => choose(b, call.tensor(0), call.tensor(1), call.tensor(2)),
  masked_fill: ({ b, isFlow }, call) => {
    const [x, value] = [call.tensor(0), call.tensor(2)];
    return isFlow && hides(value) ? x : choose(b, call.tensor(1), value, x);
  },
};
