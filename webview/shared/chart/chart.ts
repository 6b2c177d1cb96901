/** A chart to work with: a legend of buttons, values under the pointer, zoom by drag and keys, and a vector copy of itself. */
import type uPlot from 'uplot';
import { element } from '../elements';
import type { AxisTicks } from './axis';
import { zoomWithKeys } from './keys';
import { type ChartLegend, chartLegend } from './legend';
import { nearestPoint } from './nearest';
import { createPlot, isShown, setShown } from './plot';
import { chartSvg } from './svg';
import type { ChartData, ChartOptions, DrawnChart } from './types';
import { createZoom } from './zoom';

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

/** What points under the pointer are told as, and clicks on them; where single points do not matter, clicks on a place of x. */
function watchPoints(plot: uPlot, { series, onPoint, onPick }: ChartOptions, data: () => ChartData): void {
  if (!onPoint) {
    plot.over.addEventListener('click', () => plot.cursor.idx != null && onPick?.(plot.cursor.idx));
    return;
  }
  let pointed: number | undefined;
  const point = (at: number | undefined) => {
    if (at === pointed) return;
    pointed = at;
    plot.over.style.cursor = at === undefined ? '' : 'pointer';
    onPoint(at);
  };
  plot.over.addEventListener('pointermove', ({ offsetX, offsetY }) => {
    const screen = {
      left: offsetX,
      top: offsetY,
      xOf: (value: number) => plot.valToPos(value, 'x'),
      yOf: (value: number) => plot.valToPos(value, 'y'),
    };
    const isDrawn = (at: number) => !series[at].edge && plot.series[at + 1].show === true;
    point(nearestPoint(data(), isDrawn, screen));
  });
  plot.over.addEventListener('pointerleave', () => point(undefined));
  plot.over.addEventListener('click', () => pointed !== undefined && onPick?.(pointed));
}

/** Draws the chart into its root, which must be put into the page to get a width. */
export function createChart(options: ChartOptions): Chart {
  const { title, x, y, series, height } = options;
  const ticks: AxisTicks[] = [];
  const place = element('div', { class: 'chart-plot', tabindex: '0', role: 'application', 'aria-label': title });
  place.title = 'Drag to zoom, double-click to reset. With keys: + and − zoom, arrows move, 0 resets.';
  let data: ChartData = [[], ...series.map(() => [])];
  const zoom = createZoom(
    options.shared,
    () => plot,
    () => data,
  );

  const plot: uPlot = createPlot({
    options,
    data,
    width: FIRST_WIDTH,
    place,
    ticks,
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    hooks: {
      setSelect: [zoom.selected],
      setCursor: [(drawn) => legend.showValues(drawn.cursor.idx ?? undefined), zoom.cursorMoved],
    },
    isZoomed: zoom.isZoomed,
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
  const leave = zoom.join();
  watchPoints(plot, options, () => data);
  place.addEventListener('keydown', (event) => zoomWithKeys(event, plot, zoom));
  place.addEventListener('dblclick', zoom.reset);
  const resized = followWidth(plot, place, height);
  return {
    root: element('figure', { class: 'chart' }, element('figcaption', {}, title), place, legend.root),
    setData(next) {
      data = next;
      plot.setData(next as uPlot.AlignedData, !zoom.isZoomed());
      if (zoom.isZoomed()) plot.redraw();
      legend.showValues(plot.cursor.idx ?? undefined);
    },
    resetZoom: zoom.reset,
    svg: () => ({
      title,
      root: chartSvg(plot, options, ticks),
      width: plot.width,
      height: plot.height,
      legend: series.filter(({ edge }, at) => !edge && plot.series[at + 1].show),
    }),
    destroy() {
      resized.disconnect();
      leave();
      plot.destroy();
    },
  };
}
