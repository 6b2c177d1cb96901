/** What is measured of classes: of one for each example, or of one for each of its pixels. */
import type { Builder } from '../graph/builder';
import { correctCount, scale } from '../graph/compose';
import type { Node } from '../graph/types';
import { sizeOf } from '../protocol/tensor';
import { meanIntersectionOverUnion, pixelAccuracy } from './confusion';
import type { Labels, Measure, Predicted, StepMetric, Totals } from './types';

const isPixelwise = ({ shape }: Labels) => shape.length > 0;

/** Examples classified correctly; in a segmentation, the sum of the fractions of their pixels. */
export const stepAccuracy: StepMetric = {
  name: 'accuracy',
  sum: (b, { logits, y, labels }) => scale(b, correctCount(b, logits, y), 1 / sizeOf(labels.shape)),
};

export function classMetrics(labels: Labels): readonly string[] {
  return isPixelwise(labels) ? ['meanIoU', 'accuracy'] : ['accuracy'];
}

/**
 * Of a classification `sums` [2]: the loss and 1 for each correct example. Of a segmentation `losses` [n], and `confusion`
 * [n, classes, classes]: of each example, the pixels of every true class (rows) predicted as every class (columns).
 */
export function classMeasures(
  b: Builder,
  { logits, y, labels, exampleWeights }: Predicted & { readonly exampleWeights: Node },
  targets: Node,
  losses: Node,
): { readonly [name: string]: Measure } {
  if (!isPixelwise(labels)) {
    const loss = b.reduceSum(b.multiply(exampleWeights, losses));
    const correct = b.reduceSum(b.multiply(exampleWeights, b.equal(b.argMax(logits, 1), y)));
    return { sums: { node: b.concat([b.reshape(loss, [1]), b.reshape(correct, [1])], 0), per: 'batch' } };
  }
  const [batch, height, width, classes] = logits.shape;
  const rows = [batch, height * width, classes];
  const predicted = b.oneHot(b.argMax(logits, 3), classes);
  // One matrix an example: float32 counts exactly up to 2^24, which is an image of 4096x4096 pixels.
  const confusion = b.matmul(b.reshape(targets, rows), b.reshape(predicted, rows), { transposeA: true });
  return { losses: { node: losses, per: 'example' }, confusion: { node: confusion, per: 'example' } };
}

/** Loss, accuracy and, of a segmentation, mean IoU out of the sums of {@link classMeasures}. */
export function finishClasses({ sums, losses, confusion }: Totals, size: number, labels: Labels) {
  if (!isPixelwise(labels)) return { loss: sums[0] / size, accuracy: sums[1] / size };
  const { classes } = labels;
  return {
    loss: losses[0] / size,
    accuracy: pixelAccuracy(confusion, classes),
    meanIoU: meanIntersectionOverUnion(confusion, classes),
  };
}
