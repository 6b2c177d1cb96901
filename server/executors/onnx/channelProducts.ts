/** Sums of products without the products in memory. */
import type { Shape } from '../../protocol/tensor';
import { batchedProduct } from './batchedProduct';
import { type Lowering, reshaped } from './values';

/** Below this a plane is too small to be worth a product of its own (elements). */
const SMALLEST_PLANE = 64;

/**
 * sum(a * b) per channel of two channels-first tensors [n, c, h, w]: [c]. On the CPU as inner products of planes, which
 * is several times faster than a multiplication and a reduction, because nothing large is written.
 */
export function channelProducts(lowering: Lowering, a: string, b: string, shape: Shape): string {
  const { emitter } = lowering;
  if (!lowering.cpu || shape[2] * shape[3] < SMALLEST_PLANE) {
    const attributes = { keepdims: 0 };
    return emitter.emit('ReduceSum', [emitter.emit('Mul', [a, b]), emitter.integers([0, 2, 3])], { attributes });
  }
  const planes = planeProducts(lowering, a, b, shape);
  return emitter.emit('ReduceSum', [planes, emitter.integers([0])], { attributes: { keepdims: 0 } });
}

/** sum(a * b) over the planes of two channels-first tensors [n, c, h, w]: [n, c]. */
function planeProducts(lowering: Lowering, a: string, b: string, [n, c, h, w]: Shape): string {
  const { emitter } = lowering;
  const rows = (name: string): string => reshaped(emitter, name, [n, c, h, w], [n * c, 1, h * w]);
  const products = batchedProduct(lowering, [rows(a), rows(b)], 3, false, true);
  return reshaped(emitter, products, [n * c, 1, 1], [n, c]);
}
