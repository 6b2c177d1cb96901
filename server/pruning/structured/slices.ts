/** Cutting indices out of tensors, and putting what is left back in its place. */
import type { Shape } from '../../protocol/tensor';
import { sizeOf } from '../../protocol/tensor';
import type { AxisEntries } from './channels';
import { STAYS } from './labels';

/** 1 for each channel entry that stays, 0 for each that is removed. */
export type ChannelMask = Uint8Array;

/** For each axis the indices that stay, ascending; absent where all do. */
export type KeptIndices = readonly (Int32Array | undefined)[];

/** The indices that stay along each axis of a tensor. */
export function keptIndices(axes: readonly AxisEntries[], keep: ChannelMask): KeptIndices {
  return axes.map((axis) => {
    if (!axis?.some((entry) => entry !== STAYS && keep[entry] === 0)) return undefined;
    return Int32Array.from([...axis.keys()].filter((index) => axis[index] === STAYS || keep[axis[index]] === 1));
  });
}

/** The shape of what stays. */
export function keptShape(shape: Shape, kept: KeptIndices): Shape {
  return shape.map((extent, i) => kept[i]?.length ?? extent);
}

/** Calls `visit` with the position of each element that stays, in the order of the smaller tensor. */
function eachKept(shape: Shape, kept: KeptIndices, visit: (position: number) => void): void {
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const walk = (axis: number, base: number): void => {
    if (axis === shape.length) {
      visit(base);
      return;
    }
    const indices = kept[axis];
    const count = indices?.length ?? shape[axis];
    for (let i = 0; i < count; i++) walk(axis + 1, base + (indices ? indices[i] : i) * strides[axis]);
  };
  walk(0, 0);
}

type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The elements of a row-major tensor that stay. */
export function sliceKept<T extends Values>(values: T, shape: Shape, kept: KeptIndices): T {
  if (kept.every((indices) => indices === undefined)) return values;
  const result = new (values.constructor as new (length: number) => T)(sizeOf(keptShape(shape, kept)));
  let next = 0;
  eachKept(shape, kept, (position) => {
    result[next++] = values[position];
  });
  return result;
}

/** `values` with the elements that stay replaced by those of the smaller tensor `part`, in its type. */
export function scatterKept<T extends Values>(values: T, shape: Shape, kept: KeptIndices, part: T): T {
  if (kept.every((indices) => indices === undefined)) return part;
  const result = new (part.constructor as new (values: T) => T)(values);
  let next = 0;
  eachKept(shape, kept, (position) => {
    result[position] = part[next++];
  });
  return result;
}

/** 1 for each element of a tensor that stays. */
export function keptMask(shape: Shape, kept: KeptIndices): Uint8Array {
  const mask = new Uint8Array(sizeOf(shape));
  eachKept(shape, kept, (position) => {
    mask[position] = 1;
  });
  return mask;
}
