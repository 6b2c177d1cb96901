/** Arithmetic of known tensors: what NumPy does, for values that are there while a graph is lowered. */
import { broadcastShapes } from '../../../graph/shapes';
import { broadcastStrides, offsets, stridesOf } from '../../../graph/strides';
import { type Shape, sizeOf } from '../../../protocol/tensor';
import { type Kind, type Known, known } from './tensor';

/** x read at other places. */
function readAt(x: Known, shape: Shape, places: Int32Array): Known {
  return known(
    x.kind,
    shape,
    Float64Array.from(places, (place) => x.data[place]),
  );
}

export function zipKnown(kind: Kind, a: Known, b: Known, f: (left: number, right: number) => number): Known {
  const shape = broadcastShapes('an operation', a.shape, b.shape);
  const left = offsets(shape, broadcastStrides(a.shape, shape));
  const right = offsets(shape, broadcastStrides(b.shape, shape));
  return known(
    kind,
    shape,
    Float64Array.from(left, (place, i) => f(a.data[place], b.data[right[i]])),
  );
}

export function expandKnown(x: Known, shape: Shape): Known {
  return readAt(x, shape, offsets(shape, broadcastStrides(x.shape, shape)));
}

export function permuteKnown(x: Known, order: readonly number[]): Known {
  const strides = stridesOf(x.shape);
  const shape = order.map((axis) => x.shape[axis]);
  return readAt(
    x,
    shape,
    offsets(
      shape,
      order.map((axis) => strides[axis]),
    ),
  );
}

export function sliceKnown(x: Known, axis: number, begin: number, length: number, step: number): Known {
  const strides = stridesOf(x.shape);
  const shape = x.shape.with(axis, length);
  return readAt(x, shape, offsets(shape, strides.with(axis, strides[axis] * step), begin * strides[axis]));
}

/** Rows of x along an axis by their numbers. */
export function takeKnown(x: Known, axis: number, indices: Known): Known {
  const outer = sizeOf(x.shape.slice(0, axis));
  const inner = sizeOf(x.shape.slice(axis + 1));
  const extent = x.shape[axis];
  const data = new Float64Array(outer * indices.data.length * inner);
  let position = 0;
  for (let row = 0; row < outer; row++) {
    for (const index of indices.data) {
      const start = (row * extent + (index < 0 ? index + extent : index)) * inner;
      for (let i = 0; i < inner; i++) data[position++] = x.data[start + i];
    }
  }
  return known(x.kind, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], data);
}

export function concatKnown(parts: readonly Known[], axis: number): Known {
  const total = parts.reduce((sum, { shape }) => sum + shape[axis], 0);
  const shape = parts[0].shape.with(axis, total);
  const strides = stridesOf(shape);
  const data = new Float64Array(sizeOf(shape));
  let begin = 0;
  for (const part of parts) {
    offsets(part.shape, strides, begin * strides[axis]).forEach((place, i) => {
      data[place] = part.data[i];
    });
    begin += part.shape[axis];
  }
  return known(parts.find(({ kind }) => kind === 'float')?.kind ?? parts[0].kind, shape, data);
}

/** Folds the axes of x, which become one element each. */
export function foldKnown(x: Known, axes: readonly number[], first: number, f: (sum: number, value: number) => number) {
  const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const target = offsets(x.shape, broadcastStrides(shape, x.shape));
  const data = new Float64Array(sizeOf(shape)).fill(first);
  x.data.forEach((value, i) => {
    data[target[i]] = f(data[target[i]], value);
  });
  return known(x.kind, shape, data);
}

/** Product over the last two axes; leading axes are equal. */
export function matmulKnown(a: Known, b: Known): Known {
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape[b.shape.length - 1];
  const shape = [...a.shape.slice(0, -1), columns];
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const batch = Math.floor(i / (rows * columns));
    const left = batch * rows * inner + (Math.floor(i / columns) % rows) * inner;
    const right = batch * inner * columns + (i % columns);
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a.data[left + k] * b.data[right + k * columns];
    return sum;
  });
  return known('float', shape, data);
}
