import type { Builder } from '../graph/builder';
import { logSoftmax, scale, softmaxCrossEntropy } from '../graph/compose';
import type { Node } from '../graph/types';
import { sizeOf } from '../protocol/tensor';
import { classObjective } from './classObjective';

/** Softmax cross-entropy of each example, [n]: of logits [n, classes], or the mean over the pixels of [n, h, w, classes]. */
export function crossEntropies(b: Builder, logits: Node, targets: Node): Node {
  const axes = logits.shape.map((_, axis) => axis).slice(1);
  const sums = b.reduceSum(b.multiply(targets, logSoftmax(b, logits)), axes);
  return scale(b, sums, -1 / sizeOf(logits.shape.slice(1, -1)));
}

export const crossEntropy = classObjective({
  name: 'cross-entropy',
  title: 'softmax cross-entropy',
  losses: crossEntropies,
  batchLoss: softmaxCrossEntropy,
});
