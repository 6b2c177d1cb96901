/** Values of the table of runs as people read them, alike in the page, the terminal and files. */
import { METRICS, type MetricDefinition } from '../catalogue/metrics';
import { duration } from '../numbers';

/** A fraction that was measured: `97.12 %`. */
export function measuredPercent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

/** Four significant digits. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}

/** Seconds, with a digit after the point below ten. */
export function durationText(seconds: number): string {
  return seconds < 10 ? `${Number(seconds.toFixed(1))} s` : duration(seconds);
}

/** `2026-01-31 12:30`, the time here; as it is where it is no time. */
export function timeText(started: string): string {
  const time = new Date(started);
  return Number.isNaN(time.getTime()) ? started : time.toLocaleString('sv-SE').slice(0, 16);
}

function definition(metric: string | undefined): MetricDefinition | undefined {
  return metric === undefined ? undefined : (METRICS as { readonly [name: string]: MetricDefinition })[metric];
}

/** What a metric is called; the name itself of one that is not known here. */
export function metricTitle(metric: string): string {
  return definition(metric)?.title ?? metric;
}

/** The value of a metric: `97.12 %`, or `0.8123`. */
export function metricValueText(value: number, metric: string | undefined): string {
  return definition(metric)?.format === 'percent' ? measuredPercent(value) : shortNumber(value);
}

/** A difference of two values of a metric, with its sign: `−1.20 pp` of percentages, `+0.0123` of others. */
export function differenceText(value: number, metric: string | undefined): string {
  const sign = value < 0 ? '−' : '+';
  const size = Math.abs(value);
  return definition(metric)?.format === 'percent' ? `${sign}${(100 * size).toFixed(2)} pp` : sign + shortNumber(size);
}
