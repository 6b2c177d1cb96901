/** Reading by numbers: embeddings, tables and masks. */
import { sizeOf } from '../../../../protocol/tensor';
import { inOrder } from '../layout';
import { add, choose, expand, multiply, permute, reshape, sum, take, times } from '../primitives';
import { isTensor, type Operator, type Operators, type Scope, Unsupported, type Value } from '../scope';
import { computed, filled, identity, type Known, known, type Tensor } from '../tensor';

/** Numbers of the elements of a truth mask that hold. */
function heldBy(mask: Known): Known {
  const held = Array.from(mask.data.keys()).filter((i) => mask.data[i] !== 0);
  return known('int', [held.length], Float64Array.from(held));
}

/** Each number as a row of `depth` elements, 1 at its place. */
function oneHot({ b }: Scope, indices: Tensor, depth: number): Tensor {
  if (indices.place === 'known') {
    const data = new Float64Array(indices.data.length * depth);
    indices.data.forEach((index, i) => {
      data[i * depth + index] = 1;
    });
    return known('float', [...indices.shape, depth], data);
  }
  return computed(b.oneHot(inOrder(b, indices).node, depth));
}

/** x[indices], where the indexed axes lie side by side and every number is known, or one axis is indexed. */
function indexed(scope: Scope, x: Tensor, indices: readonly (Tensor | undefined)[]): Tensor {
  const { b } = scope;
  const axes = indices.flatMap((index, axis) => (index ? [axis] : []));
  const given = axes.map((axis) => indices[axis]!);
  const [first] = axes;
  if (axes.some((axis, i) => axis !== first + i)) throw new Unsupported('it indexes axes that do not lie side by side');
  if (given.length === 1) {
    const [index] = given;
    if (index.kind !== 'bool') return take(b, x, first, index);
    if (index.place === 'computed') throw new Unsupported('what it takes depends on the input');
    const covered = index.shape.length;
    const merged = x.shape.toSpliced(first, covered, sizeOf(index.shape));
    return take(b, reshape(b, x, merged), first, heldBy(index));
  }
  const computedOnes = given.filter(({ place }) => place === 'computed');
  if (computedOnes.length > 0) return pickedRows(scope, x, given);
  // Several axes at once: numbers in the axis that they make together.
  const extents = axes.map((axis) => x.shape[axis]);
  const flat = given.reduce(
    (total, index, i) => {
      const whole = wrapped(index as Known, extents[i]);
      return add(b, times(b, total, extents[i]), whole);
    },
    filled('int', [], 0) as Tensor,
  );
  return take(b, reshape(b, x, x.shape.toSpliced(first, axes.length, sizeOf(extents))), first, flat);
}

function wrapped(index: Known, extent: number): Known {
  return known(
    'int',
    index.shape,
    index.data.map((value) => (value < 0 ? value + extent : value)),
  );
}

/** x[arange(n), numbers]: of each example of x [n, steps, …] the step that a computed number names. */
function pickedRows(scope: Scope, x: Tensor, [examples, numbers]: readonly Tensor[]): Tensor {
  const { b } = scope;
  const isEach = examples.place === 'known' && examples.data.every((value, i) => value === i);
  if (!isEach || numbers.shape.length !== 1 || sizeOf(examples.shape) !== x.shape[0]) {
    throw new Unsupported('what it takes depends on the input');
  }
  const marks = oneHot(scope, numbers, x.shape[1]);
  const shape = [...marks.shape, ...x.shape.slice(2).map(() => 1)];
  return sum(b, multiply(b, x, reshape(b, marks, shape)), [1]);
}

const index: Operator = (scope, call) => {
  const given = call.value(1) as readonly Value[];
  return indexed(
    scope,
    call.tensor(0),
    given.map((one) => (isTensor(one) ? one : undefined)),
  );
};

/** Of each place, the element along an axis that a number of the same place names. */
const gather: Operator = (scope, call) => {
  const { b } = scope;
  const x = call.tensor(0);
  const axis = call.axis(1, x.shape.length);
  const numbers = call.tensor(2);
  const rank = x.shape.length;
  const marks = oneHot(scope, numbers, x.shape[axis]);
  // x with an axis before `axis` for the places, and `axis` last: [..., places, extent].
  const order = [...identity(rank).filter((one) => one !== axis), axis];
  const moved = permute(x, order);
  const cut = numbers.shape.toSpliced(axis, 1);
  if (cut.some((extent, i) => extent !== moved.shape[i])) throw new Unsupported('it takes from a part of its input');
  const wide = reshape(b, moved, [...cut, 1, x.shape[axis]]);
  const marked = permute(marks, [...identity(rank).filter((one) => one !== axis), axis, rank]);
  const picked = sum(b, multiply(b, marked, wide), [rank]);
  const back = identity(rank).map((one) => (one === axis ? rank - 1 : one < axis ? one : one - 1));
  return permute(picked, back);
};

/** x with values at the places of a known mask replaced. */
const indexPut: Operator = (scope, call) => {
  const { b } = scope;
  const x = call.tensor(0);
  const given = (call.value(1) as readonly Value[]).filter(isTensor);
  const values = call.tensor(2);
  const [mask] = given;
  if (given.length !== 1 || mask.kind !== 'bool' || sizeOf(values.shape) !== 1 || call.truth(3, false)) {
    throw new Unsupported('it writes at places that numbers name');
  }
  const shape = [...mask.shape, ...x.shape.slice(mask.shape.length).map(() => 1)];
  return choose(b, expand(b, reshape(b, mask, shape), x.shape), reshape(b, values, []), x);
};

export const indexing: Operators = {
  embedding: ({ b }, call) => take(b, call.tensor(0), 0, call.tensor(1)),
  index,
  gather,
  take_along_dim: (scope, call) =>
    gather(scope, { ...call, tensor: (at) => call.tensor(at === 2 ? 1 : at), axis: (_at, rank) => call.axis(2, rank) }),
  index_put: indexPut,
  one_hot: (scope, call) => {
    const x = call.tensor(0);
    const depth = call.number(1, -1);
    if (depth < 0) throw new Unsupported('its number of classes depends on the values');
    return oneHot(scope, x, depth);
  },
  item: (_scope, call) => call.number(0),
  copy: ({ b }, call) => expand(b, call.tensor(1), call.tensor(0).shape),
};
