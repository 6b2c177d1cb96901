/** Colors of the pictures, read from the style sheet where they are drawn. */
import { type ChartStyle, documentStyle } from '../shared/chart/style';
import { cssColor, seriesColors } from '../shared/theme';

export interface Colors {
  /** Of axes. */
  readonly style: ChartStyle;
  /** Where weights are. */
  readonly heat: string;
  /** The line of means. */
  readonly mean: string;
  /** Of curves. */
  readonly series: readonly string[];
}

/** The colors as they hold for `place` now. */
export function readColors(place: Element): Colors {
  return {
    style: documentStyle(place, { labelFont: '12px system-ui, sans-serif' }),
    heat: `rgb(${cssColor('--heat', place)})`,
    mean: cssColor('--mean', place),
    series: seriesColors(),
  };
}
