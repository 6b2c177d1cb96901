/** Colors of the pictures, read from the style sheet where they are drawn. */
import { seriesColors } from '../shared/theme';

export interface Colors {
  readonly text: string;
  readonly grid: string;
  /** Where weights are. */
  readonly heat: string;
  /** The line of means. */
  readonly mean: string;
  /** Of curves. */
  readonly series: readonly string[];
}

/** The colors as they hold for `element` now. */
export function readColors(element: Element): Colors {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: value('--text'),
    grid: value('--grid'),
    heat: `rgb(${value('--heat')})`,
    mean: value('--mean'),
    series: seriesColors(),
  };
}
