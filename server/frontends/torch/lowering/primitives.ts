/**
 * What all operators are made of. Each computes at once where its arguments are known, so that shapes, masks and tables of
 * positions cost the graph nothing, and adds to the graph elsewhere.
 */
import type { Builder } from '../../../graph/builder';
import { broadcastShapes, equalShapes } from '../../../graph/shapes';
import type { Node } from '../../../graph/types';
import { type Shape, sizeOf } from '../../../protocol/tensor';
import {
  concatKnown,
  expandKnown,
  foldKnown,
  matmulKnown,
  permuteKnown,
  sliceKnown,
  takeKnown,
  zipKnown,
} from './known';
import { broadcastable, inOrder, layOut, permuteAxes, placesOf, reshapeTensor, withRank } from './layout';
import { type Computed, computed, filled, identity, type Kind, known, mapped, type Tensor, toGraph } from './tensor';

/** An operation on single values, and the same on nodes. */
export interface Unary {
  readonly value: (x: number) => number;
  readonly node: (b: Builder, x: Node) => Node;
}

export interface Binary {
  readonly value: (left: number, right: number) => number;
  readonly node: (b: Builder, left: Node, right: Node) => Node;
}

/** Applies an operation to each value. */
export function map(b: Builder, x: Tensor, { value, node }: Unary, kind: Kind = 'float'): Tensor {
  if (x.place === 'known') return mapped(x, value, kind);
  return computed(node(b, x.node), x.axes, kind);
}

/** Applies an operation to pairs of values, with broadcasting. The result lies as the larger argument does. */
export function zip(b: Builder, x: Tensor, y: Tensor, { value, node }: Binary, kind: Kind = 'float'): Tensor {
  if (x.place === 'known' && y.place === 'known') return zipKnown(kind, x, y, value);
  const shape = broadcastShapes('an operation', x.shape, y.shape);
  const [left, right] = [toGraph(b, x), toGraph(b, y)];
  const leads = (one: Computed, other: Computed) =>
    one.shape.length === shape.length &&
    (other.shape.length < shape.length || sizeOf(one.shape) >= sizeOf(other.shape));
  const first = x.place === 'computed' ? leads(left, right) : !leads(right, left);
  const guide = withRank(b, first ? left : right, shape.length);
  const follower = broadcastable(b, first ? right : left, guide.axes);
  return computed(first ? node(b, guide.node, follower) : node(b, follower, guide.node), guide.axes, kind);
}

export const ADD: Binary = { value: (x, y) => x + y, node: (b, x, y) => b.add(x, y) };
export const SUBTRACT: Binary = { value: (x, y) => x - y, node: (b, x, y) => b.subtract(x, y) };
export const MULTIPLY: Binary = { value: (x, y) => x * y, node: (b, x, y) => b.multiply(x, y) };
export const DIVIDE: Binary = { value: (x, y) => x / y, node: (b, x, y) => b.divide(x, y) };
export const MAXIMUM: Binary = { value: Math.max, node: (b, x, y) => b.maximum(x, y) };
export const MINIMUM: Binary = {
  value: Math.min,
  node: (b, x, y) => b.negate(b.maximum(b.negate(x), b.negate(y))),
};
export const GREATER: Binary = { value: (x, y) => Number(x > y), node: (b, x, y) => b.greater(x, y) };
/** y where x > 0, else 0. */
export const GATE: Binary = { value: (x, y) => (x > 0 ? y : 0), node: (b, x, y) => b.gate(x, y) };

const whole = (x: Tensor, y: Tensor): Kind => (x.kind === 'float' || y.kind === 'float' ? 'float' : 'int');

export const add = (b: Builder, x: Tensor, y: Tensor): Tensor => zip(b, x, y, ADD, whole(x, y));
export const subtract = (b: Builder, x: Tensor, y: Tensor): Tensor => zip(b, x, y, SUBTRACT, whole(x, y));
export const multiply = (b: Builder, x: Tensor, y: Tensor): Tensor => zip(b, x, y, MULTIPLY, whole(x, y));
export const divide = (b: Builder, x: Tensor, y: Tensor): Tensor => zip(b, x, y, DIVIDE);
export const negate = (b: Builder, x: Tensor): Tensor =>
  map(b, x, { value: (value) => -value, node: (_b, node) => b.negate(node) }, x.kind);
