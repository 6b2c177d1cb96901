/** Which gradients of a convolution one call gives: that by its input and that by its kernel, of the same y. */
import { equalShapes } from '../../graph/shapes';
import type { Node, OpNode, Program } from '../../graph/types';

export interface ConvolutionPair {
  readonly x: Node;
  readonly kernel: Node;
  readonly y: Node;
}

type GradientNode = OpNode<'conv2dInputGradient'> | OpNode<'conv2dKernelGradient'>;

/** The pair of each gradient that has one. A pair's call stands where its first member does, and takes what is known there. */
export function planConvolutionPairs(program: Program): ReadonlyMap<GradientNode, ConvolutionPair> {
  const position = new Map(program.nodes.map((node, i) => [node, i]));
  const pairs = new Map<GradientNode, ConvolutionPair>();
  const kernelGradients = new Map<Node, OpNode<'conv2dKernelGradient'>[]>();
  for (const node of program.nodes) {
    if (node.op !== 'conv2dKernelGradient') continue;
    kernelGradients.set(node.args[1], [...(kernelGradients.get(node.args[1]) ?? []), node]);
  }
  for (const byInput of program.nodes) {
    if (byInput.op !== 'conv2dInputGradient') continue;
    const [y, kernel] = byInput.args;
    const byKernel = kernelGradients.get(y)?.find((node) => {
      const start = Math.min(position.get(byInput)!, position.get(node as Node)!);
      return (
        !pairs.has(node) &&
        JSON.stringify(node.attributes) === JSON.stringify(byInput.attributes) &&
        equalShapes(node.shape, kernel.shape) &&
        equalShapes(node.args[0].shape, byInput.shape) &&
        position.get(kernel)! < start &&
        position.get(node.args[0])! < start
      );
    });
    if (!byKernel) continue;
    const pair = { x: byKernel.args[0], kernel, y };
    pairs.set(byInput, pair);
    pairs.set(byKernel, pair);
  }
  return pairs;
}
