/** Numbers in words for people. */
import { basename } from 'node:path';
import { exactPercent, percent, duration as wholeDuration } from '../protocol/numbers';
import type { ModelName } from '../protocol/results';
import { chosenAgain, type ShownStability, type StabilityFigures } from '../protocol/stability';

export { count, exactPercent, percent, shortCount as short } from '../protocol/numbers';

/** With one digit after the point, as ranges are not told exactly. */
function percentNumber(fraction: number): string {
  const value = fraction * 100;
  for (let digits = 1; digits < 6; digits++) {
    const rounded = Number(value.toFixed(digits));
    // Neither all nor nothing is claimed of what is only nearly so.
    if ((rounded < 100 || fraction >= 1) && (rounded > 0 || fraction <= 0)) return String(rounded);
  }
  return String(value);
}

/** `96.1–99.2 %`, or one number where both read the same. */
export function percentRange(low: number, high: number): string {
  const [a, b] = [percentNumber(low), percentNumber(high)];
  return a === b ? `${a} %` : `${a}–${b} %`;
}

/** How much of a mask would be chosen again, in sentences. */
export function stabilityText({ sparsity, weights, batches }: ShownStability): string {
  const again = (figures: StabilityFigures) => percent(chosenAgain(figures.maskIou));
  const other = batches ? ` On other batches it is ${again(batches)}.` : '';
  return `At ${exactPercent(sparsity)} sparsity, ${again(weights)} of these weights would be chosen again if they were changed by what rounding changes them by.${other}`;
}

/** What is left of some work: never nothing. */
export function duration(seconds: number): string {
  return wholeDuration(Math.max(1, seconds));
}

/** `███░░░░░░░` */
export function bar(fraction: number, width = 10): string {
  const full = Math.min(width, Math.max(fraction > 0 ? 1 : 0, Math.round(fraction * width)));
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** The model as people call it: its file, and the export where it is not the only thought of. `lenet.ts`, `nets.ts#small`. */
export function plainName(model: ModelName): string {
  return basename(model).replace(/#default$/, '');
}
