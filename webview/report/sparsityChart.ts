/** A metric over sparsity: a line for the mean of each method and a band of one standard deviation around it. */
import { DENSE, type SummaryRow } from '../../server/protocol/comparison';
import { curvesOverSparsity, overSparsity, type SparsityPoint } from '../shared/chart/overSparsity';
import { createStillChart, type StillChart } from '../shared/chart/still';
import { documentStyle } from '../shared/chart/style';
import { axisTitle, measuredValue, tickText } from '../shared/metrics';
import { type Metric, measuredText, testTitle } from './metrics';

export interface Curve {
  readonly method: string;
  readonly title: string;
  readonly color: string;
  /** Drawn with dashes: numbers that were not measured here. */
  readonly isCited?: boolean;
}

export interface SparsityChartOptions {
  readonly rows: readonly SummaryRow[];
  readonly metric: Metric;
  readonly curves: readonly Curve[];
  readonly width: number;
  isShown(method: string): boolean;
}

const HEIGHT = 380;
/** Room left and right of the outermost densities on the axis, as a factor. */
const ROOM = 1.25;
const CITED = { width: 1, points: 4, dash: [6, 4] };
const OWN = { width: 2, points: 7 };

/** Of the curves, in their order, dense over all others. */
function pointsOf(rows: readonly SummaryRow[], metric: Metric, curves: readonly Curve[]): SparsityPoint[] {
  const order = [...curves].sort((a, b) => Number(a.method === DENSE) - Number(b.method === DENSE));
  return order.flatMap(({ method }) =>
    rows.flatMap((row) => {
      const measured = row.method === method ? measuredValue(row, metric.name) : undefined;
      const { sparsity } = row;
      return measured ? [{ method, sparsity, mean: measured.mean, deviation: measured.deviation ?? 0 }] : [];
    }),
  );
}

/** All that is shown, with a margin; fractions stay within 0 and 1. */
function valueRange({ format }: Metric, shown: readonly number[]): [number, number] {
  const isFraction = format === 'percent';
  if (shown.length === 0) return [0, 1];
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const margin = Math.max(isFraction ? 0.005 : 0.01 * Math.abs(most), 0.06 * (most - least)) || 1;
  return isFraction ? [Math.max(0, least - margin), Math.min(1, most + margin)] : [least - margin, most + margin];
}

/** The chart of one model; what is shown of it is asked for again by `update`. Dense is a dashed line across. */
export function createSparsityChart(options: SparsityChartOptions): StillChart & { update(): void } {
  const { rows, metric, curves, width, isShown } = options;
  const points = pointsOf(rows, metric, curves);
  const curveOf = (method: string) => curves.find((curve) => curve.method === method)!;
  const { data, ...parts } = overSparsity({
    curves: curvesOverSparsity(points),
    // Structured methods may count channels.
    label: rows.some(({ stepRatio }) => stepRatio !== undefined) ? 'sparsity' : 'sparsity (weights removed)',
    log: true,
    room: ROOM,
    lineOf(method) {
      const { color, isCited } = curveOf(method);
      const line = { label: method, color };
      if (method === DENSE) return { ...line, width: 2, dash: [8, 5], band: 'transparent' };
      return { ...line, ...(isCited ? CITED : OWN), band: color + (isCited ? '14' : '33') };
    },
  });
  const dense = rows.find(({ method }) => method === DENSE);
  const level = dense && measuredValue(dense, metric.name);
  const titles = curves.filter(({ method }) => method !== DENSE).map(({ title }) => title);
  const measured = level ? `; dense ${measuredText(metric, { ...level, deviation: null })}` : '';
  const chart = createStillChart({
    options: {
      ...parts,
      title: `${testTitle(metric)} over sparsity of ${titles.join(', ')}${measured}`,
      y: {
        label: axisTitle(metric),
        range: (shown) => valueRange(metric, shown),
        format: (value) => tickText(metric, value),
      },
      height: HEIGHT,
      style: documentStyle(),
      hidden: new Set(curves.map(({ method }) => method).filter((method) => !isShown(method))),
    },
    data,
    width,
  });
  return { ...chart, update: () => chart.show(isShown) };
}
