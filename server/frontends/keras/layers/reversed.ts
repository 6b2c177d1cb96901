/** A tensor in the opposite order. */
import type { Builder } from '../../../graph/builder';
import type { Node } from '../../../graph/types';

/** x with the indices along an axis in the opposite order. */
export function reversed(b: Builder, x: Node, axis: number): Node {
  const extent = x.shape[axis];
  const size = x.shape.map((one, i) => (i === axis ? 1 : one));
  const begin = (index: number) => x.shape.map((_, i) => (i === axis ? index : 0));
  return b.concat(
    Array.from({ length: extent }, (_, i) => b.slice(x, begin(extent - 1 - i), size)),
    axis,
  );
}
