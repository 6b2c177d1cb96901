/** Files of what the curves show, and their table view. */
import type { RunMetrics, RunSummary } from '../../server/protocol/results';
import type { DrawnChart } from '../shared/chart';
import { csvOf } from '../shared/csv';
import { svgElement } from '../shared/elements';
import { decimal, percent } from '../shared/format';
import type { Picture } from '../shared/pictures';
import { readPalette } from '../shared/theme';
import type { Column } from '../toolkit';
import { type MethodTitle, methodTitle } from './comparisonChart';
import type { AccuracyPoint, Metric } from './statistics';

type Shown = { readonly summary: RunSummary; readonly metrics: RunMetrics };

/** A line an epoch and one a step of each run; steps have a loss only. */
export function runsCsv(runs: readonly Shown[]): string {
  const columns = [
    'run',
    'method',
    'sparsity',
    'seed',
    'epoch',
    'step',
    'trainLoss',
    'trainAccuracy',
    'testLoss',
    'testAccuracy',
    'testMeanIoU',
  ];
  const lines = runs.flatMap(({ summary: { label, method, sparsity, seed }, metrics: { epochs, steps } }) => {
    const head = [label, method, sparsity, seed];
    return [
      ...steps.map(({ epoch, step, loss }) => [...head, epoch, step, loss, undefined, undefined, undefined, undefined]),
      ...epochs.map((one) => [
        ...head,
        one.epoch,
        undefined,
        one.trainLoss,
        one.trainAccuracy,
        one.testLoss,
        one.testAccuracy,
        one.testMeanIoU,
      ]),
    ];
  });
  return csvOf(columns, lines);
}

export function comparisonCsv(points: readonly AccuracyPoint[], metric: Metric): string {
  const mean = metric === 'testMeanIoU' ? 'meanTestMeanIoU' : 'meanTestAccuracy';
  return csvOf(
    ['method', 'sparsity', 'runs', mean, 'deviation'],
    points.map(({ method, sparsity, runs, mean, deviation }) => [method, sparsity, runs, mean, deviation]),
  );
}

const EPOCH_COLUMNS: readonly Column[] = [
  { key: 'run', title: 'Run', wide: true },
  { key: 'epoch', title: 'Epoch' },
  { key: 'trainLoss', title: 'Training loss' },
  { key: 'trainAccuracy', title: 'Training accuracy' },
  { key: 'testLoss', title: 'Test loss' },
  { key: 'testAccuracy', title: 'Test accuracy' },
];

/** Columns of the table of epochs; a segmentation has its mean IoU, too. */
export function epochColumns(runs: readonly Shown[]): readonly Column[] {
  const isSegmentation = runs.some(({ summary }) => summary.testMeanIoU !== undefined);
  return isSegmentation ? [...EPOCH_COLUMNS, { key: 'testMeanIoU', title: 'Test mean IoU' }] : EPOCH_COLUMNS;
}

export function epochRows(runs: readonly Shown[]): { readonly [key: string]: string }[] {
  return runs.flatMap(({ summary, metrics }) =>
    metrics.epochs.map((one) => ({
      run: summary.label,
      epoch: String(one.epoch),
      trainLoss: decimal(one.trainLoss),
      trainAccuracy: one.trainAccuracy === undefined ? '' : percent(one.trainAccuracy),
      testLoss: decimal(one.testLoss),
      testAccuracy: one.testAccuracy === undefined ? '' : percent(one.testAccuracy),
      testMeanIoU: one.testMeanIoU === undefined ? '' : percent(one.testMeanIoU),
    })),
  );
}

/** Columns of a table of `metric`: `Test accuracy`. */
export function comparisonColumns(metric: string): readonly Column[] {
  return [
    { key: 'method', title: 'Method', wide: true },
    { key: 'sparsity', title: 'Sparsity' },
    { key: 'runs', title: 'Runs' },
    { key: 'mean', title: `${metric}, mean` },
    { key: 'deviation', title: 'Deviation' },
  ];
}

export function comparisonRows(points: readonly AccuracyPoint[], methods: readonly MethodTitle[]) {
  return points.map(({ method, sparsity, runs, mean, deviation }) => ({
    method: methodTitle(method, methods),
    sparsity: percent(sparsity),
    runs: String(runs),
    mean: percent(mean),
    deviation: runs > 1 ? percent(deviation) : '',
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
