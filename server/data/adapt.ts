/** Fitting a data set to a model. */
import type { Dataset } from '../protocol/data';
import { UserError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';

/**
 * Whether examples of `shape` hold the values of the input `wanted` in the order in which it wants them: each axis of the input is
 * one axis of the examples, or several adjacent ones in a row (`[28, 28, 1]` is read as `[784]`); an image without channels has
 * one. As many values are not enough: `[1, 28, 28]` may be an image with its channels first, and of `[784]` nobody knows what it
 * was flattened from.
 */
export function isReadAs(shape: Shape, wanted: Shape): boolean {
  if (sizeOf(shape) !== sizeOf(wanted)) return false;
  if (wanted.length === shape.length + 1 && wanted.length > 2 && wanted[shape.length] === 1) {
    return isReadAs(shape, wanted.slice(0, -1));
  }
  let next = 0;
  for (const [axis, extent] of wanted.entries()) {
    if (next === shape.length) return false;
    let run = shape[next++];
    while (run < extent && next < shape.length) run *= shape[next++];
    if (run !== extent) return false;
    // What is left has one index only, so it adds nothing to the last axis.
    if (axis === wanted.length - 1) return shape.slice(next).every((one) => one === 1);
  }
  return shape.every((one) => one === 1);
}

function hintFor(dataset: Dataset, inputShape: Shape): string {
  if (sizeOf(inputShape) !== sizeOf(dataset.shape)) {
    return "Change the model's input shape, or choose a data set that fits it.";
  }
  return `There are as many values, but nothing says that they are in the same order. Store the examples as [${inputShape.join(', ')}], images as [height, width, channels].`;
}

/**
 * The data set with examples of the model's input shape (without the batch). The values stay in their order, so that
 * `[28, 28, 1]` serves a model that wants `[784]`.
 * @throws UserError that states both shapes where they have another number of values, or another order.
 */
export function adaptToInput(dataset: Dataset, inputShape: Shape): Dataset {
  if (!isReadAs(dataset.shape, inputShape)) {
    throw new UserError(
      `The model takes inputs of shape [${inputShape.join(', ')}], but the examples of ${dataset.name} are [${dataset.shape.join(', ')}].`,
      { hint: hintFor(dataset, inputShape) },
    );
  }
  return inputShape.join() === dataset.shape.join() ? dataset : { ...dataset, shape: inputShape };
}
