/** What a comparison has found so far: as JSON, as CSV, and in sum. */

import packageJson from '../../package.json';
import { formatPath } from '../format';
import { ALL_METRICS, METRICS, type MetricDefinition } from '../protocol/catalogue/metrics';
import { type Comparison, DENSE, type RunFailure, type RunOutcome, type SummaryRow } from '../protocol/comparison';
import { csvCell } from '../protocol/escape';
import {
  type Measured,
  type MetricSplit,
  type MetricSpreads,
  metricOf,
  SPLITS,
  type Spread,
  spreadsRow,
} from '../protocol/metricKeys';
import type { PredictorEvaluation } from '../protocol/survival';
import { methodTitle } from '../request/comparedMethods';
import type { ComparedNetwork } from './model';

/** Arithmetic mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation with n - 1 in the denominator; null of fewer than two values. */
function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}

/** Time of the smaller network's training step as a share of the dense network's; undefined where no channels were removed. */
export function stepRatio({ pruning: { shrunk } }: Pick<RunOutcome, 'pruning'>): number | undefined {
  return shrunk && shrunk.step.seconds / shrunk.step.denseSeconds;
}

/** The row of runs that have no metric but the loss. */
function lossRow(runs: readonly RunOutcome[]): MetricSpreads {
  const losses = runs.map(({ final }) => final.testLoss);
  return { mean: mean(losses), deviation: deviation(losses), metric: METRICS.loss.name };
}

/** Spreads of the test data's metrics but the loss: of those that all the runs have. */
function spreadsOf(runs: readonly RunOutcome[], metrics: readonly MetricDefinition[]): readonly Measured<Spread>[] {
  return metrics.flatMap((metric) => {
    if (metric.name === METRICS.loss.name) return [];
    const values = runs.flatMap(({ final }) => metricOf(final, 'test', metric.name) ?? []);
    if (values.length < runs.length) return [];
    return [{ metric, value: { mean: mean(values), deviation: deviation(values) } }];
  });
}

/**
 * Mean and standard deviation of what was measured on the test data over seeds, in the order of the runs; of structured
 * methods the mean share of the time of a step, too.
 */
