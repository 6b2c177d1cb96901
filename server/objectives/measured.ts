/** What is measured of a model besides its loss. */
import { ALL_METRICS, METRICS, type MetricDefinition } from '../protocol/catalogue/metrics';
import type { Labels, Objective } from './types';

interface Measured {
  readonly objective: Pick<Objective, 'metrics'>;
  readonly labels: Labels;
}

/** The metrics of a model's objective, the leading one first. */
export function measuredMetrics(
  { objective, labels }: Measured,
  metrics: readonly MetricDefinition[] = ALL_METRICS,
): readonly MetricDefinition[] {
  return objective.metrics(labels).map((name) => metrics.find((metric) => metric.name === name)!);
}

/** The metric that runs of a model are judged by: the loss where its objective has no other. */
export function leadingMetric(measured: Measured, metrics?: readonly MetricDefinition[]): MetricDefinition {
  return measuredMetrics(measured, metrics)[0] ?? METRICS.loss;
}
