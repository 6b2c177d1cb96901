/** That a model ends in logits, one for each class. */

import { formatExtents } from '../../../models/failure';
import type { Shape } from '../../../protocol/tensor';
import type { Activation } from './activations';
import type { LayerInstance } from './instances';

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