export const sqrt = (b: Builder, x: Tensor): Tensor =>
  map(b, x, { value: Math.sqrt, node: (_b, node) => b.sqrt(node) });
export const not = (b: Builder, x: Tensor): Tensor => zip(b, filled('float', [], 1), x, SUBTRACT, 'bool');

/** x times a number. */
export const times = (b: Builder, x: Tensor, factor: number): Tensor =>
  factor === 1 ? x : zip(b, x, filled('float', [], factor), MULTIPLY, whole(x, filled('float', [], factor)));

/** `yes` where a condition holds, else `no`; the other one has no part in it, not even where it is infinite. */
export function choose(b: Builder, condition: Tensor, yes: Tensor, no: Tensor): Tensor {
  const kind = yes.kind === no.kind ? yes.kind : 'float';
  if (condition.place === 'known' && yes.place === 'known' && no.place === 'known') {
    const shape = broadcastShapes('where', broadcastShapes('where', condition.shape, yes.shape), no.shape);
    const [test, left, right] = [condition, yes, no].map((one) => expandKnown(one, shape).data);
    return known(
      kind,
      shape,
      test.map((value, i) => (value === 0 ? right[i] : left[i])),
    );
  }
  return zip(b, zip(b, condition, yes, GATE), zip(b, not(b, condition), no, GATE), ADD, kind);
}

/** Axis i of the result is axis `order[i]` of x. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  return x.place === 'known' ? permuteKnown(x, order) : permuteAxes(x, order);
}

/** x with two axes exchanged. */
export function exchange(x: Tensor, first: number, second: number): Tensor {
  return permute(x, identity(x.shape.length).with(first, second).with(second, first));
}

export function reshape(b: Builder, x: Tensor, shape: Shape): Tensor {
  if (equalShapes(x.shape, shape)) return x;
  return x.place === 'known' ? known(x.kind, shape, x.data) : reshapeTensor(b, x, shape);
}

/** x with a new axis of one element before `axis`. */
export function unsqueeze(b: Builder, x: Tensor, axis: number): Tensor {
  return reshape(b, x, x.shape.toSpliced(axis, 0, 1));
}

export function expand(b: Builder, x: Tensor, shape: Shape): Tensor {
  if (equalShapes(x.shape, shape)) return x;
  if (x.place === 'known') return expandKnown(x, shape);
  const wide = withRank(b, x, shape.length);
  const node = b.broadcast(
    wide.node,
    placesOf(wide).map((axis) => shape[axis]),
  );
  return computed(node, wide.axes, x.kind);
}

/** `length` elements of an axis from `begin`, every `step`-th. */
export function slice(b: Builder, x: Tensor, axis: number, begin: number, length: number, step = 1): Tensor {
  if (x.place === 'known') return sliceKnown(x, axis, begin, length, step);
  if (step > 1) return every(b, x, axis, begin, length, step);
  const at = x.axes[axis];
  const node = b.slice(
    x.node,
    x.node.shape.map((_, i) => (i === at ? begin : 0)),
    x.node.shape.with(at, length),
  );
  return computed(node, x.axes, x.kind);
}

/** The axis split in runs of `step` elements, and the first of each taken. */
function every(b: Builder, x: Computed, axis: number, begin: number, length: number, step: number): Tensor {
  const there = Math.min(x.shape[axis] - begin, length * step);
  const padded = pad(b, slice(b, x, axis, begin, there), axis, 0, length * step - there);
  const split = reshape(b, padded, x.shape.toSpliced(axis, 1, length, step));
  return reshape(b, slice(b, split, axis + 1, 0, 1), x.shape.with(axis, length));
}

