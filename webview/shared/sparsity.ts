/** The slider's scale: equal ways are equal ratios of what is left, so that 98 and 99 % lie well apart. */
import { HIGHEST_SPARSITY, LOWEST_SPARSITY } from '../../server/protocol/sparsityRange';

export { HIGHEST_SPARSITY, LOWEST_SPARSITY };
/** Places of the slider from its left to its right end. */
export const SLIDER_STEPS = 1000;
/** Sparsities marked below the slider. */
export const SPARSITY_MARKS = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999];
/** Those of them that a short slider goes without. */
export const MINOR_MARKS = [0.5, 0.8, 0.95, 0.98, 0.999];

const MOST_LEFT = 1 - LOWEST_SPARSITY;
const SPAN = Math.log(MOST_LEFT / (1 - HIGHEST_SPARSITY));

/** Sparsity at a place of the slider, rounded to what can be told apart: 0.1 % below 90 %, 0.01 % below 99 %, else 0.001 %. */
export function sparsityAt(step: number): number {
  const left = MOST_LEFT * Math.exp((-SPAN * step) / SLIDER_STEPS);
  const digits = left > 0.1 ? 3 : left > 0.01 ? 4 : 5;
  return clampSparsity(Number((1 - left).toFixed(digits)));
}

/** The slider's place nearest to a sparsity. */
export function stepOf(sparsity: number): number {
  const left = 1 - clampSparsity(sparsity);
  return Math.round((SLIDER_STEPS * Math.log(MOST_LEFT / left)) / SPAN);
}

/** The sparsity the slider can show that is nearest. */
export function clampSparsity(sparsity: number): number {
  return Math.min(HIGHEST_SPARSITY, Math.max(LOWEST_SPARSITY, sparsity));
}
