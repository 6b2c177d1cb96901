/** The one place that knows uPlot's options: scales, axes, series and what is drawn over and below them. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { type AxisTicks, axisOf, scaleOf } from './axis';
import { drawHeat } from './heat';
import { AXIS_FONT_SIZE, type ChartStyle, editorStyle } from './style';
import type { ChartData, ChartOptions, ChartSeries } from './types';

export interface PlotSetup {
  readonly options: ChartOptions;
  readonly data: ChartData;
  /** In pixels. */
  readonly width: number;
  readonly place: HTMLElement;
  /** Filled with what is on the axes whenever they are drawn: x, then y. */
  readonly ticks: AxisTicks[];
  readonly cursor: uPlot.Cursor;
  readonly hooks?: Pick<uPlot.Hooks.Arrays, 'setSelect' | 'setCursor'>;
  isZoomed(): boolean;
}

function seriesOf(series: ChartSeries, show: boolean): uPlot.Series {
  const { label, color, dash, kind = 'line', points = false, edge = false, width = 1.5 } = series;
  if (edge) return { label, show, spanGaps: true, stroke: 'transparent', width: 0, points: { show: false } };
  if (kind === 'bars') {
    const paths = uPlot.paths.bars!({ size: [1, Number.POSITIVE_INFINITY], gap: 1 });
    return { label, show, stroke: color, fill: color, width: 0, paths, points: { show: false } };
  }
  const size = points === true ? 6 : Number(points);
  return {
    label,
    show,
    stroke: color,
    width,
    // Curves need not have the same places.
    spanGaps: true,
    ...(dash && { dash: [...dash] }),
    points: size > 0 ? { show: true, size, fill: color, stroke: color } : { show: false },
  };
}

function drawMarker(plot: uPlot, style: ChartStyle, marker: { readonly x: number; readonly label: string }): void {
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(marker.x, 'x', true)) + 0.5;
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = style.foreground;
  ctx.fillStyle = style.foreground;
  ctx.lineWidth = scale;
  ctx.setLineDash([4 * scale, 3 * scale]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  const family = style.axis.font?.split('px ')[1] ?? 'sans-serif';
  ctx.font = `${AXIS_FONT_SIZE * scale}px ${family}`;
  const isRight = x > bbox.left + bbox.width / 2;
  ctx.textAlign = isRight ? 'right' : 'left';
  ctx.textBaseline = 'top';
  ctx.fillText(marker.label, x + (isRight ? -6 : 6) * scale, bbox.top + 2 * scale);
  ctx.restore();
}

/** Whether a series is drawn; edges go with the series before them. */
export function isShown({ series, hidden }: ChartOptions, at: number): boolean {
  let owner = at;
  while (series[owner].edge) owner -= 1;
  return !hidden?.has(series[owner].label);
}

/** Shows or hides a series with its edges. */
export function setShown(plot: uPlot, { series }: ChartOptions, at: number, show: boolean): void {
  plot.setSeries(at + 1, { show });
  for (let edge = at + 1; series[edge]?.edge; edge++) plot.setSeries(edge + 1, { show });
}

/** Draws the chart into `place`. */
export function createPlot({ options, data, width, place, ticks, cursor, hooks, isZoomed }: PlotSetup): uPlot {
  const { x, y, series, bands = [], height, heat, style = editorStyle() } = options;
  return new uPlot(
    {
      width,
      height,
      legend: { show: false },
      ...(style.padding && { padding: style.padding }),
      cursor,
      scales: { x: scaleOf(x, isZoomed), y: scaleOf(y, isZoomed) },
      axes: [axisOf(x, 'x', style, ticks), axisOf(y, 'y', style, ticks)],
      series: [{}, ...series.map((one, at) => seriesOf(one, isShown(options, at)))],
      bands: bands.map(({ upper, lower, color }) => ({ series: [upper + 1, lower + 1], fill: color })),
      hooks: {
        ...hooks,
        drawAxes: heat ? [(plot) => drawHeat(heat, plot)] : [],
        draw: [
          (plot) => {
            const marker = options.marker?.();
            if (marker) drawMarker(plot, style, marker);
          },
        ],
      },
    },
    data as uPlot.AlignedData,
    place,
  );
}
