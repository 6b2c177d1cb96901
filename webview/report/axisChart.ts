/** A metric over the values of one axis of a sweep: a line a method, a band of one standard deviation around it. */
import uPlot from 'uplot';
import type { AxisCurve, SweepValue } from '../../server/protocol/sweep';
import { cssColor } from '../shared/theme';
import type { Metric } from './metrics';

export interface AxisLine {
  readonly curve: AxisCurve;
  readonly color: string;
}

export interface AxisChartOptions {
  readonly option: string;
  readonly metric: Metric;
  readonly values: readonly SweepValue[];
  readonly lines: readonly AxisLine[];
  readonly width: number;
}

const HEIGHT = 300;
const BAND_OPACITY = '33';

/** The values are equally far apart, whatever they are, since many are powers or names. */
export function createAxisChart({ option, metric, values, lines, width }: AxisChartOptions): uPlot {
  const positions = values.map((_, index) => index);
  const pointsOf = ({ points }: AxisCurve, direction: number) =>
    values.map((value) => {
      const found = points.find((one) => one.value === value);
      const point = found && metric.of(found);
      return point ? 100 * (point.mean + direction * (point.deviation ?? 0)) : null;
    });
  const axis = {
    stroke: cssColor('--text'),
    grid: { stroke: cssColor('--grid') },
    ticks: { stroke: cssColor('--grid') },
  };
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const { curve, color } of lines) {
    bands.push({ series: [series.length + 2, series.length + 1], fill: color + BAND_OPACITY });
    const edge = { stroke: 'transparent', width: 0, points: { show: false } };
    series.push({ label: curve.title, stroke: color, width: 2, points: { show: true, size: 7, fill: color } });
    series.push({ ...edge, label: `${curve.title} low` }, { ...edge, label: `${curve.title} high` });
  }
  const data = lines.flatMap(({ curve }) => [0, -1, 1].map((direction) => pointsOf(curve, direction)));
  const plot = new uPlot(
    {
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      scales: { x: { time: false, range: () => [-0.3, values.length - 0.7] } },
      axes: [
        {
          ...axis,
          label: option,
          splits: () => positions,
          values: (_, splits) => splits.map((position) => String(values[position] ?? '')),
        },
        { ...axis, label: metric.title, size: 70, values: (_, splits) => splits.map((value) => `${value} %`) },
      ],
      series,
      bands,
    },
    [positions, ...data],
    document.createElement('div'),
  );
  plot.root.setAttribute('role', 'img');
  const titles = lines.map(({ curve }) => curve.title).join(', ');
  plot.root.setAttribute('aria-label', `${metric.title} over ${option} of ${titles}`);
  return plot;
}
