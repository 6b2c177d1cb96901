/** Which metric a search keeps. */
import type { Network } from '../models/types';
import { measuredMetrics } from '../objectives/measured';
import { ALL_METRICS, type MetricDefinition, searchMetrics } from '../protocol/catalogue/metrics';
import type { Dataset } from '../protocol/data';
import { usageError } from '../protocol/errors';
import type { SearchFlags, SearchMetric } from './types';

/**
 * The metric of the flags, or the one that leads in the network's objective.
 *
 * @throws a usage error where the network's objective does not measure it.
 */
export function metricFor(
  network: Network,
  { metric }: Pick<SearchFlags, 'metric'>,
  metrics: readonly MetricDefinition[] = ALL_METRICS,
): SearchMetric {
  const { name, task } = network;
  const measured = measuredMetrics(network, metrics);
  const wanted = metric ?? measured[0].option;
  if (measured.some(({ option }) => option === wanted)) return wanted;
  const purpose = findMetric(wanted, metrics).task;
  throw usageError(
    purpose === undefined
      ? `The metric ${wanted} is not measured of ${name}, which is for ${task}.`
      : `The metric ${wanted} is for ${purpose}, but ${name} is for ${task}.`,
    `Use --metric ${measured.map(({ option }) => option).join(' or ')}.`,
  );
}

/** @throws a usage error where the test labels leave the metric without a value. */
export function checkMeasured({ objective, labels }: Network, metric: SearchMetric, dataset: Dataset): void {
  const { name, title } = findMetric(metric);
  const unmeasured = objective.unmeasured?.(dataset.test.labels, labels).find((one) => one.metric === name);
  if (!unmeasured) return;
  const others = objective.metrics(labels).filter((other) => other !== name);
  const options = ALL_METRICS.filter((one) => others.includes(one.name)).map(({ option }) => option);
  throw usageError(
    `A search cannot keep the ${title}: ${unmeasured.reason} in ${dataset.name}.`,
    `Use --metric ${options.join(' or ')}.`,
  );
}

/** @throws a usage error where there is no such metric. */
export function findMetric(option: SearchMetric, metrics: readonly MetricDefinition[] = ALL_METRICS): MetricDefinition {
  const found = metrics.find((metric) => metric.option === option);
  if (!found) throw usageError(`There is no metric '${option}'; known are ${searchMetrics(metrics).join(', ')}.`);
  return found;
}

/** Whether a value is no worse than the dense network's by more than the tolerance. */
export function keepsMetric(value: number, dense: number, tolerance: number, { direction }: MetricDefinition): boolean {
  return direction === 'higher' ? value >= dense - tolerance : value <= dense + tolerance;
}
