/** Arithmetic of sizes, which are numbers once the batch is one, and checks that hold wherever the model was exported. */
import { sizeOf } from '../../../../protocol/tensor';
import { type Operator, type Operators, Unsupported, type Value } from '../scope';

const numbers =
  (f: (x: number, y: number) => number): Operator =>
  (_scope, call) =>
    f(call.number(0), call.number(1));

const number =
  (f: (x: number) => number): Operator =>
  (_scope, call) =>
    f(call.number(0));

const nothing: Operator = () => null;

/** Python's arithmetic, by the names of its functions. */
export const python: Operators = {
  add: numbers((x, y) => x + y),
  sub: numbers((x, y) => x - y),
  mul: numbers((x, y) => x * y),
  truediv: numbers((x, y) => x / y),
  floordiv: numbers((x, y) => Math.floor(x / y)),
  mod: numbers((x, y) => x - Math.floor(x / y) * y),
  pow: numbers((x, y) => x ** y),
  eq: numbers((x, y) => Number(x === y)),
  ne: numbers((x, y) => Number(x !== y)),
  lt: numbers((x, y) => Number(x < y)),
  le: numbers((x, y) => Number(x <= y)),
  gt: numbers((x, y) => Number(x > y)),
  ge: numbers((x, y) => Number(x >= y)),
  and_: numbers((x, y) => Number(x !== 0 && y !== 0)),
  or_: numbers((x, y) => Number(x !== 0 || y !== 0)),
  sym_max: numbers(Math.max),
  sym_min: numbers(Math.min),
  neg: number((x) => -x),
  sym_float: number((x) => x),
  sym_int: number(Math.trunc),
  _sym_sqrt: number(Math.sqrt),
  sqrt: number(Math.sqrt),
  ceil: number(Math.ceil),
  floor: number(Math.floor),
  trunc: number(Math.trunc),
  round: number(Math.round),
  sym_not: number((x) => Number(x === 0)),
  getitem: (_scope, call) => {
    const list = call.value(0);
    const one: Value | undefined = Array.isArray(list) ? list[call.number(1)] : undefined;
    if (one === undefined || one === null) throw new Unsupported('the result that is read of it is not computed');
    return one;
  },
};

export const sizes: Operators = {
  sym_size: (_scope, call) => call.tensor(0).shape[call.axis(1, call.tensor(0).shape.length)],
  sym_numel: (_scope, call) => sizeOf(call.tensor(0).shape),
  _assert_scalar: nothing,
  _assert_async: nothing,
  _assert_tensor_metadata: nothing,
  sym_constrain_range_for_size: nothing,
  sym_constrain_range: nothing,
};
