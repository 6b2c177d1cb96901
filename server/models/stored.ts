/** Between the engine's tensors and those of files: names, order of axes, shapes. */
import { floatTensor, type HostTensor, intTensor, type Shape, sizeOf } from '../protocol/tensor';
import type { Network, Parameter, StoredTensor } from './types';

type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

/** How files of its framework hold a parameter. */
export function storedAs({ name, shape, stored }: Pick<Parameter, 'name' | 'shape' | 'stored'>): StoredTensor {
  return stored ?? { name, view: shape, order: shape.map((_, axis) => axis), shape };
}

/** A row-major tensor with its axes in another order: axis i of the result is axis `order[i]` of `shape`. */
function permute<T extends Values>(values: T, shape: Shape, order: readonly number[]): T {
  if (order.every((axis, i) => axis === i)) return values;
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const target = order.map((axis) => shape[axis]);
  const steps = order.map((axis) => strides[axis]);
  const result = new (values.constructor as new (length: number) => T)(values.length);
  const at = new Array<number>(target.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from];
    for (let axis = target.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++at[axis] < target[axis]) break;
      from -= target[axis] * steps[axis];
      at[axis] = 0;
    }
  }
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
