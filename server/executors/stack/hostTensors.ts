/** Tensors in host memory beside each other, as a stacked program takes and gives them. */
import { type Layout, stackedShape } from '../../graph/stack';
import type { HostTensor } from '../../protocol/tensor';

/** A new array of the kind of another. */
function arrayLike({ data }: HostTensor, length: number): HostTensor['data'] {
  if (data instanceof Int32Array) return new Int32Array(length);
  return data instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}

/** Tensors of one shape in a layout. */
export function stackTensors(tensors: readonly HostTensor[], layout: Layout): HostTensor {
  const [one] = tensors;
  const { shape, dtype, data } = one;
  const width = tensors.length;
  const stacked = arrayLike(tensors.find((tensor) => tensor.data instanceof Float64Array) ?? one, data.length * width);
  // Of channels, those of one network are a run in each row.
  const run = layout === 'first' ? data.length : shape[shape.length - 1];
  tensors.forEach((tensor, lane) => {
    for (let from = 0; from < data.length; from += run) {
      stacked.set(tensor.data.subarray(from, from + run), from * width + lane * run);
    }
  });
  return { shape: stackedShape(shape, layout, width), dtype, data: stacked };
}

/** The part of network `lane` of `width`, copied. */
export function laneOf(stacked: HostTensor, layout: Layout, lane: number, width: number): HostTensor {
  const { shape, dtype, data } = stacked;
  const length = data.length / width;
  if (layout === 'first') {
    return { shape: shape.slice(1), dtype, data: data.slice(lane * length, (lane + 1) * length) };
  }
  const run = shape[shape.length - 1] / width;
  const own = arrayLike(stacked, length);
  for (let from = 0; from < length; from += run) {
    const start = from * width + lane * run;
    own.set(data.subarray(start, start + run), from);
  }
  return { shape: [...shape.slice(0, -1), run], dtype, data: own };
}
