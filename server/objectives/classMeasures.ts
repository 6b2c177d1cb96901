/** What is measured of classes: of one for each example, or of one for each of its pixels. */
import type { Builder } from '../graph/builder';
import { correctCount, scale } from '../graph/compose';
import type { Node } from '../graph/types';
import { METRICS } from '../protocol/catalogue/metrics';
import { sizeOf } from '../protocol/tensor';
import { meanIntersectionOverUnion, pixelAccuracy } from './confusion';
import type { Labels, Measure, Predicted, StepMetric, Totals } from './types';

const isPixelwise = ({ shape }: Labels) => shape.length > 0;

/** Examples classified correctly; in a segmentation, the sum of the fractions of their pixels. */
export const stepAccuracy: StepMetric = {
  name: 'accuracy',
  sum: (b, { logits, y, labels }) => scale(b, correctCount(b, logits, y), 1 / sizeOf(labels.shape)),
};

/** The first five of so many classes say nothing that the accuracy does not. */
const FEW_CLASSES = 5;

const hasTopFive = (labels: Labels) => !isPixelwise(labels) && labels.classes > FEW_CLASSES;

export function classMetrics(labels: Labels): readonly string[] {
  if (isPixelwise(labels)) return [METRICS.meanIoU.name, METRICS.accuracy.name];
  return [METRICS.accuracy.name, ...(hasTopFive(labels) ? [METRICS.topFive.name] : [])];
}

/** 1 for each example whose class is among the five of the highest logits, [n]: fewer than five others are higher. */
function inTopFive(b: Builder, { logits, y, labels }: Predicted): Node {
  const own = b.reduceSum(b.multiply(b.oneHot(y, labels.classes), logits), [1], true);
  const higher = b.reduceSum(b.greater(logits, own), [1]);
  return b.greater(b.constant(FEW_CLASSES), higher);
}

/**
 * Of a classification `sums` [2 or 3]: the loss, 1 for each correct example, and of many classes 1 for each in the top five. Of a segmentation `losses` [n], and `confusion`
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
    const topFive = hasTopFive(labels)
      ? [b.reduceSum(b.multiply(exampleWeights, inTopFive(b, { logits, y, labels })))]
      : [];
    const sums = [loss, correct, ...topFive].map((sum) => b.reshape(sum, [1]));
    return { sums: { node: b.concat(sums, 0), per: 'batch' } };
  }
  const [batch, height, width, classes] = logits.shape;
  const rows = [batch, height * width, classes];
  const predicted = b.oneHot(b.argMax(logits, 3), classes);
  // One matrix an example: float32 counts exactly up to 2^24, which is an image of 4096x4096 pixels.
  const confusion = b.matmul(b.reshape(targets, rows), b.reshape(predicted, rows), { transposeA: true });
  return { losses: { node: losses, per: 'example' }, confusion: { node: confusion, per: 'example' } };
}

/** Loss, accuracy, of many classes the top-5 accuracy, and of a segmentation the mean IoU out of the sums of {@link classMeasures}. */
export function finishClasses({ sums, losses, confusion }: Totals, size: number, labels: Labels) {
  if (!isPixelwise(labels)) {
    const topFive = hasTopFive(labels) && { topFive: sums[2] / size };
    return { loss: sums[0] / size, accuracy: sums[1] / size, ...topFive };
  }
  const { classes } = labels;
  return {
    loss: losses[0] / size,
    accuracy: pixelAccuracy(confusion, classes),
    meanIoU: meanIntersectionOverUnion(confusion, classes),
  };
}
