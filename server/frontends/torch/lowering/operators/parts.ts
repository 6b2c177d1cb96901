/** Operators that take parts of tensors, or put tensors together. */
import { equalShapes } from '../../../../graph/shapes';
import { concat, reshape, slice, take, unsqueeze } from '../primitives';
import { type Call, type Operator, type Operators, Unsupported } from '../scope';
import { identity, type Tensor } from '../tensor';

const joined: Operator = ({ b }, call) => {
  const parts = call.tensors(0).filter(({ shape }) => !equalShapes(shape, [0]));
  return concat(b, parts, call.axis(1, parts[0].shape.length, 0));
};

const stacked: Operator = ({ b }, call) => {
  const parts = call.tensors(0);
  const axis = call.axis(1, parts[0].shape.length + 1, 0);
  return concat(
    b,
    parts.map((part) => unsqueeze(b, part, axis)),
    axis,
  );
};

const partsOf =
  (sizesFor: (call: Call, extent: number) => readonly number[]): Operator =>
  ({ b }, call) => {
    const x = call.tensor(0);
    const axis = call.axis(2, x.shape.length, 0);
    let begin = 0;
    return sizesFor(call, x.shape[axis]).map((size) => {
      const part = slice(b, x, axis, begin, size);
      begin += size;
      return part;
    });
  };

const inRuns = (size: number, extent: number) =>
  Array.from({ length: Math.max(Math.ceil(extent / size), 1) }, (_, i) => Math.min(size, extent - i * size));

const split = partsOf((call, extent) => {
  const sizes = call.numbers(1);
  return Array.isArray(call.value(1)) ? sizes : inRuns(sizes[0], extent);
});

const chunk = partsOf((call, extent) => inRuns(Math.ceil(extent / call.number(1)), extent));

/** Parts of which the first are one larger where the axis does not divide. */
const tensorSplit = partsOf((call, extent) => {
  if (Array.isArray(call.value(1))) {
    const ends = [...call.numbers(1).map((end) => Math.min(end < 0 ? end + extent : end, extent)), extent];
    return ends.map((end, i) => Math.max(end - (i === 0 ? 0 : ends[i - 1]), 0));
  }
  const count = call.number(1);
  return Array.from({ length: count }, (_, i) => Math.floor(extent / count) + Number(i < extent % count));
});

/** Tensors beside each other, each of so many axes at least, along one of them. */
const joinedAlong =
  (axis: (rank: number) => number, least: number): Operator =>
  ({ b }, call) => {
    const all = call.tensors(0).map((part) => {
      const missing = Math.max(least - part.shape.length, 0);
      return reshape(b, part, [...identity(missing).map(() => 1), ...part.shape]);
    });
    return concat(b, all, axis(all[0].shape.length));
  };

const unbind: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const axis = call.axis(1, x.shape.length, 0);
  return Array.from({ length: x.shape[axis] }, (_, i) => selected(b, x, axis, i));
};

function selected(b: Parameters<typeof slice>[0], x: Tensor, axis: number, index: number): Tensor {
  return reshape(b, slice(b, x, axis, index, 1), x.shape.toSpliced(axis, 1));
}

/** Where a slice begins, how many elements it has, and its step. */
export function sliceRange(call: Call, x: Tensor) {
  const axis = call.axis(1, x.shape.length, 0);
  const extent = x.shape[axis];
  const within = (place: number) => Math.min(Math.max(place < 0 ? place + extent : place, 0), extent);
  const begin = within(call.number(2, 0));
  const end = within(call.number(3, extent));
  const step = call.number(4, 1);
  return { axis, begin, length: Math.max(Math.ceil((end - begin) / step), 0), step };
}

const sliced: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const { axis, begin, length, step } = sliceRange(call, x);
  return slice(b, x, axis, begin, length, step);
};

const narrowed: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const axis = call.axis(1, x.shape.length);
  const begin = call.number(2);
  return slice(b, x, axis, begin < 0 ? begin + x.shape[axis] : begin, call.number(3));
};

const selection: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const axis = call.axis(1, x.shape.length);
  const index = call.number(2);
  return selected(b, x, axis, index < 0 ? index + x.shape[axis] : index);
};

const rolled: Operator = ({ b }, call) => {
  let x = call.tensor(0);
  const shifts = call.numbers(1);
  const axes = call.numbers(2, []).map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  if (axes.length === 0) throw new Unsupported('it rolls over all axes at once');
  axes.forEach((axis, i) => {
    const extent = x.shape[axis];
    const by = ((shifts[i] % extent) + extent) % extent;
    if (by === 0) return;
    x = concat(b, [slice(b, x, axis, extent - by, by), slice(b, x, axis, 0, extent - by)], axis);
  });
  return x;
};

const flipped: Operator = ({ b }, call) => {
  let x = call.tensor(0);
  for (const axis of call.axes(1, x.shape.length)) {
    const extent = x.shape[axis];
    const ones = Array.from({ length: extent }, (_, i) => slice(b, x, axis, extent - 1 - i, 1));
    x = concat(b, ones, axis);
  }
  return x;
};

export const parts: Operators = {
  cat: joined,
  concat: joined,
  concatenate: joined,
  stack: stacked,
  hstack: joinedAlong((rank) => Math.min(rank - 1, 1), 1),
  vstack: joinedAlong(() => 0, 2),
  split,
  unsafe_split: split,
  unsafe_chunk: chunk,
  tensor_split: tensorSplit,
  split_with_sizes: split,
  chunk,
  unbind,
  slice: sliced,
  narrow: narrowed,
  select: selection,
  roll: rolled,
  flip: flipped,
  index_select: ({ b }, call) => {
    const x = call.tensor(0);
    return take(b, x, call.axis(1, x.shape.length), call.tensor(2));
  },
};
