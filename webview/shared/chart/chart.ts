/** A themed uPlot chart with a legend of buttons, hover values, zoom by drag and keys, and a vector copy of itself. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { element } from '../elements';
import { readPalette } from '../theme';
import { AXIS_FONT_SIZE, type AxisTicks, axisOf, type ChartAxis } from './axis';
import { type ChartKeys, zoomWithKeys } from './keys';
import { type ChartLegend, chartLegend } from './legend';
import { chartSvg } from './svg';

export type ChartData = (number | null)[][];

export interface ChartSeries {
  readonly label: string;
  readonly color: string;
  readonly dash?: number[];
  readonly width?: number;
  /** `bars` for a histogram; lines otherwise. */
  readonly kind?: 'line' | 'bars';
  /** Whether single values are marked. */
  readonly points?: boolean;
  /** Edge of a band: drawn by the band only, without an entry in the legend; goes with the series before it. */
  readonly edge?: boolean;
}

export interface ChartOptions {
  /** Says what the chart shows, to screen readers too. */
  readonly title: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly series: readonly ChartSeries[];
  /** Indices of upper and lower edges among `series`, and the color between. */
  readonly bands?: readonly { readonly upper: number; readonly lower: number; readonly color: string }[];
  readonly height: number;
  /** Labels of series that are not drawn. */
  readonly hidden?: ReadonlySet<string>;
  onToggle?(label: string, shown: boolean): void;
  /** A vertical line, such as a threshold. */
  marker?(): { readonly x: number; readonly label: string } | undefined;
}

/** A chart as vectors, with what its colors mean. */
export interface DrawnChart {
  readonly title: string;
  /** An SVG group. */
  readonly root: SVGElement;
  readonly width: number;
  readonly height: number;
  /** Of the series that are shown. */
  readonly legend: readonly { readonly label: string; readonly color: string }[];
}

export interface Chart {
  readonly root: HTMLElement;
  /** New values; the zoom stays where there is one. Arrays are taken as they are, so appending needs no copy. */
  setData(data: ChartData): void;
  redraw(): void;
  resetZoom(): void;
  /** The chart as it is now. */
  svg(): DrawnChart;
  destroy(): void;
}

/** Until the chart is on the screen and gets the width of its place; pictures of charts that never were keep it. */
const FIRST_WIDTH = 720;

function seriesOf(series: ChartSeries, shown: boolean): uPlot.Series {
  const { label, color, dash, kind = 'line', points = false, edge = false } = series;
  if (edge) return { label, show: shown, stroke: 'transparent', width: 0, points: { show: false } };
  if (kind === 'bars') {
    const paths = uPlot.paths.bars!({ size: [1, Number.POSITIVE_INFINITY], gap: 1 });
    return { label, show: shown, stroke: color, fill: color, width: 0, paths, points: { show: false } };
  }
  return {
    label,
    show: shown,
    stroke: color,
    width: series.width ?? 1.5,
    spanGaps: true,
    ...(dash && { dash }),
    points: points ? { show: true, size: 6, fill: color, stroke: color } : { show: false },
  };
}

function drawMarker(plot: uPlot, marker: { x: number; label: string }): void {
  const palette = readPalette();
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(marker.x, 'x', true)) + 0.5;
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = palette.foreground;
  ctx.fillStyle = palette.foreground;
  ctx.lineWidth = scale;
  ctx.setLineDash([4 * scale, 3 * scale]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = `${AXIS_FONT_SIZE * scale}px ${palette.font}`;
  const isRight = x > bbox.left + bbox.width / 2;
  ctx.textAlign = isRight ? 'right' : 'left';
  ctx.textBaseline = 'top';
  ctx.fillText(marker.label, x + (isRight ? -6 : 6) * scale, bbox.top + 2 * scale);
  ctx.restore();
}

/** Draws the chart into its root, which must be put into the page to get a width. */
export function createChart(options: ChartOptions): Chart {
  const { title, x, y, series, bands = [], height, hidden = new Set<string>() } = options;
  const ticks: AxisTicks[] = [];
  const place = element('div', { class: 'chart-plot', tabindex: '0', role: 'application', 'aria-label': title });
  place.title = 'Drag to zoom, double-click to reset. With keys: + and − zoom, arrows move, 0 resets.';
  let data: ChartData = [[], ...series.map(() => [])];
  let isZoomed = false;
  const isShown = (at: number) => {
    let owner = at;
    while (series[owner].edge) owner -= 1;
    return !hidden.has(series[owner].label);
  };
  const scaleOf = (axis: ChartAxis): uPlot.Scale => ({
    time: false,
    distr: axis.log ? 3 : 1,
    ...(axis.reversed && { dir: -1 }),
    ...(axis.range && { range: (_: uPlot, low: number, high: number) => (isZoomed ? [low, high] : [...axis.range!]) }),
  });

  const plot = new uPlot(
    {
      width: FIRST_WIDTH,
      height,
      legend: { show: false },
      padding: [8, 24, 0, 0],
      cursor: { drag: { x: true, y: false }, points: { size: 7 } },
      scales: { x: scaleOf(x), y: scaleOf(y) },
      axes: [axisOf(x, 'x', ticks, 0), axisOf(y, 'y', ticks, 1)],
      series: [{}, ...series.map((one, at) => seriesOf(one, isShown(at)))],
      bands: bands.map(({ upper, lower, color }) => ({ series: [upper + 1, lower + 1], fill: color })),
      hooks: {
        setSelect: [
          ({ select }) => {
            isZoomed = isZoomed || select.width > 0;
          },
        ],
        setCursor: [(self) => legend.showValues(self.cursor.idx ?? undefined)],
        draw: [
          (self) => {
            const marker = options.marker?.();
            if (marker) drawMarker(self, marker);
          },
        ],
      },
    },
    data as uPlot.AlignedData,
    place,
  );
  const legend: ChartLegend = chartLegend({
    series,
    isShown,
    data: () => data,
    x,
    y,
    onToggle(at, shown) {
      options.onToggle?.(series[at].label, shown);
      plot.setSeries(at + 1, { show: shown });
      for (let edge = at + 1; series[edge]?.edge; edge++) plot.setSeries(edge + 1, { show: shown });
    },
  });

  const keys: ChartKeys = {
    zoomed: () => {
      isZoomed = true;
    },
    reset: () => resetZoom(),
  };
  place.addEventListener('keydown', (event) => zoomWithKeys(event, plot, keys));
  place.addEventListener('dblclick', () => {
    isZoomed = false;
  });
  const root = element('figure', { class: 'chart' }, element('figcaption', {}, title), place, legend.root);
  const resized = new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width > 0 && width !== plot.width) plot.setSize({ width, height });
  });
  resized.observe(place);

  function resetZoom(): void {
    isZoomed = false;
    plot.setData(data as uPlot.AlignedData, true);
  }

  return {
    root,
    setData(next) {
      data = next;
      plot.setData(next as uPlot.AlignedData, !isZoomed);
      if (isZoomed) plot.redraw();
      legend.showValues(plot.cursor.idx ?? undefined);
    },
    redraw: () => plot.redraw(false),
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
