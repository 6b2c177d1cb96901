/**
 * Values of metrics in what the host and reports tell, by the catalogue's list of metrics. The only place that knows under
 * which keys they stand there.
 */
import { byImportance, METRICS, type MetricDefinition, type MetricName } from '../../server/protocol/catalogue/metrics';
import type { ServerNotifications } from '../../server/protocol/editor';
import { metricValueText } from '../../server/protocol/runTable/texts';
import { decimal, exactPercent } from './format';

/** A step of a run on its way, or the end of one of its epochs. */
export type TrainingNews = ServerNotifications['prunelens/training'];

export type Split = 'train' | 'test';
/** Key of a metric of one split: `testAccuracy`. */
export type MetricKey<Of extends string = Split> = `${Of}${Capitalize<MetricName>}`;

/** Over the seeds the mean, and the standard deviation where there are several. */
export interface Measured {
  readonly mean: number;
  readonly deviation: number | null;
}

/** All metrics, in the order of the list. */
export const ALL_METRICS: readonly (MetricDefinition & { readonly name: MetricName })[] = Object.values(METRICS);
const SPLITS = ['train', 'test'] as const;
const SPLIT_TITLES = { train: 'Training', test: 'Test' } as const;

export function metricKey<Of extends string>(split: Of, name: MetricName): MetricKey<Of> {
  return `${split}${name[0].toUpperCase()}${name.slice(1)}` as MetricKey<Of>;
}

/** All metrics of both splits, those of training first. */
export const METRIC_KEYS: readonly { readonly split: Split; readonly name: MetricName; readonly key: MetricKey }[] =
  SPLITS.flatMap((split) => ALL_METRICS.map(({ name }) => ({ split, name, key: metricKey(split, name) })));

/** The metric that a key of the test split is of. */
export function metricOf(key: MetricKey<'test'>): MetricDefinition {
  return METRICS[METRIC_KEYS.find((one) => one.key === key)!.name];
}

/** `Test accuracy`, `Training loss`. */
export function splitTitle(split: Split, { title }: MetricDefinition): string {
  return `${SPLIT_TITLES[split]} ${title}`;
}

/** Of an axis over methods; says so where less is better, which is not what one expects. */
export function axisTitle(metric: MetricDefinition): string {
  return `${splitTitle('test', metric)}${metric.direction === 'lower' ? ' (lower is better)' : ''}`;
}

/** A value that was measured: `97.12 %`, or `0.8123`. */
export function metricText({ name }: MetricDefinition, value: number): string {
  return metricValueText(value, name);
}

/** A place on an axis of such values. */
export function tickText({ format }: MetricDefinition, value: number): string {
  return format === 'percent' ? exactPercent(value) : decimal(value);
}

function numberAt(record: object, key: string): number | undefined {
  const value = (record as { readonly [key: string]: unknown })[key];
  return typeof value === 'number' ? value : undefined;
}

/** Of an epoch, a run or a row of a comparison, such as `testAccuracy`. */
export function metricValue(record: object, key: MetricKey): number | undefined {
  return numberAt(record, key);
}

/** Of one step's batch. */
export function stepValue(step: object, name: MetricName): number | undefined {
  return numberAt(step, name);
}

/** Of a training on its way: of what it has seen of the epoch so far, and of a finished epoch both splits. */
export function newsValue(news: TrainingNews, split: Split, name: MetricName): number | undefined {
  return numberAt(news, split === 'train' ? name : metricKey(split, name));
}

/** Of a row that sums up runs over their seeds: its own numbers are of the metric that it names, else of the accuracy. */
export function measuredValue(row: Measured & object, name: MetricName): Measured | undefined {
  const { metric = 'accuracy' } = row as { readonly metric?: string };
  if (name === metric) return row;
  return (row as { readonly [key: string]: unknown })[name] as Measured | undefined;
}

/** The metrics that networks are compared by, of those for which `isThere`: what the task is judged by comes first. */
export function comparedMetrics(isThere: (name: MetricName) => boolean): readonly MetricName[] {
  return byImportance(ALL_METRICS)
    .map(({ name }) => name)
    .filter(isThere);
}
