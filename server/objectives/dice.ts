import type { Builder } from '../graph/builder';
import { mean, scale, softmax } from '../graph/compose';
import type { Node } from '../graph/types';
import { classObjective } from './classObjective';

/** Pixels added to both sides of the Dice fraction, so that a class that is neither there nor predicted counts as found. */
const DICE_SMOOTHING = 1;

const PIXEL_AXES = [1, 2];

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

export const dice = classObjective({
  name: 'dice',
  title: 'Dice loss',
  losses: softDice,
  isForPixels: true,
});
