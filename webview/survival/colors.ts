/** Colors of the pictures, read from the style sheet where they are drawn. */

export interface Colors {
  readonly text: string;
  readonly grid: string;
  /** Where weights are. */
  readonly heat: string;
  /** The line of means. */
  readonly mean: string;
  /** Curves, told apart also by people who do not see all colors (Okabe and Ito). */
  readonly series: readonly string[];
}

const SERIES = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#9467bd', '#8c564b', '#bcbd22'];

/** The colors as they hold for `element` now. */
export function readColors(element: Element): Colors {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: value('--text'),
    grid: value('--grid'),
    heat: `rgb(${value('--heat')})`,
    mean: value('--mean'),
    series: SERIES,
  };
}
