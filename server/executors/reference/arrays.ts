/** Values of the reference interpreter. */
import { type Shape, sizeOf } from '../../protocol/tensor';

/** Row-major values; int32 values are Int32Array, all others float64. */
export interface Value {
  readonly shape: Shape;
  readonly data: Float64Array | Int32Array;
}

/** A float64 value of `shape` whose elements are given by `element`, or zeros. */
export function floats(shape: Shape, element?: (index: number) => number): Value & { readonly data: Float64Array } {
  const data = new Float64Array(sizeOf(shape));
  if (element) for (let i = 0; i < data.length; i++) data[i] = element(i);
  return { shape, data };
}