/** x with `before` and `after` zeros around an axis. */
export function pad(b: Builder, x: Tensor, axis: number, before: number, after: number, value = 0): Tensor {
  if (before === 0 && after === 0) return x;
  if (x.place === 'known' || value !== 0 || x.kind === 'int') {
    const border = (extent: number) => filled(x.kind, x.shape.with(axis, extent), value);
    return concat(
      b,
      [border(before), x, border(after)].filter(({ shape }) => shape[axis] > 0),
      axis,
    );
  }
  const at = x.axes[axis];
  const around = (extent: number) => x.node.shape.map((_, i) => (i === at ? extent : 0));
  return computed(b.pad(x.node, around(before), around(after)), x.axes, x.kind);
}

/** Tensors one after the other along an axis, lying as the largest computed one does. */
export function concat(b: Builder, parts: readonly Tensor[], axis: number): Tensor {
  const all = parts.flatMap((part) => (part.place === 'known' ? part : []));
  if (all.length === parts.length) return concatKnown(all, axis);
  const guide = parts.reduce<Computed | undefined>((best, part) => {
    if (part.place === 'known') return best;
    return best && sizeOf(best.shape) >= sizeOf(part.shape) ? best : part;
  }, undefined)!;
  const nodes = parts.map((part) => layOut(b, toGraph(b, part), guide.axes).node);
  return computed(b.concat(nodes, guide.axes[axis]), guide.axes, guide.kind);
}

/** Rows of x along an axis by known numbers: the axis becomes those of `indices`. */
export function take(b: Builder, x: Tensor, axis: number, indices: Tensor): Tensor {
  if (x.place === 'known' && indices.place === 'known') return takeKnown(x, axis, indices);
  const order = [axis, ...identity(x.shape.length).filter((one) => one !== axis)];
  const table = inOrder(b, permuteAxes(toGraph(b, x), order));
  const numbers = indices.place === 'known' ? positive(indices, x.shape[axis]) : indices;
  const rows = b.gatherRows(table.node, inOrder(b, toGraph(b, numbers, 'int')).node);
  const rank = indices.shape.length;
  // [...indices, ...before, ...after] -> [...before, ...indices, ...after]
  const before = identity(axis).map((one) => one + rank);
  const after = identity(x.shape.length - axis - 1).map((one) => one + rank + axis);
  return permuteAxes(computed(rows), [...before, ...identity(rank), ...after]);
}

function positive(indices: Tensor & { place: 'known' }, extent: number): Tensor {
  return mapped(indices, (index) => (index < 0 ? index + extent : index), 'int');
}

interface Fold {
  readonly first: number;
  readonly value: (sum: number, value: number) => number;
  readonly node: (b: Builder, x: Node, axes: readonly number[]) => Node;
}

export const SUM: Fold = {
  first: 0,
  value: (sum, value) => sum + value,
  node: (b, x, axes) => b.reduceSum(x, axes, true),
};
export const MAX: Fold = {
  first: Number.NEGATIVE_INFINITY,
  value: Math.max,
  node: (b, x, axes) => b.reduceMax(x, axes, true),
};

