/** The legend of a chart: a button a series that shows or hides it, with its value under the cursor. */

import { element, setText } from '../elements';
import type { ChartAxis } from './axis';
import type { ChartData, ChartSeries } from './types';

export interface ChartLegend {
  readonly root: HTMLElement;
  /** Values at a place of the data; the last ones where it is absent. */
  showValues(at: number | undefined): void;
}

export interface LegendOptions {
  readonly series: readonly ChartSeries[];
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  data(): ChartData;
  isShown(at: number): boolean;
  onToggle(at: number, shown: boolean): void;
}

/** The value at `at`, or the nearest before it: runs that share an axis need not have a value at each of its places. */
export function valueBefore(values: readonly (number | null)[], at: number): number | undefined {
  for (let index = Math.min(at, values.length - 1); index >= 0; index--) {
    const value = values[index];
    if (value !== null && value !== undefined) return value;
  }
  return undefined;
}

/** The pattern of a line, as the chart draws it. */
function dashed(color: string, dash: readonly number[]): string {
  const stops = dash.map((length, at) => {
    const from = dash.slice(0, at).reduce((sum, one) => sum + one, 0);
    return `${at % 2 === 0 ? color : 'transparent'} ${from}px ${from + length}px`;
  });
  return `repeating-linear-gradient(90deg, ${stops.join(', ')})`;
}

export function chartLegend({ series, x, y, data, isShown, onToggle }: LegendOptions): ChartLegend {
  const place = element('span', { class: 'legend-place' });
  const entries = series.flatMap((one, at) => {
    if (one.edge) return [];
    const swatch = element('span', { class: 'swatch', 'aria-hidden': 'true' });
    swatch.style.background = one.dash ? dashed(one.color, one.dash) : one.color;
    const value = element('span', { class: 'legend-value' });
    const toggle = element(
      'button',
      {
        class: 'legend-entry',
        type: 'button',
        'aria-pressed': String(isShown(at)),
        title: `Show or hide ${one.label}`,
      },
      swatch,
      element('span', {}, one.label),
      value,
    );
    toggle.addEventListener('click', () => {
      const shown = toggle.getAttribute('aria-pressed') !== 'true';
      toggle.setAttribute('aria-pressed', String(shown));
      onToggle(at, shown);
    });
    return [{ at, toggle, value }];
  });
  return {
    root: element('div', { class: 'legend' }, ...entries.map(({ toggle }) => toggle), place),
    showValues(at) {
      const [places, ...values] = data();
      const read = x.tell ?? x.format;
      setText(place, at === undefined || places.length === 0 ? '' : `${x.label}: ${read(places[at] as number)}`);
      for (const entry of entries) {
        const { valueAt } = series[entry.at];
        const found = valueAt ? valueAt(at) : valueBefore(values[entry.at] ?? [], at ?? places.length - 1);
        setText(entry.value, found === undefined ? '' : (y.tell ?? y.format)(found));
      }
    },
  };
}
