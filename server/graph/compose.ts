/** Functions composed of graph operations. Their derivatives follow from those of the operations. */
import { type Shape, sizeOf } from '../protocol/tensor';
import type { Builder } from './builder';
import type { Node } from './types';

/** x². */
export function square(b: Builder, x: Node): Node {
  return b.multiply(x, x);
}

/** x times a number. */
export function scale(b: Builder, x: Node, factor: number): Node {
  return b.multiply(x, b.constant(factor));
}

/** Mean over `axes` (all when absent). */
export function mean(b: Builder, x: Node, axes?: readonly number[], keepDims = false): Node {
  const count = (axes ?? x.shape.map((_, i) => i)).reduce((product, axis) => product * x.shape[axis], 1);
  return scale(b, b.reduceSum(x, axes, keepDims), 1 / count);
}

/** Sum over all axes but the last: [..., c] -> [c]. */
export function channelSum(b: Builder, x: Node): Node {
  return b.reduceSum(x, leadingAxes(x.shape));
}

/** Mean over all axes but the last: [..., c] -> [c]. */
export function channelMean(b: Builder, x: Node): Node {
  return mean(b, x, leadingAxes(x.shape));
}

/** Number of values a channel has in x [..., c]. */
export function valuesPerChannel(x: Node): number {
  return sizeOf(x.shape) / x.shape[x.shape.length - 1];
}

function leadingAxes(shape: Shape): number[] {
  return Array.from({ length: shape.length - 1 }, (_, i) => i);
}

/** Sum of x over the axes in which it was broadcast from `shape`, in that shape: the dual of broadcasting. */
export function sumToShape(b: Builder, x: Node, shape: Shape): Node {
  const added = x.shape.length - shape.length;
  const axes = x.shape.map((_, i) => i).filter((i) => i < added || (shape[i - added] === 1 && x.shape[i] !== 1));
  return b.reshape(axes.length > 0 ? b.reduceSum(x, axes, true) : x, shape);
}

/** log softmax over the last axis. The shift by the maximum changes nothing but the rounding. */
export function logSoftmax(b: Builder, x: Node): Node {
  const last = [x.shape.length - 1];
  const shifted = b.subtract(x, b.stopGradient(b.reduceMax(x, last, true)));
  return b.subtract(shifted, b.log(b.reduceSum(b.exp(shifted), last, true)));
}

/** Softmax over the last axis. */
export function softmax(b: Builder, x: Node): Node {
  const last = [x.shape.length - 1];
  const exponentials = b.exp(b.subtract(x, b.stopGradient(b.reduceMax(x, last, true))));
  return b.divide(exponentials, b.reduceSum(exponentials, last, true));
}

/**
 * Mean of the cross-entropies of logits [..., classes] and target distributions [..., classes]: over the batch, or over
 * all pixels of the batch.
 */
export function softmaxCrossEntropy(b: Builder, logits: Node, targets: Node): Node {
  const sum = b.reduceSum(b.multiply(targets, logSoftmax(b, logits)));
  return scale(b, sum, -1 / valuesPerChannel(logits));
}

/** How many rows of logits [..., classes] have their first maximum at the label [...] (int32): a float32 scalar. */
export function correctCount(b: Builder, logits: Node, labels: Node): Node {
  return b.reduceSum(b.equal(b.argMax(logits, logits.shape.length - 1), labels));
}

/**
 * L2 norm of several tensors together, a scalar. Divided by the largest element first, so that squares stay finite. Laid end to
 * end, they take a handful of operations, where a GPU would start several for each.
 */
export function jointNorm(b: Builder, nodes: readonly Node[]): Node {
  const all = b.concat(
    nodes.map((node) => b.reshape(node, [sizeOf(node.shape)])),
    0,
  );
  const largest = b.maximum(b.reduceMax(b.abs(all)), b.constant(1e-30));
  return b.multiply(largest, b.sqrt(b.reduceSum(square(b, b.divide(all, largest)))));
}
