/** What computing costs under masks. */

interface LayerCounts {
  readonly layer: string;
  readonly kept: number;
  readonly total: number;
}

/** Multiplications of one example that involve a kept weight; layers without a mask count whole. */
export function keptMacs(
  layers: readonly { readonly name: string; readonly macs: number }[],
  counts: Iterable<LayerCounts>,
): number {
  const sums = new Map<string, { readonly kept: number; readonly total: number }>();
  for (const { layer, kept, total } of counts) {
    const sum = sums.get(layer) ?? { kept: 0, total: 0 };
    sums.set(layer, { kept: sum.kept + kept, total: sum.total + total });
  }
  return layers.reduce((sum, { name, macs }) => {
    const known = sums.get(name);
    return sum + (known ? macs * (known.kept / known.total) : macs);
  }, 0);
}
