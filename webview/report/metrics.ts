/** What charts and tables of a report show of the trained networks. */
import { METRICS, type MetricDefinition, type MetricName } from '../../server/protocol/catalogue/metrics';
import { element } from '../shared/elements';
import { spread } from '../shared/format';
import { comparedMetrics, type Measured, measuredValue, metricText, splitTitle } from '../shared/metrics';

export type Metric = MetricDefinition & { readonly name: MetricName };

/**
 * The metrics that rows have, what the task is judged by first: a segmentation by its mean IoU, a regression by R². None where
 * nothing was measured: what a network is judged by is not known before.
 */
export function metricsOf(rows: readonly Measured[]): readonly Metric[] {
  return comparedMetrics((name) => rows.some((row) => measuredValue(row, name) !== undefined)).map(
    (name) => METRICS[name],
  );
}

/** `Test accuracy` */
export function testTitle(metric: MetricDefinition): string {
  return splitTitle('test', metric);
}

/** Of a number among others; empty where it was not measured. */
export function measuredText(metric: MetricDefinition, measured: Measured | undefined): string {
  if (!measured) return '';
  const { mean, deviation } = measured;
  return deviation === null
    ? metricText(metric, mean)
    : spread(metricText(metric, mean), metricText(metric, deviation));
}

/** Buttons to choose a metric, of which `chosen` is; nothing where there is one only. */
export function metricChoice(
  metrics: readonly Metric[],
  chosen: Metric | undefined,
  onChoose: (metric: Metric) => void,
) {
  if (metrics.length < 2) return [];
  const buttons = metrics.map((metric) => {
    const properties = { type: 'button', 'aria-pressed': String(metric === chosen) };
    const button = element('button', properties, testTitle(metric));
    button.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      onChoose(metric);
    });
    return button;
  });
  return [element('div', { class: 'choices', role: 'group', 'aria-label': 'Metric of the chart' }, ...buttons)];
}
