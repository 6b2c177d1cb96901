/** A chart to work with: a legend of buttons, values under the pointer, zoom by drag and keys, and a vector copy of itself. */
import type uPlot from 'uplot';
import { element } from '../elements';
import type { AxisTicks } from './axis';
import { zoomWithKeys } from './keys';
import { type ChartLegend, chartLegend } from './legend';
import { createPlot, isShown, setShown } from './plot';
import { chartSvg } from './svg';
import type { ChartData, ChartOptions, DrawnChart } from './types';

export interface Chart {
  readonly root: HTMLElement;
  /** New values; the zoom stays where there is one. Arrays are taken as they are, so appending needs no copy. */
  setData(data: ChartData): void;
  resetZoom(): void;
  /** The chart as it is now. */
  svg(): DrawnChart;
  destroy(): void;
}

/** Until the chart is on the screen and gets the width of its place; pictures of charts that never were keep it. */
const FIRST_WIDTH = 720;

/** Gives a plot the width of its place, now and whenever that changes. */
function followWidth(plot: uPlot, place: HTMLElement, height: number): ResizeObserver {
  const resized = new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width > 0 && width !== plot.width) plot.setSize({ width, height });
  });
  resized.observe(place);
  return resized;
}

/** Draws the chart into its root, which must be put into the page to get a width. */
export function createChart(options: ChartOptions): Chart {
  const { title, x, y, series, height } = options;
  const ticks: AxisTicks[] = [];
  const place = element('div', { class: 'chart-plot', tabindex: '0', role: 'application', 'aria-label': title });
  place.title = 'Drag to zoom, double-click to reset. With keys: + and − zoom, arrows move, 0 resets.';
  let data: ChartData = [[], ...series.map(() => [])];
  let isZoomed = false;

  const plot = createPlot({
    options,
    data,
    width: FIRST_WIDTH,
    place,
    ticks,
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    hooks: {
      setSelect: [
        ({ select }) => {
          isZoomed = isZoomed || select.width > 0;
        },
      ],
      setCursor: [({ cursor }) => legend.showValues(cursor.idx ?? undefined)],
    },
    isZoomed: () => isZoomed,
  });
  const legend: ChartLegend = chartLegend({
    series,
    isShown: (at) => isShown(options, at),
    data: () => data,
    x,
    y,
    onToggle(at, shown) {
      options.onToggle?.(series[at].label, shown);
      setShown(plot, options, at, shown);
    },
  });
  function resetZoom(): void {
    isZoomed = false;
    plot.setData(data as uPlot.AlignedData, true);
  }
  const keys = {
    zoomed() {
      isZoomed = true;
    },
    reset: resetZoom,
  };
  place.addEventListener('keydown', (event) => zoomWithKeys(event, plot, keys));
  place.addEventListener('dblclick', () => {
    isZoomed = false;
  });
  const resized = followWidth(plot, place, height);
  return {
    root: element('figure', { class: 'chart' }, element('figcaption', {}, title), place, legend.root),
    setData(next) {
      data = next;
      plot.setData(next as uPlot.AlignedData, !isZoomed);
      if (isZoomed) plot.redraw();
      legend.showValues(plot.cursor.idx ?? undefined);
    },
    resetZoom,
    svg: () => ({
      title,
      root: chartSvg(plot, options, ticks),
      width: plot.width,
      height: plot.height,
      legend: series.filter(({ edge }, at) => !edge && plot.series[at + 1].show),
    }),
    destroy() {
      resized.disconnect();
      plot.destroy();
    },
  };
}
