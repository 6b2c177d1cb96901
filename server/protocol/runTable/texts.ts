/** Values of the table of runs as people read them, alike in the page, the terminal and files. */
import { METRICS, type MetricDefinition } from '../catalogue/metrics';

/** A fraction that somebody has chosen: 0.98 as `98 %`, 0.9995 as `99.95 %`. */
export function chosenPercent(fraction: number): string {
  return `${Number((100 * fraction).toFixed(4))} %`;
}

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

/** 1234567 as `1.23M`. */
export function shortCount(value: number): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  const unit = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3));
  return unit === 0 ? String(Math.round(value)) : `${Number((value / 1000 ** unit).toPrecision(3))}${units[unit]}`;
}

/** `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
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
