import type { Builder } from '../graph/builder';
import { logSoftmax, scale, softmaxCrossEntropy } from '../graph/compose';
import type { Node } from '../graph/types';
import { sizeOf } from '../protocol/tensor';
import { classObjective } from './classObjective';
import type { Objective } from './types';

/** Softmax cross-entropy of each example, [n]: of logits [n, classes], or the mean over the pixels of [n, h, w, classes]. */
export function crossEntropies(b: Builder, logits: Node, targets: Node): Node {
  const axes = logits.shape.map((_, axis) => axis).slice(1);
  const sums = b.reduceSum(b.multiply(targets, logSoftmax(b, logits)), axes);
  return scale(b, sums, -1 / sizeOf(logits.shape.slice(1, -1)));
}

/**
 * With label smoothing, the share e of every target is spread over all K classes alike: (1 - e) one-hot + e / K, as in PyTorch and Keras.
 */
function crossEntropyOf(smoothing: number): Objective {
  const smoothed = (b: Builder, targets: Node) => {
    if (smoothing === 0) return targets;
    const classes = targets.shape[targets.shape.length - 1];
    return b.add(scale(b, targets, 1 - smoothing), b.constant(smoothing / classes));
  };
  return classObjective({
    name: 'cross-entropy',
    title: 'softmax cross-entropy',
    losses: (b, logits, targets) => crossEntropies(b, logits, smoothed(b, targets)),
    batchLoss: (b, logits, targets) => softmaxCrossEntropy(b, logits, smoothed(b, targets)),
    configure: { labelSmoothing: crossEntropyOf },
  });
}

export const crossEntropy = crossEntropyOf(0);
