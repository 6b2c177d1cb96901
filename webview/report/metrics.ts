/** What charts and tables of a report show of the trained networks. */
import type { SummaryRow } from '../../server/protocol/comparison';
import { element } from '../shared/elements';

/** Fractions: over the seeds the mean, and the standard deviation where there are several. */
export interface Measured {
  readonly mean: number;
  readonly deviation: number | null;
}

type Measurable = Measured & Pick<SummaryRow, 'meanIoU'>;

export interface Metric {
  /** Within a sentence. */
  readonly name: string;
  /** Of an axis or a table. */
  readonly title: string;
  /** Undefined where it was not measured. */
  of(row: Measurable): Measured | undefined;
}

export const ACCURACY: Metric = { name: 'accuracy', title: 'Test accuracy', of: (row) => row };
const MEAN_IOU: Metric = { name: 'mean IoU', title: 'Test mean IoU', of: ({ meanIoU }) => meanIoU };

/** The metrics that rows have, what the task is judged by first: a segmentation has its mean IoU, too. */
export function metricsOf(rows: readonly Measurable[]): readonly Metric[] {
  return rows.some(({ meanIoU }) => meanIoU !== undefined) ? [MEAN_IOU, ACCURACY] : [ACCURACY];
}

/** Buttons to choose a metric, of which `chosen` is; nothing where there is one only. */
export function metricChoice(metrics: readonly Metric[], chosen: Metric, onChoose: (metric: Metric) => void) {
  if (metrics.length === 1) return [];
  const buttons = metrics.map((metric) => {
    const button = element('button', { type: 'button', 'aria-pressed': String(metric === chosen) }, metric.title);
    button.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      onChoose(metric);
    });
    return button;
  });
  return [element('div', { class: 'choices', role: 'group', 'aria-label': 'Metric of the chart' }, ...buttons)];
}
