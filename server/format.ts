/** Numbers and places as people read them. */
import { relative } from 'node:path';
import { ALL_METRICS, type MetricDefinition, type MetricValues } from './protocol/catalogue/metrics';
import type { SourceLocation } from './protocol/errors';
import type { Measured, Spread } from './protocol/metricKeys';
import type { Shape } from './protocol/tensor';

/** 266200 as `266,200`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A fraction as a percentage, `0.98` as `98.0 %`. */
export function formatPercent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** The value of a metric as the command writes it: `97.12 %`, or `0.8123`. */
export function formatMetric(value: number, { format, commandFormat = format }: MetricDefinition, digits = 2): string {
  return commandFormat === 'percent' ? formatPercent(value, digits) : value.toFixed(4);
}

/** A mean over the seeds with its deviation, where there is one: `97.12 ± 0.30 %`. */
export function formatSpread({ mean, deviation }: Spread, metric: MetricDefinition): string {
  if (deviation === null) return formatMetric(mean, metric);
  const { format, commandFormat = format } = metric;
  return commandFormat === 'percent'
    ? `${(100 * mean).toFixed(2)} ± ${(100 * deviation).toFixed(2)} %`
    : `${mean.toFixed(4)} ± ${deviation.toFixed(4)}`;
}

/** Metrics of the split that is trained on, each after two spaces: `  accuracy 91.2 %`. */
export function formatMetricValues(values: MetricValues): string {
  return ALL_METRICS.flatMap((metric) => {
    const value = values[metric.name];
    return value === undefined ? [] : [`  ${metric.title} ${formatMetric(value, metric, 1)}`];
  }).join('');
}

/** `test accuracy 91.20 %, test mean IoU 0.8123`. */
export function formatTestMetrics(measured: readonly Measured<number>[]): string {
  return measured.map(({ metric, value }) => `test ${metric.title} ${formatMetric(value, metric)}`).join(', ');
}

/** 75.2 as `1 min 15 s`, 3.21 as `3.2 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `784 x 300`, or `scalar`. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join(' x ');
}

/** `models/lenet.ts:12` from the working folder, where that is shorter than the whole path; empty where unknown. */
export function formatPlace(location: SourceLocation | undefined): string {
  return location ? `${formatPath(location.file)}:${location.line}` : '';
}

/** The path from the working folder, where that is shorter than the whole one. */
export function formatPath(path: string): string {
  const fromHere = relative('', path);
  return fromHere !== '' && fromHere.length < path.length ? fromHere : path;
}
