/** Operators that move values, and change none. */
import { broadcastShapes, equalShapes } from '../../../../graph/shapes';
import { type Shape, sizeOf } from '../../../../protocol/tensor';
import {
  choose,
  concat,
  exchange,
  expand,
  multiply,
  pad,
  permute,
  reshape,
  slice,
  steady,
  sum,
  take,
  unsqueeze,
} from '../primitives';
import { type Call, isTensor, type Operator, type Operators, pairOf, Unsupported, type Value } from '../scope';
import { filled, identity, type Kind, known, mapped, type Tensor } from '../tensor';

/** A shape in which one size may be -1: what is left. */
function completed(shape: Shape, elements: number): Shape {
  const missing = shape.indexOf(-1);
  if (missing < 0) return shape;
  return shape.with(missing, elements / sizeOf(shape.with(missing, 1)));
}

/** Sizes given as a list, or as one argument each. */
function sizesOf(call: Call, position: number): readonly number[] {
  return call.numbers(position);
}

const view: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  return reshape(b, x, completed(sizesOf(call, 1), sizeOf(x.shape)));
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

const same: Operator = (_scope, call) => call.tensor(0);

function kindOf(dtype: Value | undefined): Kind | undefined {
  if (typeof dtype !== 'object' || dtype === null || !('dtype' in dtype)) return undefined;
  if (dtype.dtype === 'bool') return 'bool';
  return /int/.test(dtype.dtype) ? 'int' : 'float';
}

/** x with values of another kind; floating point has one width here. */
export function cast(x: Tensor, kind: Kind | undefined): Tensor {
  if (kind === undefined || kind === x.kind) return x;
  if (x.place === 'known') {
    if (kind === 'bool') return mapped(x, (value) => Number(value !== 0), kind);
    return kind === 'int' ? mapped(x, Math.trunc, kind) : { ...x, kind };
  }
  if (x.kind === 'float') throw new Unsupported(`values that depend on the input become whole numbers (${kind})`);
  if (x.node.dtype === 'int32' && kind === 'float') throw new Unsupported('it computes with the numbers of tokens');
  return { ...x, kind };
}

const converted: Operator = (_scope, call) => {
  const x = call.tensor(0);
  const positions = Array.from({ length: Math.max(call.count - 1, 0) }, (_, i) => call.value(i + 1));
  const other = positions.find(isTensor);
  if (other) return cast(x, other.kind);
  return cast(x, kindOf(call.value(-1, 'dtype') ?? positions.find((one) => kindOf(one))));
};

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

const parts =
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

const split = parts((call, extent) => {
  const sizes = call.numbers(1);
  return Array.isArray(call.value(1)) ? sizes : inRuns(sizes[0], extent);
});

const chunk = parts((call, extent) => inRuns(Math.ceil(extent / call.number(1)), extent));

/** Parts of which the first are one larger where the axis does not divide. */
const tensorSplit = parts((call, extent) => {
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

const broadcastTensors: Operator = ({ b }, call) => {
  const tensors = call.tensors(0);
  const shape = tensors.reduce<Shape>((found, one) => broadcastShapes('broadcast_tensors', found, one.shape), []);
  return tensors.map((one) => expand(b, one, shape));
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

/** Numbers of the elements of an axis that a padding of another kind than zeros repeats. */
function borderIndices(extent: number, before: number, after: number, mode: string): Float64Array {
  const period = 2 * (extent - 1);
  return Float64Array.from({ length: extent + before + after }, (_, place) => {
    const index = place - before;
    if (mode === 'replicate') return Math.min(Math.max(index, 0), extent - 1);
    if (mode === 'circular') return ((index % extent) + extent) % extent;
    const folded = ((index % period) + period) % period;
    return folded < extent ? folded : period - folded;
  });
}

/** Gathers elements of an axis as slices, so that nothing moves along other axes. */
function padBorder(
  b: Parameters<typeof slice>[0],
  x: Tensor,
  axis: number,
  before: number,
  after: number,
  mode: string,
) {
  const indices = borderIndices(x.shape[axis], before, after, mode);
  const one = (index: number) => slice(b, x, axis, index, 1);
  const [first, last] = [indices.slice(0, before), indices.slice(indices.length - after)];
  return concat(b, [...Array.from(first, one), x, ...Array.from(last, one)], axis);
}

function padded(
  b: Parameters<typeof slice>[0],
  x: Tensor,
  sizes: readonly number[],
  mode: string,
  value: number,
): Tensor {
  let result = x;
  for (let i = 0; i < sizes.length / 2; i++) {
    const axis = x.shape.length - 1 - i;
    let [before, after] = [sizes[2 * i], sizes[2 * i + 1]];
    const cut = [Math.max(-before, 0), Math.max(-after, 0)];
    if (cut[0] + cut[1] > 0) result = slice(b, result, axis, cut[0], result.shape[axis] - cut[0] - cut[1]);
    [before, after] = [Math.max(before, 0), Math.max(after, 0)];
    if (before + after === 0) continue;
    result =
      mode === 'constant'
        ? pad(b, result, axis, before, after, value)
        : padBorder(b, result, axis, before, after, mode);
  }
  return result;
}

const padding: Operator = ({ b }, call) =>
  padded(b, call.tensor(0), call.numbers(1), call.text(2, 'constant'), call.number(3, 0));

const paddedWith =
  (mode: string): Operator =>
  ({ b }, call) =>
    padded(b, call.tensor(0), call.numbers(1), mode, 0);

/** The lower (or upper) triangle of the last two axes. */
const triangle =
  (isKept: (row: number, column: number, diagonal: number) => boolean): Operator =>
  ({ b }, call) => {
    const x = call.tensor(0);
    const diagonal = call.number(1, 0);
    const [rows, columns] = x.shape.slice(-2);
    const mask = Float64Array.from({ length: rows * columns }, (_, i) =>
      Number(isKept(Math.floor(i / columns), i % columns, diagonal)),
    );
    const kept = known('bool', [rows, columns], mask);
    if (x.place === 'known') return choose(b, kept, x, filled(x.kind, [], 0));
    return multiply(b, x, kept);
  };

const pixelShuffle: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const factor = call.number(1);
  const [n, channels, height, width] = x.shape;
  const split = reshape(b, x, [n, channels / factor ** 2, factor, factor, height, width]);
  return reshape(b, permute(split, [0, 1, 4, 2, 5, 3]), [n, channels / factor ** 2, height * factor, width * factor]);
};

const pixelUnshuffle: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const factor = call.number(1);
  const [n, channels, height, width] = x.shape;
  const split = reshape(b, x, [n, channels, height / factor, factor, width / factor, factor]);
  return reshape(b, permute(split, [0, 1, 3, 5, 2, 4]), [n, channels * factor ** 2, height / factor, width / factor]);
};

const channelShuffle: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const groups = call.number(1);
  const split = reshape(b, x, [x.shape[0], groups, x.shape[1] / groups, ...x.shape.slice(2)]);
  return reshape(b, exchange(split, 1, 2), x.shape);
};

