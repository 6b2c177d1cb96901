/** Axes of tensors between the engine and files. */
import { expect, it } from 'vitest';
import { fromStored, toStored } from '../../../server/models/stored';
import { sizeOf } from '../../../server/protocol/tensor';

it('puts axes in any order, and back', () => {
  const shape = [3, 2, 5, 17];
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i);
  const valueAt = (place: readonly number[]) => place.reduce((sum, index, axis) => sum * shape[axis] + index, 0);
  const orders = [0, 1, 2, 3].flatMap((a) =>
    [0, 1, 2, 3].flatMap((b) => [0, 1, 2, 3].map((c) => [a, b, c, 6 - a - b - c])),
  );
  const permutations = orders.filter((order) => new Set(order).size === 4 && order.every((axis) => axis >= 0));
  expect(permutations).toHaveLength(24);
  for (const order of permutations) {
    const target = order.map((axis) => shape[axis]);
    const stored = { name: 'w', view: shape, order, shape: target };
    const result = toStored(values, stored);
    const strides = target.map((_, axis) => sizeOf(target.slice(axis + 1)));
    const expected = Float32Array.from(values, (_, i) => {
      const place = strides.map((stride, axis) => Math.floor(i / stride) % target[axis]);
      return valueAt(shape.map((_, axis) => place[order.indexOf(axis)]));
    });
    expect(result).toEqual(expected);
    expect(fromStored(result, stored)).toEqual(values);
  }
});

it('leaves alone what has its order, or no values', () => {
  const values = Int32Array.of(1, 2, 3, 4);
  expect(toStored(values, { name: 'w', view: [2, 2], order: [0, 1], shape: [2, 2] })).toBe(values);
  expect(toStored(new Int32Array(0), { name: 'w', view: [2, 0], order: [1, 0], shape: [0, 2] })).toHaveLength(0);
});
