/** Every metric that a run can tell, once: command, pages, search and sweeps go over this list. */

export interface MetricDefinition {
  /** Key in results, in camelCase without the split: `accuracy` is `testAccuracy` and `trainAccuracy` of an epoch. */
  readonly name: string;
  /** Name in options, as in `--metric mean-iou`, and with underscores in the columns of CSV files. */
  readonly option: string;
  /** As shown to people, in lower case where a sentence can hold it: `accuracy`, `mean IoU`, `loss`. */
  readonly title: string;
  /** Which way is better. */
  readonly direction: 'higher' | 'lower';
  /** `percent` for fractions shown as percentages, `number` for plain values. */
  readonly format: 'percent' | 'number';
  /** What models are for that have it, where it is for those alone. */
  readonly task?: string;
  /** Whether runs that have it are judged by it, and not by their accuracy. */
  readonly leads?: true;
  /** The format in the text of the command, where it differs. */
  readonly commandFormat?: 'percent' | 'number';
}

export const METRICS = {
  loss: { name: 'loss', option: 'loss', title: 'loss', direction: 'lower', format: 'number' },
  accuracy: { name: 'accuracy', option: 'accuracy', title: 'accuracy', direction: 'higher', format: 'percent' },
  meanIoU: {
    name: 'meanIoU',
    option: 'mean-iou',
    title: 'mean IoU',
    direction: 'higher',
    format: 'percent',
    task: 'segmentation',
    leads: true,
    commandFormat: 'number',
  },
  balancedAccuracy: {
    name: 'balancedAccuracy',
    option: 'balanced-accuracy',
    title: 'balanced accuracy',
    direction: 'higher',
    format: 'percent',
  },
  f1: { name: 'f1', option: 'f1', title: 'F1', direction: 'higher', format: 'percent', commandFormat: 'number' },
  topFive: {
    name: 'topFive',
    option: 'top-5',
    title: 'top-5 accuracy',
    direction: 'higher',
    format: 'percent',
    task: 'classification',
  },
  r2: {
    name: 'r2',
    option: 'r2',
    title: 'R²',
    direction: 'higher',
    format: 'number',
    task: 'regression',
  },
  meanAbsoluteError: {
    name: 'meanAbsoluteError',
    option: 'mean-absolute-error',
    title: 'mean absolute error',
    direction: 'lower',
    format: 'number',
    task: 'regression',
  },
  perplexity: {
    name: 'perplexity',
    option: 'perplexity',
    title: 'perplexity',
    direction: 'lower',
    format: 'number',
    task: 'token-classification',
    leads: true,
  },
} as const satisfies { readonly [name: string]: MetricDefinition };

export type MetricName = keyof typeof METRICS;

/** In the order they are shown. */
export const ALL_METRICS: readonly MetricDefinition[] = Object.values(METRICS);

/** The same with what runs are judged by first, and the loss, which all have, last. */
export function byImportance<Metric extends MetricDefinition>(metrics: readonly Metric[]): readonly Metric[] {
  const place = ({ name, leads }: MetricDefinition) => (leads ? 0 : name === METRICS.loss.name ? 2 : 1);
  return [...metrics].sort((a, b) => place(a) - place(b));
}

/** Option names of what a search can keep. */
export function searchMetrics(metrics: readonly MetricDefinition[] = ALL_METRICS): readonly string[] {
  return metrics.map(({ option }) => option).filter((option) => option !== METRICS.loss.option);
}

/** Values by metric, of one split at one time. */
export type MetricValues = { readonly [Name in MetricName]?: number } & { readonly [name: string]: number | undefined };
