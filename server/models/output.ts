/** What a model's output means: which task it is for, and that it is made of logits. */
import type { Shape } from '../protocol/tensor';
import type { Activation } from './activations';
import { formatExtents } from './failure';
import type { LayerInstance } from './instances';
import type { Network } from './types';

/**
 * Task, shape of the labels and number of classes of a model whose logits have `shape` (with the batch): [n, classes] is a
 * classification, [n, h, w, classes] a segmentation. Any other is a UserError at the layer that makes it, and so is an
 * image of one pixel: a classifier whose last axes were forgotten.
 */
export function readOutput({ fail }: LayerInstance, shape: Shape): Pick<Network, 'task' | 'labelShape' | 'classes'> {
  const labelShape = shape.slice(1, -1);
  const classes = shape[shape.length - 1];
  if ((shape.length !== 2 && shape.length !== 4) || (shape.length === 4 && shape[1] * shape[2] === 1)) {
    return fail(
      `the model's output has the shape ${formatExtents(shape.slice(1))} for each example, neither [classes] nor [height, width, classes].`,
      'End the model with one value a class, for example with a dense layer after flatten, or with a 1x1 convolution for one value a class and pixel.',
    );
  }
  const isClassifier = shape.length === 2;
  if (classes < 2) {
    return isClassifier
      ? fail("the model's output is a single value; a classifier needs at least two classes.")
      : fail(
          "the model's output has a single value for each pixel; a segmentation needs at least two classes.",
          'Give background and foreground a channel each, with softmax or no activation.',
        );
  }
  return { task: isClassifier ? 'classification' : 'segmentation', labelShape, classes };
}

/**
 * What ends the model must leave logits: a softmax over the classes, which is left out, or nothing. `shape` is the output
 * of the layer with that activation, `logits` what layers that only reshape make of it.
 */
export function checkLast(
  { fail }: LayerInstance,
  activation: Activation | undefined,
  shape: Shape,
  logits: Shape,
): void {
  if (activation?.kind === 'other') {
    fail(
      `the model ends in ${activation.name}, but PruneLens trains with the softmax cross-entropy of the output.`,
      'Use softmax or no activation at the end of the model.',
    );
  }
  if (activation?.axis === undefined) return;
  // The values keep their order, so the softmax is over the classes where its groups are runs of as many values. One over
  // anything else would be lost when it is left out.
  const axis = activation.axis < 0 ? activation.axis + shape.length : activation.axis;
  const isRun = shape.slice(axis + 1).every((extent) => extent === 1);
  if (!isRun || shape[axis] !== logits[logits.length - 1]) {
    fail(
      `the softmax at the end of the model must be over all classes, not over one axis of ${formatExtents(shape.slice(1))}.`,
    );
  }
}
