/** The table of runs that CSV and Parquet have: which columns there are, and the values of a run in them. */
import { ALL_METRICS, METRICS, type MetricDefinition } from '../protocol/catalogue/metrics';
import type { RunOutcome } from '../protocol/comparison';
import { type MetricSplit, metricOf, SPLITS } from '../protocol/metricKeys';
import { stepRatio } from './results';

/** What a column has, the same in every table: text, whole numbers, or any numbers. */
export type ColumnKind = 'text' | 'whole' | 'number';

/** A column: its title, the run's value (numbers may be rounded text; empty where the run has none), and of what kind they are. */
export type Column = readonly [title: string, value: (run: RunOutcome) => string | number, kind: ColumnKind];

/** The column of a metric, empty of runs that do not have it: `test_mean_iou`. */
function metricColumn(split: MetricSplit, { name, option }: MetricDefinition): Column {
  return [`${split}_${option.replaceAll('-', '_')}`, ({ final }) => metricOf(final, split, name) ?? '', 'number'];
}

const TRAIN_ACCURACY = metricColumn('train', METRICS.accuracy);
const TEST_ACCURACY = metricColumn('test', METRICS.accuracy);

export const RUN_COLUMNS: readonly Column[] = [
  ['model', ({ model }) => model, 'text'],
  ['method', ({ method }) => method, 'text'],
  ['sparsity', ({ sparsity }) => sparsity, 'number'],
  ['seed', ({ seed }) => seed, 'whole'],
  ['prunable', ({ pruning }) => pruning.prunable, 'whole'],
  ['kept', ({ pruning }) => pruning.kept, 'whole'],
  ['effective_kept', ({ pruning }) => pruning.effectiveKept, 'whole'],
  ['epochs', ({ final }) => final.epoch, 'whole'],
  metricColumn('train', METRICS.loss),
  TRAIN_ACCURACY,
  metricColumn('test', METRICS.loss),
  TEST_ACCURACY,
  ['scoring_seconds', ({ pruning }) => pruning.seconds.toFixed(3), 'number'],
  ['training_seconds', ({ seconds }) => seconds.toFixed(3), 'number'],
  ['epochs_before_pruning', ({ pruning }) => pruning.trainedBefore?.epochs ?? 0, 'whole'],
];

/** The metrics that have columns of their own, behind all others, where there are runs with them. */
function otherMetrics(metrics: readonly MetricDefinition[]): readonly Column[] {
  const others = metrics.filter(({ name }) => name !== METRICS.loss.name && name !== METRICS.accuracy.name);
  return others.flatMap((metric) => SPLITS.map((split) => metricColumn(split, metric)));
}

/** Columns of their own where channels were removed. */
const SHRUNK: readonly Column[] = [
  ['channels', ({ pruning }) => pruning.shrunk?.channels ?? '', 'whole'],
  ['kept_channels', ({ pruning }) => pruning.shrunk?.keptChannels ?? '', 'whole'],
  ['parameters', ({ pruning }) => pruning.shrunk?.parameters ?? '', 'whole'],
  ['macs', ({ pruning }) => pruning.shrunk?.macs ?? '', 'whole'],
  ['dense_step_seconds', ({ pruning }) => pruning.shrunk?.step.denseSeconds.toFixed(5) ?? '', 'number'],
  ['step_seconds', ({ pruning }) => pruning.shrunk?.step.seconds.toFixed(5) ?? '', 'number'],
  ['step_time_ratio', (run) => stepRatio(run)?.toFixed(4) ?? '', 'number'],
];

/** Columns of their own where costs are known, and where masks change. */
const COSTS: readonly Column[] = [
  ['inference_macs', ({ pruning }) => pruning.cost?.inference ?? '', 'whole'],
  ['training_macs', ({ pruning }) => pruning.cost?.training ?? '', 'whole'],
  ['dense_training_macs', ({ pruning }) => pruning.cost?.denseTraining ?? '', 'whole'],
  ['mask_updates', ({ pruning }) => pruning.changes?.updates.length ?? '', 'whole'],
  [
    'grown_weights',
    ({ pruning }) => pruning.changes?.updates.reduce((sum, { grown }) => sum + grown, 0) ?? '',
    'whole',
  ],
];

/** Columns of their own where stability was measured. */
const STABILITY: readonly Column[] = [
  ['stability_mask_iou', ({ pruning }) => pruning.stability?.weights.maskIou.toFixed(6) ?? '', 'number'],
  ['stability_chance_iou', ({ pruning }) => pruning.stability?.weights.chanceIou.toFixed(6) ?? '', 'number'],
  [
    'stability_rank_correlation',
    ({ pruning }) => pruning.stability?.weights.rankCorrelation.toFixed(6) ?? '',
    'number',
  ],
  ['stability_batches_mask_iou', ({ pruning }) => pruning.stability?.batches?.maskIou.toFixed(6) ?? '', 'number'],
];

/** Those of `columns` that runs are shown with, and behind them what only some have: costs, channels, stability, other metrics. */
export function shownColumns(
  runs: readonly RunOutcome[],
  columns: readonly Column[],
  metrics: readonly MetricDefinition[] = ALL_METRICS,
): readonly Column[] {
  const isThere = ([, value]: Column) => runs.some((run) => value(run) !== '');
  const isAccuracy = (column: Column) => column === TRAIN_ACCURACY || column === TEST_ACCURACY;
  return [
    ...columns.filter((column) => runs.length === 0 || !isAccuracy(column) || isThere(column)),
    ...COSTS.filter(isThere),
    ...(runs.some(({ pruning }) => pruning.shrunk !== undefined) ? SHRUNK : []),
    ...(runs.some(({ pruning }) => pruning.stability !== undefined) ? STABILITY : []),
    ...otherMetrics(metrics).filter(isThere),
  ];
}
