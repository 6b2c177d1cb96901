/** Layer ratios as functions of shapes: how many weights tensors keep, in proportion. */
import { type Shape, sizeOf } from '../../protocol/tensor';

/**
 * Proportions of the weights that tensors keep, from their shapes in the network's order.
 * @param density fraction of all weights that stays.
 */
export type Proportions = (shapes: readonly Shape[], density: number) => readonly number[];

/** The same density in every layer. */
const uniform: Proportions = (shapes) => shapes.map(sizeOf);

/**
 * Erdős-Rényi-kernel (Evci et al. 2020, section 3): density proportional to (in + out + kh + kw) / (in * out * kh * kw),
 * for dense kernels (in + out) / (in * out), so that what a layer keeps is proportional to the sum of its extents.
 */
const erk: Proportions = (shapes) => shapes.map((shape) => shape.reduce((sum, extent) => sum + extent, 0));

/** The same number of weights in every layer (Gadhikar, Mukherjee and Burkholz 2023, section 4). */
const balanced: Proportions = (shapes) => shapes.map(() => 1);

const BISECTIONS = 100;

/** Density p^l in the l-th layer, counted from 1, with the p that meets the density (same paper and section). */
const pyramidal: Proportions = (shapes, density) => {
  const sizes = shapes.map(sizeOf);
  const total = density * sizes.reduce((sum, size) => sum + size, 0);
  const kept = (p: number) => sizes.map((size, i) => size * p ** (i + 1));
  let low = 0;
  let high = 1;
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (kept(middle).reduce((sum, count) => sum + count, 0) < total) low = middle;
    else high = middle;
  }
  return kept(high);
};

/** Ratios that follow from shapes alone, by name. */
export const PROPORTIONS = { uniform, erk, balanced, pyramidal } as const satisfies {
  readonly [name: string]: Proportions;
};
