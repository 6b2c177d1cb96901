/** Labels named by where they come from, for messages about data that does not fit. */
import type { LabelValues } from '../protocol/data';
import type { LabelledData } from './types';

/**
 * The first label for which `isWrong` holds, in parentheses behind a sentence: ` (0.5 in prices.npz, array 'train_y', row 3)`. Empty
 * where there is none, or where the data does not know its places.
 */
export function namedLabel(
  { train, test, classNames }: LabelledData,
  isWrong: (label: number, index: number, labels: LabelValues) => boolean,
): string {
  for (const split of [train, test]) {
    const index = split?.labels.findIndex((label, i) => isWrong(label, i, split.labels)) ?? -1;
    if (index < 0 || !split?.labelPlace) continue;
    const label = split.labels[index];
    const isClass = !(split.labels instanceof Float32Array);
    const shown = isClass && classNames ? JSON.stringify(classNames[label]) : label;
    return ` (${shown} in ${split.labelPlace(index)})`;
  }
  return '';
}
