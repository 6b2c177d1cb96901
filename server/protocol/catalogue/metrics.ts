/** Every metric that a run can tell, once: command, pages, search and sweeps go over this list. */

export interface MetricDefinition {
  /** Key in results, in camelCase without the split: `accuracy` is `testAccuracy` and `trainAccuracy` of an epoch. */
  readonly name: string;
  /** As shown to people, in lower case where a sentence can hold it: `accuracy`, `mean IoU`, `loss`. */
  readonly title: string;
  /** Which way is better. */
  readonly direction: 'higher' | 'lower';
  /** `percent` for fractions shown as percentages, `number` for plain values. */
  readonly format: 'percent' | 'number';
}

export const METRICS = {
  loss: { name: 'loss', title: 'loss', direction: 'lower', format: 'number' },
  accuracy: { name: 'accuracy', title: 'accuracy', direction: 'higher', format: 'percent' },
  meanIoU: { name: 'meanIoU', title: 'mean IoU', direction: 'higher', format: 'percent' },
} as const satisfies { readonly [name: string]: MetricDefinition };

export type MetricName = keyof typeof METRICS;

/** Values by metric, of one split at one time. */
export type MetricValues = { readonly [Name in MetricName]?: number };
