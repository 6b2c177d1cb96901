/** Operators that give a tensor another shape, or its axes another order, and move no value along an axis. */
import { broadcastShapes } from '../../../../graph/shapes';
import { type Shape, sizeOf } from '../../../../protocol/tensor';
import { exchange, expand, permute, reshape, unsqueeze } from '../primitives';
import type { Operator, Operators } from '../scope';
import { identity } from '../tensor';

/** A shape in which one size may be -1: what is left. */
function completed(shape: Shape, elements: number): Shape {
  const missing = shape.indexOf(-1);
  if (missing < 0) return shape;
  return shape.with(missing, elements / sizeOf(shape.with(missing, 1)));
}

const view: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  return reshape(b, x, completed(call.numbers(1), sizeOf(x.shape)));
};

const viewAs: Operator = ({ b }, call) => reshape(b, call.tensor(0), call.tensor(1).shape);

const flatten: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const [start, end] = [call.axis(1, x.shape.length, 0), call.axis(2, x.shape.length, -1)];
  const merged = sizeOf(x.shape.slice(start, end + 1));
  return reshape(b, x, [...x.shape.slice(0, start), merged, ...x.shape.slice(end + 1)]);
};

const unflatten: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const axis = call.axis(1, x.shape.length);
  return reshape(b, x, x.shape.toSpliced(axis, 1, ...completed(call.numbers(2), x.shape[axis])));
};

const transposed: Operator = (_scope, call) => {
  const x = call.tensor(0);
  return exchange(x, call.axis(1, x.shape.length), call.axis(2, x.shape.length));
};

/** Of matrices of real numbers, the conjugate one too. */
const matrixTransposed: Operator = (_scope, call) => {
  const x = call.tensor(0);
  return exchange(x, x.shape.length - 2, x.shape.length - 1);
};

const permuted: Operator = (_scope, call) => {
  const x = call.tensor(0);
  return permute(
    x,
    call.numbers(1).map((axis) => (axis < 0 ? axis + x.shape.length : axis)),
  );
};

const moved: Operator = (_scope, call) => {
  const x = call.tensor(0);
  const resolve = (axis: number) => (axis < 0 ? axis + x.shape.length : axis);
  const [from, to] = [call.numbers(1).map(resolve), call.numbers(2).map(resolve)];
  const left = identity(x.shape.length).filter((axis) => !from.includes(axis));
  const order = identity(x.shape.length).map((place) => {
    const at = to.indexOf(place);
    return at < 0 ? left.shift()! : from[at];
  });
  return permute(x, order);
};

const squeeze: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const asked = call.overload === 'default' ? undefined : call.axes(1, x.shape.length);
  // The batch may be of one example here, and not where the model was exported.
  const before = call.exportedShape(0) ?? x.shape;
  const goes = (axis: number) => before[axis] === 1 && x.shape[axis] === 1 && (asked?.includes(axis) ?? true);
  return reshape(
    b,
    x,
    x.shape.filter((_, axis) => !goes(axis)),
  );
};

/** x in a wider shape, where -1 keeps a size. */
const expanded: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const sizes = call.numbers(1);
  const added = sizes.length - x.shape.length;
  return expand(
    b,
    x,
    sizes.map((size, axis) => (size === -1 ? x.shape[axis - added] : size)),
  );
};

const repeated: Operator = ({ b }, call) => {
  const given = call.tensor(0);
  const counts = call.numbers(1);
  let x = reshape(b, given, [
    ...identity(Math.max(counts.length - given.shape.length, 0)).map(() => 1),
    ...given.shape,
  ]);
  const added = x.shape.length - counts.length;
  counts.forEach((count, i) => {
    if (count === 1) return;
    const axis = i + added;
    const wide = expand(b, unsqueeze(b, x, axis), x.shape.toSpliced(axis, 0, count));
    x = reshape(b, wide, x.shape.with(axis, x.shape[axis] * count));
  });
  return x;
};

const repeatInterleaved: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const count = call.number(1);
  const axis = call.axis(2, x.shape.length);
  const wide = expand(b, unsqueeze(b, x, axis + 1), x.shape.toSpliced(axis + 1, 0, count));
  return reshape(b, wide, x.shape.with(axis, x.shape[axis] * count));
};

const broadcastTensors: Operator = ({ b }, call) => {
  const tensors = call.tensors(0);
  const shape = tensors.reduce<Shape>((found, one) => broadcastShapes('broadcast_tensors', found, one.shape), []);
  return tensors.map((one) => expand(b, one, shape));
};

export const shapes: Operators = {
  view,
  _unsafe_view: view,
  reshape: view,
  view_as: viewAs,
  reshape_as: viewAs,
  flatten,
  unflatten,
  ravel: flatten,
  permute: permuted,
  transpose: transposed,
  swapaxes: transposed,
  swapdims: transposed,
  t: (_scope, call) => (call.tensor(0).shape.length < 2 ? call.tensor(0) : exchange(call.tensor(0), 0, 1)),
  numpy_T: (_scope, call) => permute(call.tensor(0), identity(call.tensor(0).shape.length).reverse()),
  mT: matrixTransposed,
  mH: matrixTransposed,
  matrix_H: matrixTransposed,
  movedim: moved,
  squeeze,
  unsqueeze: ({ b }, call) => unsqueeze(b, call.tensor(0), call.axis(1, call.tensor(0).shape.length + 1)),
  expand: expanded,
  broadcast_to: expanded,
  expand_as: ({ b }, call) => expand(b, call.tensor(0), call.tensor(1).shape),
  repeat: repeated,
  tile: repeated,
  repeat_interleave: repeatInterleaved,
  broadcast_tensors: broadcastTensors,
};
