/** What a comparison has found so far: as JSON, as CSV, and in sum. */

import packageJson from '../../package.json';
import { formatPath } from '../format';
import { ALL_METRICS, METRICS, type MetricDefinition } from '../protocol/catalogue/metrics';
import {
  type Comparison,
  DENSE,
  type RunFailure,
  type RunOutcome,
  type SideBySide,
  type SummaryRow,
} from '../protocol/comparison';
import { type Measured, type MetricSpreads, metricOf, type Spread, spreadsRow } from '../protocol/metricKeys';
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
  readonly sideBySide?: SideBySide;
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
