/**
 * Values that a graph can write to. PyTorch's views share their values with what they are views of, so a write to one changes
 * what later calls read of the other: a write goes down to the base, and views are taken anew from a base that has changed.
 */
import type { Builder } from '../../../graph/builder';
import { sliceRange } from './operators/parts';
import { concat, exchange, expand, permute, reshape, slice } from './primitives';
import { type Call, isTensor, Unsupported, type Value } from './scope';
import type { Tensor } from './tensor';

/** A value by its place in the graph. */
export interface Cell {
  value: Value;
  /** How often it was written to. */
  version: number;
  /** What it is a view of. */
  readonly base?: Base;
}

interface Base {
  readonly cell: Cell;
  /** The version that the value was taken from. */
  seen: number;
  /** Takes the view again. */
  readonly take: () => Value;
  /** The base with the view's values replaced; absent where it cannot be written through. */
  readonly put?: (base: Tensor, value: Tensor) => Tensor;
}

/** The value that a cell has now. */
export function read(cell: Cell): Value {
  const { base } = cell;
  if (!base) return cell.value;
  read(base.cell);
  if (base.cell.version !== base.seen) {
    cell.value = base.take();
    base.seen = base.cell.version;
    cell.version++;
  }
  return cell.value;
}

/** Gives a cell another value, and what it is a view of. @throws Unsupported */
export function write(b: Builder, cell: Cell, value: Tensor): void {
  const before = read(cell);
  if (!isTensor(before)) throw new Unsupported('it writes to what is no tensor');
  const whole = expand(b, value, before.shape);
  cell.value = whole;
  cell.version++;
  const { base } = cell;
  if (!base) return;
  if (!base.put) throw new Unsupported('it writes through a view that cannot be followed');
  write(b, base.cell, base.put(read(base.cell) as Tensor, whole));
  base.seen = base.cell.version;
}

type Put = (b: Builder, call: Call) => (base: Tensor, value: Tensor) => Tensor;

const reshaped: Put = (b) => (base, value) => reshape(b, value, base.shape);

/** `base` with a block of an axis replaced. */
function replace(b: Builder, base: Tensor, value: Tensor, axis: number, begin: number, length: number): Tensor {
  const end = begin + length;
  const parts = [slice(b, base, axis, 0, begin), value, slice(b, base, axis, end, base.shape[axis] - end)].filter(
    ({ shape }) => shape[axis] > 0,
  );
  return concat(b, parts, axis);
}

const sliced: Put = (b, call) => (base, value) => {
  const { axis, begin, length, step } = sliceRange(call, base);
  if (step === 1) return replace(b, base, value, axis, begin, length);
  let result = base;
  for (let i = 0; i < length; i++) result = replace(b, result, slice(b, value, axis, i, 1), axis, begin + i * step, 1);
  return result;
};

const selected: Put = (b, call) => (base, value) => {
  const axis = call.axis(1, base.shape.length);
  const index = call.number(2);
  const at = index < 0 ? index + base.shape[axis] : index;
  return replace(b, base, reshape(b, value, base.shape.with(axis, 1)), axis, at, 1);
};

const narrowed: Put = (b, call) => (base, value) => {
  const axis = call.axis(1, base.shape.length);
  return replace(b, base, value, axis, call.number(2), call.number(3));
};

const exchanged: Put = (_b, call) => (base, value) =>
  exchange(value, call.axis(1, base.shape.length), call.axis(2, base.shape.length));

const permuted: Put = (_b, call) => (_base, value) => {
  const order = call.numbers(1).map((axis) => (axis < 0 ? axis + value.shape.length : axis));
  return permute(
    value,
    order.map((_, axis) => order.indexOf(axis)),
  );
};

const unchanged: Put = () => (_base, value) => value;

/** Calls that give views, and how a write goes through them; undefined where it cannot. */
const VIEWS: { readonly [name: string]: Put | undefined } = {
  view: reshaped,
  _unsafe_view: reshaped,
  reshape: reshaped,
  flatten: reshaped,
  unflatten: reshaped,
  squeeze: reshaped,
  unsqueeze: reshaped,
  view_as: reshaped,
  reshape_as: reshaped,
  alias: unchanged,
  detach: unchanged,
  contiguous: unchanged,
  slice: sliced,
  select: selected,
  narrow: narrowed,
  transpose: exchanged,
  swapaxes: exchanged,
  permute: permuted,
  t: undefined,
  expand: undefined,
  expand_as: undefined,
  unfold: undefined,
  diagonal: undefined,
};

/** Calls that give a list of views. */
const LISTS = new Set(['split', 'split_with_sizes', 'chunk', 'unbind']);

/** A cell for the result of a call whose first argument is in `base`. */
export function cellOf(
  b: Builder,
  value: Value,
  name: string,
  call: Call,
  base: Cell | undefined,
  take: () => Value,
): Cell {
  if (!base || !(Object.hasOwn(VIEWS, name) || LISTS.has(name))) return { value, version: 0 };
  const put = VIEWS[name]?.(b, call);
  return { value, version: 0, base: { cell: base, seen: base.version, take, ...(put && { put }) } };
}

/** A cell for one of a list of values. */
export function itemOf(list: Cell, index: number): Cell {
  const take = () => (read(list) as readonly Value[])[index];
  return { value: take(), version: 0, base: { cell: list, seen: list.version, take } };
}
