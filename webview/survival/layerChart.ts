/** What is left of each layer after each pruning, on a logarithmic scale. */
import uPlot from 'uplot';
import type { LayerSurvival } from '../../server/protocol/survival';
import { element, table } from '../shared/elements';
import { shortPercent } from '../shared/format';
import type { Colors } from './colors';

const HEIGHT = 300;
const LABEL_FONT = '12px system-ui, sans-serif';

/** Dashes that tell the second and third round through the colors. */
const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [8, 4], [2, 3]];

const format = (fraction: number) => shortPercent(Number(fraction.toPrecision(2)));

/** Curves of the layers; a layer of which nothing is left has no points any more. */
export function createLayerChart(layers: readonly LayerSurvival[], width: number, colors: Colors): uPlot {
  const axis = {
    stroke: colors.text,
    grid: { stroke: colors.grid },
    ticks: { stroke: colors.grid },
    labelFont: LABEL_FONT,
  };
  const iterations = layers[0].alive.map((_, iteration) => iteration);
  const least = Math.min(...layers.flatMap(({ alive }) => alive.filter((fraction) => fraction > 0)));
  const plot = new uPlot(
    {
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      scales: { x: { time: false }, y: { distr: 3, range: () => [100 * least * 0.9, 100] } },
      axes: [
        { ...axis, label: 'prunings' },
        { ...axis, label: 'weights left', size: 70, values: (_, splits) => splits.map((v) => (v ? `${v} %` : '')) },
      ],
      series: [
        {},
        ...layers.map(({ weight }, i) => {
          const dash = DASHES[Math.floor(i / colors.series.length) % DASHES.length];
          return {
            label: weight,
            stroke: colors.series[i % colors.series.length],
            width: 2,
            points: { show: false },
            ...(dash && { dash: [...dash] }),
          };
        }),
      ],
    },
    [iterations, ...layers.map(({ alive }) => alive.map((fraction) => (fraction > 0 ? 100 * fraction : null)))],
    document.createElement('div'),
  );
  plot.root.setAttribute('role', 'img');
  plot.root.setAttribute('aria-label', 'Weights left in each layer after each pruning');
  return plot;
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
