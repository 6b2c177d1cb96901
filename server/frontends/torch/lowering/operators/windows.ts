/** Operators that rearrange images and matrices: windows, patches, shuffled channels, triangles and diagonals. */
import { choose, concat, exchange, multiply, pad, permute, reshape, slice, sum, unsqueeze } from '../primitives';
import { type Operator, type Operators, pairOf, Unsupported } from '../scope';
import { filled, identity, known } from '../tensor';

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

export const windows: Operators = {
  tril: triangle((row, column, diagonal) => column - row <= diagonal),
  triu: triangle((row, column, diagonal) => column - row >= diagonal),
  pixel_shuffle: pixelShuffle,
  pixel_unshuffle: pixelUnshuffle,
  channel_shuffle: channelShuffle,
  unfold: unfolded,
  im2col: patches,
  diagonal: diagonalOf,
};
