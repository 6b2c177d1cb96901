/** Values of the table of runs as people read them, alike in the page, the terminal and files. */
import { METRICS, type MetricDefinition } from '../catalogue/metrics';
import { count, decimal, fixedPercent } from '../numbers';
import type { ComparisonSummary } from '../results';

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
  return definition(metric)?.format === 'percent' ? fixedPercent(value) : decimal(value);
}

/** A difference of two values of a metric, with its sign: `−1.20 pp` of percentages, `+0.0123` of others. */
export function differenceText(value: number, metric: string | undefined): string {
  const sign = value < 0 ? '−' : '+';
  const size = Math.abs(value);
  const isPercent = definition(metric)?.format === 'percent';
  return `${sign}${isPercent ? fixedPercent(size).replace('%', 'pp') : decimal(size)}`;
}

/** `5 of 12 runs, 1 failed, stopped`; undefined of a comparison that has all its runs. */
export function unfinishedText({
  rows,
  unfinished,
}: Pick<ComparisonSummary, 'rows' | 'unfinished'>): string | undefined {
  if (!unfinished) return undefined;
  const { planned, failed, isRunning } = unfinished;
  const parts = [`${count(rows.length)} of ${count(planned)} runs`, ...(failed > 0 ? [`${count(failed)} failed`] : [])];
  return [...parts, isRunning ? 'running' : 'stopped'].join(', ');
}
