/** Where elements of row-major tensors are. */
import type { Shape } from '../protocol/tensor';

/** Distance in memory of neighbours along each axis. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** For each element of `shape` in order, the offset it has under other strides (0 for a broadcast axis) from `start`. */
export function offsets(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  let result = Int32Array.of(start);
  shape.forEach((extent, axis) => {
    const next = new Int32Array(result.length * extent);
    let position = 0;
    for (const base of result) for (let i = 0; i < extent; i++) next[position++] = base + i * strides[axis];
    result = next;
  });
  return result;
}

/** Strides with which `shape` is read as the larger `target` by NumPy broadcasting. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape);
  const added = target.length - shape.length;
  return target.map((_, axis) => (axis < added || shape[axis - added] === 1 ? 0 : own[axis - added]));
}
