/** Metrics in JSON: `testAccuracy` of an epoch is the metric `accuracy` of the split `test`. Written and read here alone. */
import {
  ALL_METRICS,
  byImportance,
  METRICS,
  type MetricDefinition,
  type MetricName,
  type MetricValues,
} from './catalogue/metrics';

export const SPLITS = ['train', 'test'] as const;

export type MetricSplit = (typeof SPLITS)[number];

export type MetricKey = `${MetricSplit}${Capitalize<MetricName>}`;

/** Metrics of both splits by key. Every run has its losses; which others it has is its objective's choice. */
export type MetricsByKey = { readonly [Key in MetricKey]?: number } & {
  readonly trainLoss: number;
  readonly testLoss: number;
};

/** How good a network is on the test data, by key. */
export type TestMetrics = { readonly [Name in Exclude<MetricName, 'loss'> as `test${Capitalize<Name>}`]?: number };

/** Mean and standard deviation over the seeds (n - 1 in the denominator); the latter is null of a single run. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number | null;
}

/** Spreads of the metrics but the loss, in rows that sum up runs. */
export interface MetricSpreads extends Spread {
  /** What `mean` and `deviation` are of where runs have no accuracy, which they are of otherwise. */
  readonly metric?: string;
  /** Of a segmentation. Other metrics are under their names likewise. */
  readonly meanIoU?: Spread;
}

/** A metric with what was measured of it. */
export interface Measured<T> {
  readonly metric: MetricDefinition;
  readonly value: T;
}

export function metricKey(split: MetricSplit, name: string): string {
  return `${split}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Values of a split under their keys. */
export function keyedMetrics(split: MetricSplit, values: MetricValues): { readonly [key: string]: number } {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[metricKey(split, name), value]])),
  );
}

/** The metrics among what else an object holds, in its order. */
export function pickMetrics<T extends object>(values: T): Pick<T, Extract<keyof T, MetricKey>> {
  const isMetric = ([key, value]: [string, unknown]) => /^(train|test)[A-Z]/.test(key) && typeof value === 'number';
  return Object.fromEntries(Object.entries(values).filter(isMetric)) as Pick<T, Extract<keyof T, MetricKey>>;
}

/** The value of a metric; undefined where there is none. */
export function metricOf(values: object, split: MetricSplit, name: string): number | undefined {
  return (values as { readonly [key: string]: number | undefined })[metricKey(split, name)];
}

/** What was measured of a split, in the catalogue's order. */
export function metricsOf(
  values: object,
  split: MetricSplit,
  metrics: readonly MetricDefinition[] = ALL_METRICS,
): readonly Measured<number>[] {
  return metrics.flatMap((metric) => {
    const value = metricOf(values, split, metric.name);
    return value === undefined ? [] : [{ metric, value }];
  });
}

/** How good the network is on the test data: what was measured of it but the loss. */
export function testMetrics(values: object, metrics?: readonly MetricDefinition[]): readonly Measured<number>[] {
  return metricsOf(values, 'test', metrics).filter(({ metric }) => metric.name !== METRICS.loss.name);
}

/** What the task is judged by among what was measured on the test data: a text by its perplexity, a segmentation by its mean IoU. */
export function judgedBy(values: object): Measured<number> | undefined {
  const measured = metricsOf(values, 'test');
  const [leading] = byImportance(measured.map(({ metric }) => metric));
  return measured.find(({ metric }) => metric === leading);
}

/** The test data's metrics but the loss under their keys, in the order they have in `values`. */
export function pickTestMetrics(values: object): TestMetrics {
  const picked = Object.entries(pickMetrics(values)).filter(([key]) => key.startsWith('test') && key !== 'testLoss');
  return Object.fromEntries(picked);
}

/** Spreads by metric as a row holds them; undefined where there is no metric at all. The first metric leads. */
export function spreadsRow(spreads: readonly Measured<Spread>[]): MetricSpreads | undefined {
  const isAccuracy = ({ metric }: Measured<Spread>) => metric.name === METRICS.accuracy.name;
  const main = spreads.find(isAccuracy) ?? spreads[0];
  if (!main) return undefined;
  const others = spreads.filter((spread) => !isAccuracy(spread));
  return {
    ...main.value,
    ...(!isAccuracy(main) && { metric: main.metric.name }),
    ...Object.fromEntries(others.map(({ metric, value }) => [metric.name, value])),
  };
}

/** The spread of a metric in a row; undefined where the row has none. */
export function spreadOf(row: MetricSpreads, { name }: MetricDefinition): Spread | undefined {
  if (name !== METRICS.accuracy.name) return (row as unknown as { readonly [name: string]: Spread | undefined })[name];
  return row.metric === undefined ? { mean: row.mean, deviation: row.deviation } : undefined;
}

/** The metrics that some of the rows have, in the catalogue's order. */
export function metricsIn(
  rows: readonly MetricSpreads[],
  metrics: readonly MetricDefinition[] = ALL_METRICS,
): readonly MetricDefinition[] {
  return metrics.filter((metric) => rows.some((row) => spreadOf(row, metric) !== undefined));
}
