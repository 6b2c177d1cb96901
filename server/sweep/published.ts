/** Numbers that papers have published, as data: percentages as they were printed, with their sources. */
import type { PublishedCurve, PublishedSteps, PublishedTimes } from '../protocol/sweep';
import published from './published.json';

/** Name of a model or data set without what is written differently: `ResNet-20` and `resnet_20` are the same. */
function normalized(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** What is asked for: all that fits, nothing, or the tables named. */
export type PublishedChoice = boolean | readonly string[];

/** Names of the tables of accuracies, for a sweep's `published`. */
export const publishedIds: readonly string[] = published.accuracies.map(({ id }) => id);

interface Subject {
  readonly model: string;
  readonly data: string;
}

/** Whether the paper's table is about this model and data set. */
function isAbout(table: Subject, { model, data }: Subject): boolean {
  return normalized(table.model) === normalized(model) && normalized(table.data) === normalized(data);
}

const fraction = (percentage: number) => Number((percentage / 100).toFixed(6));

/** Accuracies over sparsity that were published for a model on a data set. */
export function publishedCurves(subject: Subject, choice: PublishedChoice): PublishedCurve[] {
  if (choice === false) return [];
  const tables = published.accuracies.filter(
    (table) => isAbout(table, subject) && (choice === true || choice.includes(table.id)),
  );
  return tables.flatMap(({ id, source, sparsities, curves, ...rest }) =>
    curves.map(({ title, means, ...curve }, index) => ({
      id: `${id}-${index}`,
      title,
      ...('method' in curve && curve.method !== undefined && { method: curve.method }),
      source: 'note' in rest && rest.note !== undefined ? `${source} (${rest.note})` : source,
      points: means.flatMap((mean, i) => {
        if (mean === null) return [];
        const deviation = 'deviations' in curve ? (curve.deviations?.[i] ?? null) : null;
        return [
          {
            sparsity: fraction(sparsities[i]),
            mean: fraction(mean),
            deviation: deviation === null ? null : fraction(deviation),
          },
        ];
      }),
    })),
  );
}

/** Accuracies over the number of meta steps that were published for a model on a data set. */
export function publishedSteps(subject: Subject, choice: PublishedChoice): PublishedSteps[] {
  if (choice !== true) return [];
  return published.metaSteps
    .filter((table) => isAbout(table, subject))
    .map(({ source, sparsity, steps, means, deviations }) => ({
      source,
      sparsity: fraction(sparsity),
      points: steps.map((step, i) => ({
        steps: step,
        mean: fraction(means[i]),
        deviation: fraction(deviations[i]),
      })),
    }));
}

/** Times of training that were published for a model on a data set. */
export function publishedTimes(subject: Subject, choice: PublishedChoice): PublishedTimes[] {
  if (choice !== true) return [];
  return published.wallClock
    .filter((table) => isAbout(table, subject))
    .map(({ source, epochs, sparsities, seconds }) => ({
      source,
      epochs,
      points: sparsities.map((sparsity, i) => ({ sparsity: fraction(sparsity), seconds: seconds[i] })),
    }));
}
