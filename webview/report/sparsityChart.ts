/** A metric over sparsity: a line for the mean of each method and a band of one standard deviation around it. */
import uPlot from 'uplot';
import { DENSE, type SummaryRow } from '../../server/protocol/comparison';
import { fixedPercent, shortPercent } from '../shared/format';
import { cssColor } from '../shared/theme';
import type { Metric } from './metrics';

export interface Curve {
  readonly method: string;
  readonly title: string;
  readonly color: string;
  /** Drawn with dashes: numbers that were not measured here. */
  readonly isCited?: boolean;
}

export interface ChartOptions {
  readonly rows: readonly SummaryRow[];
  readonly metric: Metric;
  readonly curves: readonly Curve[];
  readonly width: number;
  isShown(method: string): boolean;
}

export interface Chart {
  readonly root: HTMLElement;
  /** Draws again after methods were shown or hidden. */
  update(): void;
  destroy(): void;
}

const HEIGHT = 380;
const BAND_OPACITY = '33';
const CITED_BAND_OPACITY = '14';
const CITED_DASH = [6, 4];
/** Labels of the x axis that would be closer, in pixels, are left out. */
const LABEL_SPACE = 44;

interface Points {
  readonly mean: (number | null)[];
  readonly low: (number | null)[];
  readonly high: (number | null)[];
}

/** Percentages of one method at each density, null where there is no run. */
function pointsOf({ rows, metric }: ChartOptions, method: string, densities: readonly number[]): Points {
  const found = densities.map((density) => {
    const row = rows.find((one) => one.method === method && densityOf(one.sparsity) === density);
    return row && metric.of(row);
  });
  const shifted = (direction: number) =>
    found.map((row) => (row ? 100 * (row.mean + direction * (row.deviation ?? 0)) : null));
  return { mean: shifted(0), low: shifted(-1), high: shifted(1) };
}

/** Percentage of the weights that stay: the x axis, logarithmic, from right to left. */
function densityOf(sparsity: number): number {
  return Number((100 * (1 - sparsity)).toFixed(6));
}

function drawDense(level: number, color: string, isShown: () => boolean) {
  return (plot: uPlot) => {
    if (!isShown()) return;
    const { ctx, bbox } = plot;
    const y = plot.valToPos(100 * level, 'y', true);
    ctx.save();
    ctx.strokeStyle = color;
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.setLineDash([8 * devicePixelRatio, 5 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  };
}

/** Values whose labels have room beside the one before. */
function withRoom(plot: uPlot, splits: readonly number[]): (number | null)[] {
  let last = Number.NEGATIVE_INFINITY;
  // From left to right, which is from the highest density to the lowest.
  const kept = new Set(
    [...splits]
      .sort((a, b) => plot.valToPos(a, 'x') - plot.valToPos(b, 'x'))
      .filter((value) => {
        const position = plot.valToPos(value, 'x');
        if (position - last < LABEL_SPACE) return false;
        last = position;
        return true;
      }),
  );
  return splits.map((value) => (kept.has(value) ? value : null));
}

/** The chart of one model. Dense is a dashed line across. */
export function createChart(options: ChartOptions): Chart {
  const { rows, metric, curves, width, isShown } = options;
  const pruned = curves.filter(({ method }) => method !== DENSE);
  const denseRow = rows.find(({ method }) => method === DENSE);
  const dense = denseRow && metric.of(denseRow);
  const denseCurve = curves.find(({ method }) => method === DENSE);
  const densities = [...new Set(rows.filter(({ method }) => method !== DENSE).map((row) => densityOf(row.sparsity)))];
  densities.sort((a, b) => a - b);
  const points = pruned.map(({ method }) => pointsOf(options, method, densities));
  const axis = {
    stroke: cssColor('--text'),
    grid: { stroke: cssColor('--grid') },
    ticks: { stroke: cssColor('--grid') },
  };

  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const { method, title, color, isCited = false } of pruned) {
    const show = isShown(method);
    bands.push({
      series: [series.length + 2, series.length + 1],
      fill: color + (isCited ? CITED_BAND_OPACITY : BAND_OPACITY),
    });
    // Curves need not have the same sparsities.
    const edge = { show, spanGaps: true, stroke: 'transparent', width: 0, points: { show: false } };
    const points = { show: true, size: isCited ? 4 : 7, fill: color };
    series.push({
      show,
      label: title,
      stroke: color,
      spanGaps: true,
      width: isCited ? 1 : 2,
      points,
      ...(isCited && { dash: CITED_DASH }),
    });
    series.push({ ...edge, label: `${title} low` }, { ...edge, label: `${title} high` });
  }
  /** All that is shown, with a margin; percentages stay within 0 and 100. */
  const valueRange = (): uPlot.Range.MinMax => {
    const shown = points.filter((_, i) => isShown(pruned[i].method)).flatMap(({ low, high }) => [...low, ...high]);
    const values = shown.filter((value) => value !== null);
    if (dense && isShown(DENSE)) values.push(100 * dense.mean);
    if (values.length === 0) return [0, 100];
    const margin = Math.max(0.5, 0.06 * (Math.max(...values) - Math.min(...values)));
    return [Math.max(0, Math.min(...values) - margin), Math.min(100, Math.max(...values) + margin)];
  };
  const plot = new uPlot(
    {
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      scales: {
        x: {
          time: false,
          distr: 3,
          dir: -1,
          range: () => [densities[0] / 1.25, densities[densities.length - 1] * 1.25],
        },
        y: { range: valueRange },
      },
      axes: [
        {
          ...axis,
          // Structured methods may count channels.
          label: rows.some(({ stepRatio }) => stepRatio !== undefined) ? 'sparsity' : 'sparsity (weights removed)',
          splits: () => densities,
          filter: withRoom,
          values: (_, splits) => splits.map((density) => (density === null ? '' : shortPercent(1 - density / 100))),
        },
        { ...axis, label: metric.title, size: 70, values: (_, splits) => splits.map((value) => `${value} %`) },
      ],
      series,
      bands,
      hooks: dense && denseCurve ? { draw: [drawDense(dense.mean, denseCurve.color, () => isShown(DENSE))] } : {},
    },
    [densities, ...points.flatMap(({ mean, low, high }) => [mean, low, high])],
    document.createElement('div'),
  );
  plot.root.setAttribute('role', 'img');
  plot.root.setAttribute(
    'aria-label',
    `${metric.title} over sparsity of ${pruned.map(({ title }) => title).join(', ')}${dense ? `; dense ${fixedPercent(dense.mean, 2)}` : ''}`,
  );
  return {
    root: plot.root,
    update() {
      pruned.forEach(({ method }, i) => {
        for (const offset of [1, 2, 3]) plot.setSeries(3 * i + offset, { show: isShown(method) });
      });
      plot.redraw();
    },
    destroy: () => plot.destroy(),
  };
}
