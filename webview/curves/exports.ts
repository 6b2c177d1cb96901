/** Files of what the curves show, and their table view. */
import { METRICS, type MetricDefinition } from '../../server/protocol/catalogue/metrics';
import type { RunMetrics, RunSummary } from '../../server/protocol/results';
import type { DrawnChart } from '../shared/chart/types';
import { csvOf } from '../shared/csv';
import { svgElement } from '../shared/elements';
import { exactPercent } from '../shared/format';
import { METRIC_KEYS, type MetricKey, metricText, metricValue, splitTitle } from '../shared/metrics';
import type { Picture } from '../shared/pictures';
import { readPalette } from '../shared/theme';
import type { Column } from '../shared/toolkit';
import { type MethodTitle, methodTitle } from './comparisonChart';
import { dimensionsOf, planeRows } from './plane';
import type { CurvesPage } from './state';
import type { AccuracyPoint, Metric } from './statistics';

export type Shown = { readonly summary: RunSummary; readonly metrics: RunMetrics };

/** Keys of metrics that a file of epochs has: the losses, and what was measured besides. */
function fileKeys(runs: readonly Shown[]): readonly MetricKey[] {
  const isMeasured = (key: MetricKey) =>
    runs.some(({ metrics }) => metrics.epochs.some((epoch) => metricValue(epoch, key) !== undefined));
  return METRIC_KEYS.filter(({ name, key }) => name === METRICS.loss.name || isMeasured(key)).map(({ key }) => key);
}

/** A line an epoch and one a step of each run; steps have a loss only. */
export function runsCsv(runs: readonly Shown[]): string {
  const keys = fileKeys(runs);
  const columns = ['run', 'method', 'sparsity', 'seed', 'epoch', 'step', ...keys];
  const lines = runs.flatMap(({ summary: { label, method, sparsity, seed }, metrics: { epochs, steps } }) => {
    const head = [label, method, sparsity, seed];
    return [
      ...steps.map(({ epoch, step, loss }) => [
        ...head,
        epoch,
        step,
        ...keys.map((key) => (key === 'trainLoss' ? loss : undefined)),
      ]),
      ...epochs.map((one) => [...head, one.epoch, undefined, ...keys.map((key) => metricValue(one, key))]),
    ];
  });
  return csvOf(columns, lines);
}

export function comparisonCsv(points: readonly AccuracyPoint[], metric: Metric | undefined): string {
  const mean = metric ? `mean${metric[0].toUpperCase()}${metric.slice(1)}` : 'mean';
  return csvOf(
    ['method', 'sparsity', 'runs', mean, 'deviation'],
    points.map(({ method, sparsity, runs, mean, deviation }) => [method, sparsity, runs, mean, deviation]),
  );
}

/** A line a run that is held against others, with all that any of them has; values are exact. */
export function planeCsv({ plane, rows = [], shown }: Pick<CurvesPage, 'plane' | 'rows' | 'shown'>): string {
  const held = planeRows(plane, rows, shown);
  const dimensions = dimensionsOf(held);
  return csvOf(
    ['run', ...dimensions.map(({ key }) => key)],
    held.map((row) => [row.label, ...dimensions.map((dimension) => dimension.valueOf(row))]),
  );
}

/** The metrics of a table of epochs: those that any of the runs has. */
function tableMetrics(runs: readonly Shown[]) {
  const hasKey = (key: MetricKey) =>
    runs.some(({ summary, metrics }) =>
      [summary, ...metrics.epochs].some((one) => metricValue(one, key) !== undefined),
    );
  return METRIC_KEYS.filter(({ key }) => hasKey(key)).map(({ split, name, key }) => ({
    metric: METRICS[name],
    split,
    key,
  }));
}

export function epochColumns(runs: readonly Shown[]): readonly Column[] {
  return [
    { key: 'run', title: 'Run' },
    { key: 'epoch', title: 'Epoch' },
    ...tableMetrics(runs).map(({ metric, split, key }) => ({ key, title: splitTitle(split, metric) })),
  ];
}

export function epochRows(runs: readonly Shown[]): { readonly [key: string]: string }[] {
  const shown = tableMetrics(runs);
  return runs.flatMap(({ summary, metrics }) =>
    metrics.epochs.map((one) => {
      const texts = shown.map(({ metric, key }) => {
        const value = metricValue(one, key);
        return [key, value === undefined ? '' : metricText(metric, value)];
      });
      return { run: summary.label, epoch: String(one.epoch), ...Object.fromEntries(texts) };
    }),
  );
}

export function comparisonColumns(metric: MetricDefinition): readonly Column[] {
  return [
    { key: 'method', title: 'Method' },
    { key: 'sparsity', title: 'Sparsity' },
    { key: 'runs', title: 'Runs' },
    { key: 'mean', title: `${splitTitle('test', metric)}, mean` },
    { key: 'deviation', title: 'Deviation' },
  ];
}

export function comparisonRows(
  points: readonly AccuracyPoint[],
  metric: MetricDefinition,
  methods: readonly MethodTitle[],
) {
  return points.map(({ method, sparsity, runs, mean, deviation }) => ({
    method: methodTitle(method, methods),
    sparsity: exactPercent(sparsity),
    runs: String(runs),
    mean: metricText(metric, mean),
    deviation: runs > 1 ? metricText(metric, deviation) : '',
  }));
}

const MARGIN = 16;
const TITLE_HEIGHT = 24;
const LEGEND_LINE = 18;

/** Charts below each other, with what their colors mean. */
export function chartsPicture(
  charts: readonly DrawnChart[],
  legend: readonly { readonly label: string; readonly color: string }[],
): Picture {
  const palette = readPalette();
  const style = { 'font-family': palette.font, fill: palette.foreground };
  const parts: SVGElement[] = [];
  let y = MARGIN;
  for (const { title, root, height } of charts) {
    parts.push(svgElement('text', { ...style, x: String(MARGIN), y: String(y + 14), 'font-size': '14' }, title));
    parts.push(svgElement('g', { transform: `translate(${MARGIN} ${y + TITLE_HEIGHT})` }, root));
    y += TITLE_HEIGHT + height + MARGIN;
  }
  for (const { label, color } of legend) {
    parts.push(svgElement('rect', { x: String(MARGIN), y: String(y), width: '14', height: '4', fill: color }));
    parts.push(svgElement('text', { ...style, x: String(MARGIN + 22), y: String(y + 6), 'font-size': '12' }, label));
    y += LEGEND_LINE;
  }
  return { width: Math.max(...charts.map(({ width }) => width)) + 2 * MARGIN, height: y + MARGIN, parts };
}