/** Folds axes of x; they keep one element, or go. */
export function fold(b: Builder, x: Tensor, axes: readonly number[], how: Fold, keeps: boolean): Tensor {
  const folded =
    x.place === 'known'
      ? foldKnown(x, axes, how.first, how.value)
      : computed(
          how.node(
            b,
            x.node,
            axes.map((axis) => x.axes[axis]).sort((left, right) => left - right),
          ),
          x.axes,
          x.kind === 'bool' ? 'float' : x.kind,
        );
  if (keeps) return folded;
  return reshape(
    b,
    folded,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

export const sum = (b: Builder, x: Tensor, axes: readonly number[], keeps = false): Tensor =>
  fold(b, x, axes, SUM, keeps);
export const maximumOf = (b: Builder, x: Tensor, axes: readonly number[], keeps = false): Tensor =>
  fold(b, x, axes, MAX, keeps);

export function mean(b: Builder, x: Tensor, axes: readonly number[], keeps = false): Tensor {
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1);
  return times(b, sum(b, x, axes, keeps), 1 / count);
}

/** Product of matrices in the last two axes; leading axes broadcast. */
export function matmul(b: Builder, x: Tensor, y: Tensor): Tensor {
  if (x.shape.length === 1) {
    const row = matmul(b, unsqueeze(b, x, 0), y);
    return reshape(b, row, row.shape.toSpliced(-2, 1));
  }
  if (y.shape.length === 1) {
    const column = matmul(b, x, unsqueeze(b, y, 1));
    return reshape(b, column, column.shape.slice(0, -1));
  }
  const [left, right] = [x.shape.slice(0, -2), y.shape.slice(0, -2)];
  if (x.place === 'known' && y.place === 'known') {
    const batch = broadcastShapes('matmul', left, right);
    return matmulKnown(
      expandKnown(x, [...batch, ...x.shape.slice(-2)]),
      expandKnown(y, [...batch, ...y.shape.slice(-2)]),
    );
  }
  if (y.shape.length === 2) return rowsProduct(b, toGraph(b, x), toGraph(b, y));
  if (x.shape.length === 2) {
    // X Y = (Y^T X^T)^T, so that the matrix without a batch is read once.
    const product = matmul(b, exchange(y, y.shape.length - 2, y.shape.length - 1), exchange(x, 0, 1));
    return exchange(product, product.shape.length - 2, product.shape.length - 1);
  }
  const batch = broadcastShapes('matmul', left, right);
  return batchedProduct(
    b,
    toGraph(b, expand(b, x, [...batch, ...x.shape.slice(-2)])),
    toGraph(b, expand(b, y, [...batch, ...y.shape.slice(-2)])),
  );
}

/** x [..., k] times a matrix [k, n]; the leading axes stay where they lie. */
function rowsProduct(b: Builder, x: Computed, matrix: Computed): Computed {
  const last = x.shape.length - 1;
  const leading = placesOf(x).filter((axis) => axis !== last);
  const axes = x.shape.map((_, axis) => (axis === last ? last : leading.indexOf(axis)));
  const lying = layOut(b, x, axes).node;
  const inner = x.shape[last];
  const rows = b.reshape(lying, [sizeOf(lying.shape) / inner, inner]);
  const isTransposed = matrix.axes[0] === 1;
  const product = b.matmul(rows, matrix.node, { transposeB: isTransposed });
  return computed(b.reshape(product, [...lying.shape.slice(0, -1), matrix.shape[1]]), axes);
}

/** Products of matrices with equal leading axes, which lie as x has them. */
function batchedProduct(b: Builder, x: Computed, y: Computed): Computed {
  const rank = x.shape.length;
  const batch = placesOf(x).filter((axis) => axis < rank - 2);
  // Rows and columns in the order in which they lie, so that as little as possible moves.
  const lay = (one: Computed) => {
    const matrix = placesOf(one).filter((axis) => axis >= rank - 2);
    const places = [...batch, ...matrix];
    const axes = identity(rank).map((axis) => places.indexOf(axis));
    return { node: layOut(b, one, axes).node, isTransposed: matrix[0] === rank - 1 };
  };
  const [left, right] = [lay(x), lay(y)];
  const product = b.matmul(left.node, right.node, { transposeA: left.isTransposed, transposeB: right.isTransposed });
  return computed(product, [...identity(rank - 2).map((axis) => batch.indexOf(axis)), rank - 2, rank - 1]);
}

/** Softmax over an axis. */
export function softmax(b: Builder, x: Tensor, axis: number): Tensor {
  const exponentials = map(b, subtract(b, x, steady(b, maximumOf(b, x, [axis], true))), EXP);
  return divide(b, exponentials, sum(b, exponentials, [axis], true));
}

export function logSoftmax(b: Builder, x: Tensor, axis: number): Tensor {
  const shifted = subtract(b, x, steady(b, maximumOf(b, x, [axis], true)));
  return subtract(b, shifted, map(b, sum(b, map(b, shifted, EXP), [axis], true), LOG));
}

export const EXP: Unary = { value: Math.exp, node: (b, x) => b.exp(x) };
export const LOG: Unary = { value: Math.log, node: (b, x) => b.log(x) };

/** x, through which no gradient passes. */
export function steady(b: Builder, x: Tensor): Tensor {
  return map(b, x, { value: (value) => value, node: (_b, node) => b.stopGradient(node) }, x.kind);
}
