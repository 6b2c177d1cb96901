/**
 * What several devices compute together, each with its part of a batch: sums of gradients, and batch normalization by the statistics
 * of the whole batch.
 *
 * What is minimized is the mean of what the devices minimize, (1/K) sum of L_i. Its gradient by parameters that all have is the mean
 * of theirs, where each has taken its derivatives through `deviceSum` as `vjp.ts` does.
 */
import { sizeOf } from '../protocol/tensor';
import type { Builder } from './builder';
import { channelMean, channelSum, scale, square, valuesPerChannel } from './compose';
import type { Node } from './types';

/** Mean of each channel of x [..., c] over the batch of all devices over which `b` takes statistics: [c]. */
export function batchMean(b: Builder, x: Node): Node {
  return b.devices === 1 ? channelMean(b, x) : scale(b, b.deviceSum(channelSum(b, x)), 1 / batchValues(b, x));
}

/** Number of values that a channel of x [..., c] has in the batch of all those devices. */
export function batchValues(b: Builder, x: Node): number {
  return valuesPerChannel(x) * b.devices;
}

/**
 * The builder with batch normalization over the batches of several devices. It is composed, so that its derivatives of all orders
 * follow; the mean is taken first, since the difference of large squares would have few digits.
 */
export function synchronized(plain: Builder, devices: number): Builder {
  const b: Builder = { ...plain, devices, batchNorm, inverseDeviation };

  const centered = (x: Node) => b.subtract(x, batchMean(b, x));

  function inverseDeviation(x: Node, epsilon: number): Node {
    const variance = batchMean(b, square(b, centered(x)));
    return b.divide(b.constant(1), b.sqrt(b.add(variance, b.constant(epsilon))));
  }

  function batchNorm(x: Node, gamma: Node, beta: Node, epsilon: number): Node {
    return b.add(b.multiply(centered(x), b.multiply(gamma, inverseDeviation(x, epsilon))), beta);
  }

  return b;
}

/** Kernels of convolutions are HWIO in shape and OHWI in the memory that PyTorch is fast with. */
const IN_MEMORY = [3, 0, 1, 2];
const IN_SHAPE = [1, 2, 3, 0];

/**
 * Sums over the devices, of `means` divided by their number. All are laid end to end, so that the devices exchange one message.
 *
 * @returns tensors in the shapes of those that are given.
 */
export function overDevices(
  b: Builder,
  devices: number,
  { means, sums }: { readonly means: readonly Node[]; readonly sums: readonly Node[] },
): { readonly means: readonly Node[]; readonly sums: readonly Node[] } {
  const laid = [...means, ...sums].map((node) => (node.shape.length === 4 ? b.transpose(node, IN_MEMORY) : node));
  const flat = laid.map((node) => b.reshape(node, [sizeOf(node.shape)]));
  const total = b.deviceSum(b.concat(flat, 0));
  const split = means.reduce((size, node) => size + sizeOf(node.shape), 0);
  const part = (from: Node, begin: number, node: Node): Node => {
    const own = b.reshape(b.slice(from, [begin], [sizeOf(node.shape)]), node.shape);
    return node.shape.length === 4 ? b.transpose(own, IN_SHAPE) : own;
  };
  const parts = (from: Node, nodes: readonly Node[]): readonly Node[] => {
    let begin = 0;
    return nodes.map((node) => {
      const own = part(from, begin, node);
      begin += sizeOf(node.shape);
      return own;
    });
  };
  const meanPart = scale(b, b.slice(total, [0], [split]), 1 / devices);
  const sumPart = sums.length > 0 ? b.slice(total, [split], [total.shape[0] - split]) : total;
  return { means: parts(meanPart, laid.slice(0, means.length)), sums: parts(sumPart, laid.slice(means.length)) };
}
