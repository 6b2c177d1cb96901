/** What training minimizes, and what is measured of it: losses over batches and over single examples. */
import type { Builder } from '../graph/builder';
import { logSoftmax, mean, scale, softmax, softmaxCrossEntropy } from '../graph/compose';
import type { Node } from '../graph/types';
import { LOSS_OPTIONS } from '../protocol/catalogue/options';
import type { OptionValue } from '../protocol/catalogue/types';

/** `dice` and the sum of both are for segmentation. */
export type LossName = OptionValue<typeof LOSS_OPTIONS.loss>;

export const LOSSES: readonly LossName[] = LOSS_OPTIONS.loss.choices;

/** Pixels added to both sides of the Dice fraction, so that a class that is neither there nor predicted counts as found. */
const DICE_SMOOTHING = 1;

const PIXEL_AXES = [1, 2];

/** Mean over the pixels of each example of the cross-entropy of logits [n, h, w, classes]: [n]. */
function pixelCrossEntropy(b: Builder, logits: Node, targets: Node): Node {
  const [, height, width] = logits.shape;
  const sums = b.reduceSum(b.multiply(targets, logSoftmax(b, logits)), [1, 2, 3]);
  return scale(b, sums, -1 / (height * width));
}

/**
 * Soft Dice loss of each example, [n]: with probabilities p = softmax(logits) and targets t, both [n, h, w, classes],
 * 1 - mean over classes of (2 sum p t + 1) / (sum p + sum t + 1), sums over the pixels of the example.
 */
export function softDice(b: Builder, logits: Node, targets: Node): Node {
  const probabilities = softmax(b, logits);
  const common = b.reduceSum(b.multiply(probabilities, targets), PIXEL_AXES);
  const total = b.add(b.reduceSum(probabilities, PIXEL_AXES), b.reduceSum(targets, PIXEL_AXES));
  const smoothing = b.constant(DICE_SMOOTHING);
  const overlap = b.divide(b.add(scale(b, common, 2), smoothing), b.add(total, smoothing));
  return b.subtract(b.constant(1), mean(b, overlap, [1]));
}

/** Loss of each example of a segmentation, [n], from logits and one-hot targets [n, h, w, classes]. */
export function exampleLosses(b: Builder, logits: Node, targets: Node, loss: LossName): Node {
  switch (loss) {
    case 'cross-entropy':
      return pixelCrossEntropy(b, logits, targets);
    case 'dice':
      return softDice(b, logits, targets);
    case 'cross-entropy+dice':
      return b.add(pixelCrossEntropy(b, logits, targets), softDice(b, logits, targets));
  }
}

/** Mean loss of a batch, a scalar, from logits and one-hot targets [n, classes] or [n, h, w, classes]. */
export function batchLoss(b: Builder, logits: Node, targets: Node, loss: LossName): Node {
  return loss === 'cross-entropy'
    ? softmaxCrossEntropy(b, logits, targets)
    : mean(b, exampleLosses(b, logits, targets, loss));
}
