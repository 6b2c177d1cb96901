/** Labels on their way to a program. */
import { floatTensor, type HostTensor, intTensor, sizeOf } from '../protocol/tensor';
import type { Random } from '../random';
import type { Labels } from './types';

/** The labels of `size` examples as a tensor [size, …labels.shape] of the labels' type. */
export function labelTensor({ shape, dtype }: Labels, size: number, values: Int32Array | Float32Array): HostTensor {
  const extents = [size, ...shape];
  return dtype === 'int32'
    ? intTensor(extents, values instanceof Int32Array ? values : Int32Array.from(values))
    : floatTensor(extents, values instanceof Float32Array ? values : Float32Array.from(values));
}

/** Labels of `size` examples at random: classes, or standard normal values. */
export function drawLabels({ shape, dtype, classes }: Labels, size: number, random: Random): Int32Array | Float32Array {
  const count = size * sizeOf(shape);
  if (dtype === 'int32') return Int32Array.from({ length: count }, () => random.integer(classes));
  const values = new Float32Array(count);
  random.fillNormal(values, 0, 1);
  return values;
}
