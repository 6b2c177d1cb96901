/** A metric over sparsity: mean and standard deviation over the seeds. */
import { DENSE } from '../../server/protocol/comparison';
import type { ComparisonSummary } from '../../server/protocol/results';
import { comparedMetrics, type MetricKey, metricKey, metricValue } from '../shared/metrics';

export interface AccuracyPoint {
  readonly method: string;
  readonly sparsity: number;
  readonly runs: number;
  readonly mean: number;
  /** Of the sample (n - 1); 0 for a single run. */
  readonly deviation: number;
}

type Row = ComparisonSummary['rows'][number];

/** What runs are compared by. */
export type Metric = MetricKey<'test'>;

/** The metrics that rows have, what the task is judged by first: a segmentation by its mean IoU, then by its accuracy. */
export function metricsOf(rows: readonly Row[]): readonly Metric[] {
  const isThere = (key: Metric) => rows.some((row) => metricValue(row, key) !== undefined);
  return comparedMetrics((name) => isThere(metricKey('test', name))).map((name) => metricKey('test', name));
}

export interface PointsOptions {
  readonly model: string;
  /** The accuracy where it is absent. */
  readonly metric?: Metric;
  /** Names of methods, in which they come first; others by name. */
  readonly order?: readonly string[];
}

/** A point a method and sparsity of one model, in the order of methods and then of sparsities. */
export function accuracyPoints(
  rows: readonly Row[],
  { model, metric = 'testAccuracy', order = [] }: PointsOptions,
): AccuracyPoint[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    if (row.model !== model || metricValue(row, metric) === undefined) continue;
    const key = `${row.method} ${row.sparsity}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const points = [...groups.values()].map((group) => {
    const values = group.map((row) => metricValue(row, metric)!);
    const mean = values.reduce((sum, value) => sum + value, 0) / group.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation = group.length > 1 ? Math.sqrt(squares / (group.length - 1)) : 0;
    return { method: group[0].method, sparsity: group[0].sparsity, runs: group.length, mean, deviation };
  });
  const placeOf = (method: string) => (order.includes(method) ? order.indexOf(method) : order.length);
  const compareMethods = (a: string, b: string) => placeOf(a) - placeOf(b) || a.localeCompare(b);
  return points.sort((a, b) => compareMethods(a.method, b.method) || a.sparsity - b.sparsity);
}

export interface AccuracyCurves {
  /** Percentages of the weights that stay, ascending. */
  readonly densities: readonly number[];
  /** A line a method, null where it has no run: mean, and it plus and minus the deviation. */
  readonly methods: readonly {
    readonly method: string;
    readonly mean: readonly (number | null)[];
    readonly upper: readonly (number | null)[];
    readonly lower: readonly (number | null)[];
  }[];
}

/** The points as curves. The dense network is a level line across all sparsities. */
export function accuracyCurves(points: readonly AccuracyPoint[]): AccuracyCurves {
  const densityOf = (sparsity: number) => Number((100 * (1 - sparsity)).toFixed(6));
  const pruned = points.filter(({ method }) => method !== DENSE);
  const densities = [...new Set(pruned.map(({ sparsity }) => densityOf(sparsity)))].sort((a, b) => a - b);
  const methods = [...new Set(points.map(({ method }) => method))];
  return {
    densities,
    methods: methods.map((method) => {
      const found = densities.map((density) =>
        points.find((point) => point.method === method && (method === DENSE || densityOf(point.sparsity) === density)),
      );
      const at = (sign: number) => found.map((point) => (point ? point.mean + sign * point.deviation : null));
      return { method, mean: at(0), upper: at(1), lower: at(-1) };
    }),
  };
}
