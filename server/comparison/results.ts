/** What a comparison has found so far: as JSON, as CSV, and in sum. */
import packageJson from '../../package.json';
import { formatPath } from '../format';
import { type Comparison, DENSE, type RunFailure, type RunOutcome, type SummaryRow } from '../protocol/comparison';
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

/**
 * Mean and standard deviation of the test accuracy, and of a segmentation's mean IoU, over seeds, in the order of the runs;
 * of structured methods the mean share of the time of a step, too.
 */
export function summarize(runs: readonly RunOutcome[]): SummaryRow[] {
  const groups = new Map<string, RunOutcome[]>();
  for (const run of runs) {
    const key = JSON.stringify([run.model, run.method, run.sparsity]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return Array.from(groups.values(), (group) => {
    const { model, method, sparsity } = group[0];
    const accuracies = group.map(({ final }) => final.testAccuracy);
    const ratios = group.flatMap((run) => stepRatio(run) ?? []);
    const overlaps = group.flatMap(({ final }) => final.testMeanIoU ?? []);
    return {
      model,
      method,
      sparsity,
      runs: group.length,
      mean: mean(accuracies),
      deviation: deviation(accuracies),
      ...(ratios.length > 0 && { stepRatio: mean(ratios) }),
      ...(overlaps.length === group.length && { meanIoU: { mean: mean(overlaps), deviation: deviation(overlaps) } }),
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

export const CSV_COLUMNS: readonly CsvColumn[] = [
  ['model', ({ model }) => model],
  ['method', ({ method }) => method],
  ['sparsity', ({ sparsity }) => sparsity],
  ['seed', ({ seed }) => seed],
  ['prunable', ({ pruning }) => pruning.prunable],
  ['kept', ({ pruning }) => pruning.kept],
  ['effective_kept', ({ pruning }) => pruning.effectiveKept],
  ['epochs', ({ final }) => final.epoch],
  ['train_loss', ({ final }) => final.trainLoss],
  ['train_accuracy', ({ final }) => final.trainAccuracy],
  ['test_loss', ({ final }) => final.testLoss],
  ['test_accuracy', ({ final }) => final.testAccuracy],
  ['scoring_seconds', ({ pruning }) => pruning.seconds.toFixed(3)],
  ['training_seconds', ({ seconds }) => seconds.toFixed(3)],
  ['epochs_before_pruning', ({ pruning }) => pruning.trainedBefore?.epochs ?? 0],
];

function quote(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A column of a table of runs: its title, and the run's value. */
export type CsvColumn = readonly [title: string, value: (run: RunOutcome) => string | number];

/** A column of its own where runs are segmentations. */
const MEAN_IOU: CsvColumn = ['test_mean_iou', ({ final }) => final.testMeanIoU ?? ''];

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

/** One line a run (RFC 4180, with \n). */
export function formatCsv(runs: readonly RunOutcome[], columns: readonly CsvColumn[] = CSV_COLUMNS): string {
  const shown = [
    ...columns,
    ...(runs.some(({ pruning }) => pruning.shrunk !== undefined) ? SHRUNK : []),
    ...(runs.some(({ final }) => final.testMeanIoU !== undefined) ? [MEAN_IOU] : []),
  ];
  const lines = runs.map((run) => shown.map(([, value]) => quote(value(run))).join(','));
  return `${[shown.map(([name]) => name).join(','), ...lines].join('\n')}\n`;
}
