/** What a model's output means: which task it is for. */
import type { Shape } from '../protocol/tensor';
import { type Fail, formatExtents } from './failure';
import type { Network } from './types';

/**
 * Task, shape of the labels and number of classes of a model whose logits have `shape` (with the batch): [n, classes] is a
 * classification, [n, h, w, classes] a segmentation. Any other ends in `fail`, which is that of the layer that makes it, and so does an
 * image of one pixel: a classifier whose last axes were forgotten.
 */
export function readOutput(fail: Fail, shape: Shape): Pick<Network, 'task' | 'labelShape' | 'classes'> {
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
