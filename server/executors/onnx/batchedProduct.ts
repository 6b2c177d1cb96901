/** The matrix product of the last two axes, either side transposed or not. */
import type { Lowering } from './values';

/** Product over the last two axes of tensors of equal rank. */
export function batchedProduct(
  { emitter, cpu }: Lowering,
  [a, b]: readonly string[],
  rank: number,
  transposeA: boolean,
  transposeB: boolean,
): string {
  if (!transposeA && !transposeB) return emitter.emit('MatMul', [a, b]);
  if (cpu) {
    const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    return emitter.emit('FusedMatMul', [a, b], { attributes, domain: 'com.microsoft' });
  }
  const swap = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const flip = (name: string): string => emitter.emit('Transpose', [name], { attributes: { perm: swap } });
  return emitter.emit('MatMul', [transposeA ? flip(a) : a, transposeB ? flip(b) : b]);
}
