/** Fitting a data set to a model. */
import type { Dataset } from '../protocol/data';
import { UserError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';

/**
 * The data set with examples of the model's input shape (without the batch). The values stay in their order, so that
 * `[28, 28, 1]` serves a model that wants `[784]`. A different number of values is a UserError that states both shapes.
 */
export function adaptToInput(dataset: Dataset, inputShape: Shape): Dataset {
  if (sizeOf(inputShape) !== sizeOf(dataset.shape)) {
    throw new UserError(
      `The model takes inputs of shape [${inputShape.join(', ')}], but the examples of ${dataset.name} are [${dataset.shape.join(', ')}].`,
      { hint: "Change the model's input shape, or choose a data set that fits it." },
    );
  }
  return inputShape.join() === dataset.shape.join() ? dataset : { ...dataset, shape: inputShape };
}
