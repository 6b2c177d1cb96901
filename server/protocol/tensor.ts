/** Plain tensors in host memory: what files hold, what data sets give and what executors read back. */

export type DType = 'float32' | 'int32';

/** Sizes per axis, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Row-major values. `float32` data may also be a Float64Array where the reference executor wants the extra digits. */
export interface HostTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: Float32Array | Float64Array | Int32Array;
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** A float32 tensor over `data`, which is not copied. */
export function floatTensor(shape: Shape, data: Float32Array | Float64Array): HostTensor {
  return { shape, dtype: 'float32', data };
}

/** An int32 tensor over `data`, which is not copied. */
export function intTensor(shape: Shape, data: Int32Array): HostTensor {
  return { shape, dtype: 'int32', data };
}
