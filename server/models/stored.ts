/** Between the engine's tensors and those of files: names, order of axes, shapes. */
import { floatTensor, type HostTensor, intTensor, type Shape, sizeOf } from '../protocol/tensor';
import type { Network, Parameter, StoredTensor } from './types';

type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

/** How files of its framework hold a parameter. */
export function storedAs({ name, shape, stored }: Pick<Parameter, 'name' | 'shape' | 'stored'>): StoredTensor {
  return stored ?? { name, view: shape, order: shape.map((_, axis) => axis), shape };
}

type Maker<T> = new (length: number) => T;

const strideOf = (shape: Shape, axis: number): number => sizeOf(shape.slice(axis + 1));

/** Where the elements of a row-major tensor lie in one whose axes have other strides, in their order. */
function placesIn(shape: Shape, strides: readonly number[]): Int32Array {
  const places = new Int32Array(sizeOf(shape));
  const at = new Array<number>(shape.length).fill(0);
  let place = 0;
  for (let i = 0; i < places.length; i++) {
    places[i] = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++at[axis] < shape[axis]) break;
      place -= shape[axis] * strides[axis];
      at[axis] = 0;
    }
  }
  return places;
}

/** Elements that lie side by side in memory are fetched together: so many. */
const TOGETHER = 16;

/** The result of `permute` where its last axis is the first one of the tensor, as kernels of PyTorch become ours. */
function firstToLast<T extends Values>(values: T, shape: Shape, order: readonly number[]): T {
  const [rows, ...rest] = shape;
  const target = order.map((axis) => shape[axis]);
  const places = placesIn(
    rest,
    rest.map((_, axis) => strideOf(target, order.indexOf(axis + 1))),
  );
  const result = new (values.constructor as Maker<T>)(values.length);
  const columns = places.length;
  for (let start = 0; start < columns; start += TOGETHER) {
    const end = Math.min(start + TOGETHER, columns);
    for (let row = 0; row < rows; row++) {
      for (let column = start; column < end; column++) result[places[column] + row] = values[row * columns + column];
    }
  }
  return result;
}

/** The result of `permute` where its first axis is the last one of the tensor, as our kernels become those of PyTorch. */
function lastToFirst<T extends Values>(values: T, shape: Shape, order: readonly number[]): T {
  const rows = shape[shape.length - 1];
  const rest = order.slice(1);
  const places = placesIn(
    rest.map((axis) => shape[axis]),
    rest.map((axis) => strideOf(shape, axis)),
  );
  const result = new (values.constructor as Maker<T>)(values.length);
  const columns = places.length;
  for (let start = 0; start < columns; start += TOGETHER) {
    const end = Math.min(start + TOGETHER, columns);
    for (let row = 0; row < rows; row++) {
      for (let column = start; column < end; column++) result[row * columns + column] = values[places[column] + row];
    }
  }
  return result;
}

/** A row-major tensor with its axes in another order: axis i of the result is axis `order[i]` of `shape`. */
function permute<T extends Values>(values: T, shape: Shape, order: readonly number[]): T {
  if (values.length === 0 || order.every((axis, i) => axis === i)) return values;
  if (order[order.length - 1] === 0) return firstToLast(values, shape, order);
  if (order[0] === shape.length - 1) return lastToFirst(values, shape, order);
  const places = placesIn(
    order.map((axis) => shape[axis]),
    order.map((axis) => strideOf(shape, axis)),
  );
  const result = new (values.constructor as Maker<T>)(values.length);
  for (let i = 0; i < result.length; i++) result[i] = values[places[i]];
  return result;
}

/** Slices along the first axis in another order: slice i of the result is the one at `rows[i]`. */
function reorder<T extends Values>(values: T, rows: readonly number[] | undefined): T {
  if (!rows) return values;
  const size = values.length / rows.length;
  const result = new (values.constructor as new (length: number) => T)(values.length);
  for (const [to, from] of rows.entries()) result.set(values.subarray(from * size, (from + 1) * size), to * size);
  return result;
}

/** The engine's values as the file has them. */
export function toStored<T extends Values>(values: T, { view, order, rows }: StoredTensor): T {
  return permute(reorder(values, rows), view, order);
}

/** A file's values as the engine has them. */
export function fromStored<T extends Values>(values: T, { view, order, rows }: StoredTensor): T {
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const ordered = permute(
    values,
    order.map((axis) => view[axis]),
    inverse,
  );
  const back = rows?.map((_, slice) => rows.indexOf(slice));
  return reorder(ordered, back);
}

/** Weights, scores or masks of parameters, as files of the network's framework name and hold them. */
export function storedTensors(
  { parameters }: Pick<Network, 'parameters'>,
  values: ReadonlyMap<string, Float32Array | Uint8Array>,
): Map<string, HostTensor> {
  const known = new Map(parameters.map((parameter) => [parameter.name, storedAs(parameter)]));
  return new Map(
    Array.from(values, ([parameter, data]) => {
      const stored = known.get(parameter)!;
      const { name, shape } = stored;
      const ordered = toStored(data, stored);
      return [
        name,
        ordered instanceof Float32Array ? floatTensor(shape, ordered) : intTensor(shape, Int32Array.from(ordered)),
      ];
    }),
  );
}

/** Values under the names of the framework's files and in their layouts as the engine has them; other names stay. */
export function fromFramework<T extends Values>(
  { parameters }: Pick<Network, 'parameters'>,
  values: ReadonlyMap<string, T>,
): Map<string, T> {
  const known = new Map(parameters.map((parameter) => [storedAs(parameter).name, parameter]));
  return new Map(
    Array.from(values, ([name, data]) => {
      const parameter = known.get(name);
      // What has another size fits no parameter, and whoever asks says so.
      if (!parameter || data.length !== sizeOf(parameter.shape)) return [parameter?.name ?? name, data];
      return [parameter.name, fromStored(data, storedAs(parameter))];
    }),
  );
}
