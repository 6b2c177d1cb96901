/** Colors of densities in the theme as it is now. */
import { readPalette } from './theme';

const RAMP = 120;

/**
 * Place of a density (0 … 1) on the color ramp and of a bar's end, 0 … 1: log(1 + 120 d) / log 121. Few weights are left
 * at the sparsities of interest, so 1 % and 2 % must differ as visibly as 50 % and 100 %.
 */
export function rampOf(density: number): number {
  return Math.log1p(RAMP * density) / Math.log1p(RAMP);
}

/** The share at a place of the scale: the inverse of {@link rampOf}. */
export function shareAt(place: number): number {
  return Math.expm1(place * Math.log1p(RAMP)) / RAMP;
}

/** The color of a density 0 … 1: that of the heatmap. */
export function densityColor(density: number): string {
  const { empty, middle, full } = readPalette();
  const at = rampOf(density);
  const [from, to, part] = at < 0.5 ? [empty, middle, 2 * at] : [middle, full, 2 * at - 1];
  return `color-mix(in srgb, ${to} ${(100 * part).toFixed(1)}%, ${from})`;
}