/** Windows along an axis, each in a new last axis. */
const unfolded: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const axis = call.axis(1, x.shape.length);
  const [size, step] = [call.number(2), call.number(3)];
  const count = Math.floor((x.shape[axis] - size) / step) + 1;
  const windows = Array.from({ length: size }, (_, i) => slice(b, x, axis, i, count, step));
  const last = x.shape.length;
  return concat(
    b,
    windows.map((window) => unsqueeze(b, window, last)),
    last,
  );
};

/** Patches [n, c * kh * kw, places] of images: (x, size, dilation, padding, stride). */
const patches: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const [size, dilations, padding, strides] = [1, 2, 3, 4].map((position) => pairOf(call.numbers(position)));
  const wide = pad(b, pad(b, x, 2, padding[0], padding[0]), 3, padding[1], padding[1]);
  const [n, channels] = x.shape;
  const counts = [0, 1].map(
    (axis) => Math.floor((wide.shape[axis + 2] - dilations[axis] * (size[axis] - 1) - 1) / strides[axis]) + 1,
  );
  const places = Array.from({ length: size[0] * size[1] }, (_, i) => {
    const [row, column] = [Math.floor(i / size[1]) * dilations[0], (i % size[1]) * dilations[1]];
    return unsqueeze(b, slice(b, slice(b, wide, 2, row, counts[0], strides[0]), 3, column, counts[1], strides[1]), 2);
  });
  return reshape(b, concat(b, places, 2), [n, channels * size[0] * size[1], counts[0] * counts[1]]);
};

const diagonalOf: Operator = ({ b }, call) => {
  const x = call.tensor(0);
  const rank = x.shape.length;
  const [first, second] = [call.axis(2, rank, 0), call.axis(3, rank, 1)];
  if (call.number(1, 0) !== 0 || x.shape[first] !== x.shape[second])
    throw new Unsupported('it is not the main diagonal');
  const size = x.shape[first];
  const one = known(
    'float',
    [size, size],
    Float64Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0)),
  );
  const others = identity(rank).filter((axis) => axis !== first && axis !== second);
  return sum(b, multiply(b, permute(x, [...others, first, second]), one), [rank - 2]);
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
  contiguous: same,
  clone: same,
  alias: same,
  lift_fresh_copy: same,
  positive: same,
  detach: ({ b }, call) => steady(b, call.tensor(0)),
  to: converted,
  _to_copy: converted,
  type_as: converted,
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
  broadcast_tensors: broadcastTensors,
  chunk,
  unbind,
  slice: sliced,
  narrow: narrowed,
  select: selection,
  roll: rolled,
  flip: flipped,
  pad: padding,
  constant_pad_nd: ({ b }, call) => padded(b, call.tensor(0), call.numbers(1), 'constant', call.number(2, 0)),
  reflection_pad1d: paddedWith('reflect'),
  reflection_pad2d: paddedWith('reflect'),
  replication_pad1d: paddedWith('replicate'),
  replication_pad2d: paddedWith('replicate'),
  tril: triangle((row, column, diagonal) => column - row <= diagonal),
  triu: triangle((row, column, diagonal) => column - row >= diagonal),
  pixel_shuffle: pixelShuffle,
  pixel_unshuffle: pixelUnshuffle,
  channel_shuffle: channelShuffle,
  unfold: unfolded,
  im2col: patches,
  diagonal: diagonalOf,
  index_select: ({ b }, call) => {
    const x = call.tensor(0);
    return take(b, x, call.axis(1, x.shape.length), call.tensor(2));
  },
};