export function summarize(
  runs: readonly RunOutcome[],
  metrics: readonly MetricDefinition[] = ALL_METRICS,
): SummaryRow[] {
  const groups = new Map<string, RunOutcome[]>();
  for (const run of runs) {
    const key = JSON.stringify([run.model, run.method, run.sparsity]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return Array.from(groups.values(), (group) => {
    const { model, method, sparsity } = group[0];
    const ratios = group.flatMap((run) => stepRatio(run) ?? []);
    const ious = group.flatMap(({ pruning }) => pruning.stability?.weights.maskIou ?? []);
    return {
      model,
      method,
      sparsity,
      runs: group.length,
      // Of no metric but the loss, what is compared is that.
      ...(spreadsRow(spreadsOf(group, metrics)) ?? lossRow(group)),
      ...(ious.length > 0 && { stability: mean(ious) }),
      ...(ratios.length > 0 && { stepRatio: mean(ratios) }),
    };
  });
}

export interface ComparisonParts {
  readonly backend: string;
  readonly device: string;
  readonly planned: number;
  readonly models: readonly ComparedNetwork[];
  readonly methods: readonly string[];
  readonly runs: readonly RunOutcome[];
  readonly failures: readonly RunFailure[];
  readonly predictor?: PredictorEvaluation;
}

export function createComparison({ models, methods, runs, ...rest }: ComparisonParts): Comparison {
  return {
    format: 'prunelens-comparison-1',
    version: packageJson.version,
    ...rest,
    models: models.map(({ label, model, data, settings }) => ({
      label,
      file: formatPath(model.network.file),
      data,
      settings,
    })),
    methods: [
      ...(runs.some(({ method }) => method === DENSE) ? [{ name: DENSE, title: 'Dense' }] : []),
      ...methods.map((name) => ({ name, title: methodTitle(name) })),
    ],
    runs,
    summary: summarize(runs),
  };
}

/** The column of a metric, empty of runs that do not have it: `test_mean_iou`. */
function metricColumn(split: MetricSplit, { name, option }: MetricDefinition): CsvColumn {
  return [`${split}_${option.replaceAll('-', '_')}`, ({ final }) => metricOf(final, split, name) ?? ''];
}

const TRAIN_ACCURACY = metricColumn('train', METRICS.accuracy);
const TEST_ACCURACY = metricColumn('test', METRICS.accuracy);

export const CSV_COLUMNS: readonly CsvColumn[] = [
  ['model', ({ model }) => model],
  ['method', ({ method }) => method],
  ['sparsity', ({ sparsity }) => sparsity],
  ['seed', ({ seed }) => seed],
  ['prunable', ({ pruning }) => pruning.prunable],
  ['kept', ({ pruning }) => pruning.kept],
  ['effective_kept', ({ pruning }) => pruning.effectiveKept],
  ['epochs', ({ final }) => final.epoch],
  metricColumn('train', METRICS.loss),
  TRAIN_ACCURACY,
  metricColumn('test', METRICS.loss),
  TEST_ACCURACY,
  ['scoring_seconds', ({ pruning }) => pruning.seconds.toFixed(3)],
  ['training_seconds', ({ seconds }) => seconds.toFixed(3)],
  ['epochs_before_pruning', ({ pruning }) => pruning.trainedBefore?.epochs ?? 0],
];

/** A column of a table of runs: its title, and the run's value. */
export type CsvColumn = readonly [title: string, value: (run: RunOutcome) => string | number];

/** The metrics that have columns of their own, behind all others, where there are runs with them. */
function otherMetrics(metrics: readonly MetricDefinition[]): readonly CsvColumn[] {
  const others = metrics.filter(({ name }) => name !== METRICS.loss.name && name !== METRICS.accuracy.name);
  return others.flatMap((metric) => SPLITS.map((split) => metricColumn(split, metric)));
}

/** Columns of their own where channels were removed. */
const SHRUNK: readonly CsvColumn[] = [
  ['channels', ({ pruning }) => pruning.shrunk?.channels ?? ''],
  ['kept_channels', ({ pruning }) => pruning.shrunk?.keptChannels ?? ''],
  ['parameters', ({ pruning }) => pruning.shrunk?.parameters ?? ''],
  ['macs', ({ pruning }) => pruning.shrunk?.macs ?? ''],
  ['dense_step_seconds', ({ pruning }) => pruning.shrunk?.step.denseSeconds.toFixed(5) ?? ''],
  ['step_seconds', ({ pruning }) => pruning.shrunk?.step.seconds.toFixed(5) ?? ''],
  ['step_time_ratio', (run) => stepRatio(run)?.toFixed(4) ?? ''],
];

/** Columns of their own where costs are known, and where masks change. */
const COSTS: readonly CsvColumn[] = [
  ['inference_macs', ({ pruning }) => pruning.cost?.inference ?? ''],
  ['training_macs', ({ pruning }) => pruning.cost?.training ?? ''],
  ['dense_training_macs', ({ pruning }) => pruning.cost?.denseTraining ?? ''],
  ['mask_updates', ({ pruning }) => pruning.changes?.updates.length ?? ''],
  ['grown_weights', ({ pruning }) => pruning.changes?.updates.reduce((sum, { grown }) => sum + grown, 0) ?? ''],
];

/** Columns of their own where stability was measured. */
const STABILITY: readonly CsvColumn[] = [
  ['stability_mask_iou', ({ pruning }) => pruning.stability?.weights.maskIou.toFixed(6) ?? ''],
  ['stability_chance_iou', ({ pruning }) => pruning.stability?.weights.chanceIou.toFixed(6) ?? ''],
  ['stability_rank_correlation', ({ pruning }) => pruning.stability?.weights.rankCorrelation.toFixed(6) ?? ''],
  ['stability_batches_mask_iou', ({ pruning }) => pruning.stability?.batches?.maskIou.toFixed(6) ?? ''],
];

/** One line a run (RFC 4180, with \n). */
export function formatCsv(
  runs: readonly RunOutcome[],
  columns: readonly CsvColumn[] = CSV_COLUMNS,
  metrics: readonly MetricDefinition[] = ALL_METRICS,
): string {
  const isThere = ([, value]: CsvColumn) => runs.some((run) => value(run) !== '');
  const isAccuracy = (column: CsvColumn) => column === TRAIN_ACCURACY || column === TEST_ACCURACY;
  const shown = [
    ...columns.filter((column) => runs.length === 0 || !isAccuracy(column) || isThere(column)),
    ...COSTS.filter(isThere),
    ...(runs.some(({ pruning }) => pruning.shrunk !== undefined) ? SHRUNK : []),
    ...(runs.some(({ pruning }) => pruning.stability !== undefined) ? STABILITY : []),
    ...otherMetrics(metrics).filter(isThere),
  ];
  const lines = runs.map((run) => shown.map(([, value]) => csvCell(value(run))).join(','));
  return `${[shown.map(([name]) => csvCell(name)).join(','), ...lines].join('\n')}\n`;
}
