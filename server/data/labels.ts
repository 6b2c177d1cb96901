/** Checks of class numbers. */
import type { LabelValues } from '../protocol/data';
import { UserError } from '../protocol/errors';

/** One more than the highest label. */
export function countClasses(labels: LabelValues): number {
  let highest = -1;
  for (const label of labels) if (label > highest) highest = label;
  return highest + 1;
}

/**
 * Throws a UserError naming `where` and the example unless all labels are in 0 … classes-1. `each` is the number of labels
 * that an example has; `ignored` ones are no classes.
 */
export function checkLabels(
  labels: LabelValues,
  classes: number,
  where: string,
  each = 1,
  ignored: readonly number[] = [],
): void {
  const wrong = labels.findIndex((label) => (label < 0 || label >= classes) && !ignored.includes(label));
  if (wrong >= 0) {
    const example = Math.floor(wrong / each);
    throw new UserError(
      `${where}: example ${example} has label ${labels[wrong]}, which is not in 0 to ${classes - 1}.`,
    );
  }
}

/** Throws a UserError unless there are as many labels as examples, and at least one. */
export function checkCounts(examples: number, labels: number, examplesWhere: string, labelsWhere: string): void {
  if (examples !== labels) {
    throw new UserError(`${examplesWhere} holds ${examples} examples, but ${labelsWhere} holds ${labels} labels.`);
  }
  if (examples === 0) throw new UserError(`${examplesWhere} holds no examples.`);
}
