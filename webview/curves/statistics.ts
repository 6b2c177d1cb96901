/** A metric over sparsity: mean and standard deviation over the seeds. */
import type { ComparisonSummary } from '../../server/protocol/results';
import type { SparsityPoint } from '../shared/chart/overSparsity';
import { comparedMetrics, type MetricKey, metricKey, metricValue } from '../shared/metrics';
import { spreadOf } from '../shared/spread';

/** The deviation is that of the sample (n - 1). */
export interface AccuracyPoint extends SparsityPoint {
  readonly runs: number;
}

type Row = ComparisonSummary['rows'][number];

/** What runs are compared by. */
export type Metric = MetricKey<'test'>;

/** The metrics that rows have, what the task is judged by first: a segmentation by its mean IoU, a regression by R². */
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
    const { mean, deviation = 0 } = spreadOf(values);
    return { method: group[0].method, sparsity: group[0].sparsity, runs: group.length, mean, deviation };
  });
  const placeOf = (method: string) => (order.includes(method) ? order.indexOf(method) : order.length);
  const compareMethods = (a: string, b: string) => placeOf(a) - placeOf(b) || a.localeCompare(b);
  return points.sort((a, b) => compareMethods(a.method, b.method) || a.sparsity - b.sparsity);
}
