/** Whether a model and a data set are for the same task. */
import type { Dataset } from '../protocol/data';
import { usageError } from '../protocol/errors';
import type { Network } from './types';

/**
 * @throws UserError (usage) where one has a class for an example and the other one for each pixel, or where they have another
 *   number of pixels.
 */
export function checkTask(
  { name, labelShape }: Pick<Network, 'name' | 'labelShape'>,
  dataset: Pick<Dataset, 'name' | 'labelShape'>,
): void {
  const given = dataset.labelShape ?? [];
  if (given.join() === labelShape.join()) return;
  if (given.length === 0) {
    throw usageError(
      `${name} gives a class for each of ${labelShape.join('x')} pixels, but ${dataset.name} has one class for an example.`,
      'Use data with masks (cells, or a folder with images/ and masks/), or end the model with one value a class.',
    );
  }
  if (labelShape.length === 0) {
    throw usageError(
      `${name} gives one class for an example, but ${dataset.name} has one for each of ${given.join('x')} pixels.`,
      'Use data with one class for an example, or end the model with [height, width, classes].',
    );
  }
  throw usageError(
    `${name} gives a class for each of ${labelShape.join('x')} pixels, but the masks of ${dataset.name} are ${given.join('x')}.`,
    'The output of a segmentation model must have the height and width of the masks.',
  );
}
