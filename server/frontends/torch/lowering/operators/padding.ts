/** Operators that make axes longer or shorter at their ends. */
import { concat, pad, slice } from '../primitives';
import type { Operator, Operators } from '../scope';
import type { Tensor } from '../tensor';

/** Numbers of the elements of an axis that a padding of another kind than zeros repeats. */
function borderIndices(extent: number, before: number, after: number, mode: string): Float64Array {
  const period = 2 * (extent - 1);
  return Float64Array.from({ length: extent + before + after }, (_, place) => {
    const index = place - before;
    if (mode === 'replicate') return Math.min(Math.max(index, 0), extent - 1);
    if (mode === 'circular') return ((index % extent) + extent) % extent;
    const folded = ((index % period) + period) % period;
    return folded < extent ? folded : period - folded;
  });
}

/** Gathers elements of an axis as slices, so that nothing moves along other axes. */
function padBorder(
  b: Parameters<typeof slice>[0],
  x: Tensor,
  axis: number,
  before: number,
  after: number,
  mode: string,
) {
  const indices = borderIndices(x.shape[axis], before, after, mode);
  const one = (index: number) => slice(b, x, axis, index, 1);
  const [first, last] = [indices.slice(0, before), indices.slice(indices.length - after)];
  return concat(b, [...Array.from(first, one), x, ...Array.from(last, one)], axis);
}

function padded(
  b: Parameters<typeof slice>[0],
  x: Tensor,
  sizes: readonly number[],
  mode: string,
  value: number,
): Tensor {
  let result = x;
  for (let i = 0; i < sizes.length / 2; i++) {
    const axis = x.shape.length - 1 - i;
    let [before, after] = [sizes[2 * i], sizes[2 * i + 1]];
    const cut = [Math.max(-before, 0), Math.max(-after, 0)];
    if (cut[0] + cut[1] > 0) result = slice(b, result, axis, cut[0], result.shape[axis] - cut[0] - cut[1]);
    [before, after] = [Math.max(before, 0), Math.max(after, 0)];
    if (before + after === 0) continue;
    result =
      mode === 'constant'
        ? pad(b, result, axis, before, after, value)
        : padBorder(b, result, axis, before, after, mode);
  }
  return result;
}

const padding: Operator = ({ b }, call) =>
  padded(b, call.tensor(0), call.numbers(1), call.text(2, 'constant'), call.number(3, 0));

const paddedWith =
  (mode: string): Operator =>
  ({ b }, call) =>
    padded(b, call.tensor(0), call.numbers(1), mode, 0);

export const paddings: Operators = {
  pad: padding,
  constant_pad_nd: ({ b }, call) => padded(b, call.tensor(0), call.numbers(1), 'constant', call.number(2, 0)),
  reflection_pad1d: paddedWith('reflect'),
  reflection_pad2d: paddedWith('reflect'),
  replication_pad1d: paddedWith('replicate'),
  replication_pad2d: paddedWith('replicate'),
};
