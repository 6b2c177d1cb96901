import { type Shape, sizeOf } from '../protocol/tensor';
import { keptCount } from './selection';

/**
 * Weights kept per tensor when density is proportional to (in + out + kh + kw) / (in * out * kh * kw), for dense kernels
 * (in + out) / (in * out) (Evci et al. 2020, section 3). Densities above 1 are cut off and the rest scaled up; the
 * counts add up to round((1 - sparsity) n) exactly, by largest remainder.
 */
export function erdosRenyiKernelCounts(
  tensors: readonly { readonly name: string; readonly shape: Shape }[],
  sparsity: number,
): Map<string, number> {
  const sizes = tensors.map(({ shape }) => sizeOf(shape));
  const total = keptCount(
    sizes.reduce((sum, size) => sum + size, 0),
    sparsity,
  );
  const raw = tensors.map(({ shape }) => shape.reduce((sum, extent) => sum + extent, 0));

  // Raw density times size is just the sum of extents; full tensors leave the pool until all the others fit.
  const full = new Set<number>();
  let quotas: number[] = [];
  for (;;) {
    const open = tensors.map((_, i) => i).filter((i) => !full.has(i));
    const left = total - [...full].reduce((sum, i) => sum + sizes[i], 0);
    const weight = open.reduce((sum, i) => sum + raw[i], 0);
    quotas = tensors.map((_, i) => (full.has(i) ? sizes[i] : (left * raw[i]) / weight));
    const overflowing = open.filter((i) => quotas[i] > sizes[i]);
    if (overflowing.length === 0) break;
    for (const i of overflowing) full.add(i);
  }

  const counts = quotas.map(Math.floor);
  let missing = total - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = tensors.map((_, i) => i).sort((a, b) => quotas[b] - counts[b] - (quotas[a] - counts[a]) || a - b);
  for (const i of byRemainder) {
    if (missing === 0) break;
    if (counts[i] < sizes[i]) {
      counts[i]++;
      missing--;
    }
  }
  return new Map(tensors.map(({ name }, i) => [name, counts[i]]));
}
