/** A metric over the values of one axis of a sweep: a line a method, a band of one standard deviation around it. */
import type { AxisCurve, SweepValue } from '../../server/protocol/sweep';
import { createStillChart, type StillChart } from '../shared/chart/still';
import { documentStyle } from '../shared/chart/style';
import { axisTitle, measuredValue, tickText } from '../shared/metrics';
import { type Metric, testTitle } from './metrics';

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
export function createAxisChart({ option, metric, values, lines, width }: AxisChartOptions): StillChart {
  const positions = values.map((_, index) => index);
  const pointsOf = ({ points }: AxisCurve, direction: number) =>
    values.map((value) => {
      const found = points.find((one) => one.value === value);
      const point = found && measuredValue(found, metric.name);
      return point ? point.mean + direction * (point.deviation ?? 0) : null;
    });
  const titles = lines.map(({ curve }) => curve.title).join(', ');
  return createStillChart({
    options: {
      title: `${testTitle(metric)} over ${option} of ${titles}`,
      x: {
        label: option,
        marks: positions,
        range: [-0.3, values.length - 0.7],
        format: (position) => String(values[position] ?? ''),
      },
      y: { label: axisTitle(metric), format: (value) => tickText(metric, value) },
      series: lines.flatMap(({ curve, color }) => [
        { label: curve.title, color, width: 2, points: 7 },
        { label: `${curve.title} upper`, color, edge: true },
        { label: `${curve.title} lower`, color, edge: true },
      ]),
      bands: lines.map(({ color }, at) => ({ upper: 3 * at + 1, lower: 3 * at + 2, color: color + BAND_OPACITY })),
      height: HEIGHT,
      style: documentStyle(),
    },
    data: [positions, ...lines.flatMap(({ curve }) => [0, 1, -1].map((direction) => pointsOf(curve, direction)))],
    width,
  });
}
