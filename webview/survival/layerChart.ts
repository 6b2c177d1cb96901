/** What is left of each layer after each pruning, on a logarithmic scale. */
import type { LayerSurvival } from '../../server/protocol/survival';
import { createStillChart, type StillChart } from '../shared/chart/still';
import { element, table } from '../shared/elements';
import { exactPercent } from '../shared/format';
import type { Colors } from './colors';

const HEIGHT = 300;

/** Dashes that tell the second and third round through the colors. */
const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [8, 4], [2, 3]];

const format = (fraction: number) => exactPercent(Number(fraction.toPrecision(2)));

/** Curves of the layers; a layer of which nothing is left has no points any more. */
export function createLayerChart(layers: readonly LayerSurvival[], width: number, colors: Colors): StillChart {
  const iterations = layers[0].alive.map((_, iteration) => iteration);
  const least = Math.min(...layers.flatMap(({ alive }) => alive.filter((fraction) => fraction > 0)));
  return createStillChart({
    options: {
      title: 'Weights left in each layer after each pruning',
      x: { label: 'prunings', format: String },
      y: { label: 'weights left', log: true, range: [least * 0.9, 1], format: exactPercent },
      series: layers.map(({ weight }, i) => {
        const dash = DASHES[Math.floor(i / colors.series.length) % DASHES.length];
        return { label: weight, color: colors.series[i % colors.series.length], width: 2, ...(dash && { dash }) };
      }),
      height: HEIGHT,
      style: colors.style,
    },
    data: [iterations, ...layers.map(({ alive }) => alive.map((fraction) => (fraction > 0 ? fraction : null)))],
    width,
  });
}

/** The numbers of the chart, with the colors of the curves. */
export function layerTable(layers: readonly LayerSurvival[], colors: Colors): HTMLElement {
  const last = layers[0].alive.length - 1;
  const shown = [...new Set([0.25, 0.5, 0.75, 1].map((share) => Math.round(share * last)))];
  const rows = layers.map(({ weight, size, alive }, i) => {
    const color = `--color: ${colors.series[i % colors.series.length]}`;
    const isDashed = i >= colors.series.length;
    const swatch = element('span', { class: isDashed ? 'swatch dashed' : 'swatch' });
    swatch.style.cssText = color;
    return [element('span', {}, swatch, weight), String(size), ...shown.map((iteration) => format(alive[iteration]))];
  });
  return table(['weights', 'in all', ...shown.map((iteration) => `left after ${iteration}`)], rows);
}
