/** Random crops and flips of the examples of a batch: all images of one move together, and with them labels of their pixels. */
import { type Batch, type InputFormat, valuesOf } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { type Augmentation, augment, checkAugmentation } from './augmentation';
import type { IndexedBatch } from './batches';
import { movePixels } from './pixelAugmentation';

/** What an example consists of, as far as augmentation is concerned. */
export interface AugmentedFormat {
  readonly inputs: readonly InputFormat[];
  /** Of one example's labels; [] where it has one. */
  readonly labelShape: Shape;
}

/** Whether values of a part of an example are pixels, which are moved. */
export const isImage = ({ shape, dtype }: InputFormat) => dtype === 'float32' && shape.length === 3;

/** Whether labels are of places, and not of an example as a whole. */
const areOfPlaces = (labelShape: Shape) => labelShape.length > 1;

const haveSamePlaces = ({ shape }: InputFormat, labelShape: Shape) =>
  shape.slice(0, 2).join() === labelShape.slice(0, 2).join();

/**
 * @throws UserError (usage) where an example `of` the data set has no image, padding is as large as one, or labels are of places that are
 *   not those of an image.
 */
export function checkAugmented(
  { inputs, labelShape }: AugmentedFormat,
  augmentation: Augmentation,
  name: string,
): void {
  const images = inputs.filter(isImage);
  if (images.length === 0) {
    const [{ shape, dtype }] = inputs;
    const found =
      inputs.length > 1
        ? 'have no part that is one'
        : dtype === 'int32'
          ? 'are token ids'
          : `have the shape [${shape.join(', ')}]`;
    throw usageError(
      `The augmentation is for images, but the examples of ${name} ${found}.`,
      'Set augmentation.crop to 0 and augmentation.flip to false.',
    );
  }
  for (const { shape } of images) checkAugmentation(shape, augmentation);
  if (!areOfPlaces(labelShape) || images.some((image) => haveSamePlaces(image, labelShape))) return;
  throw usageError(
    `The augmentation moves images, but the labels of ${name} are [${labelShape.join(', ')}] for an example, which are not the pixels of an image.`,
    'Set augmentation.crop to 0 and augmentation.flip to false.',
  );
}

/**
 * The batch with the images of each example moved alike: by `augment`, or where the labels are of the pixels of one of them, all by
 * `augmentPixels`, the labels too. Other inputs and labels stay as they are.
 */
export function augmentBatch(
  batch: IndexedBatch,
  { inputs, labelShape }: AugmentedFormat,
  augmentation: Augmentation,
  chance: { readonly seed: number; readonly epoch: number },
): Batch {
  const { indices, size } = batch;
  const labelled = areOfPlaces(labelShape)
    ? inputs.find((input) => isImage(input) && haveSamePlaces(input, labelShape))
    : undefined;
  const move = labelled ? movePixels : augment;
  const moved = valuesOf(batch).map((values, part) =>
    isImage(inputs[part]) && values instanceof Float32Array
      ? move(values, inputs[part].shape, indices, augmentation, chance)
      : values,
  );
  const [x, ...further] = moved;
  const each = sizeOf(labelShape.slice(2));
  const y = labelled
    ? movePixels(batch.y, [...labelled.shape.slice(0, 2), each], indices, augmentation, chance)
    : batch.y;
  return { x, ...(further.length > 0 && { further }), y, size };
}
