/**
 * Batch normalization as TensorFlow's fused ops, which nodes share as `normalizationPlan.ts` says. Sharing needs no bookkeeping:
 * equal calls are emitted once, so it is enough that all nodes of a group choose the same gamma and beta.
 */
import type { Node, OpNode } from '../../graph/types';
import { type Shape, sizeOf } from '../../protocol/tensor';
import type { BackwardGroup, ForwardGroup, NormalizationPlan } from '../normalizationPlan';
import { boolAttribute, type Emitter, floatAttribute, type Register } from './instructions';

/** Emits the calls of a plan; `registerOf` gives the register of a node that is already lowered. */
export interface NormalizationLowering {
  batchNorm(node: OpNode<'batchNorm'>): Register;
  gradient(node: OpNode<'batchNormGradient'>): Register;
  gammaGradient(node: OpNode<'batchNormGammaGradient'>): Register;
  inverseDeviation(node: OpNode<'inverseDeviation'>): Register;
  /** The sum of y that a backward call gives: [c]. */
  sum(group: BackwardGroup): Register;
}

/** The lowering of the batch norm family for one program. */
export function createNormalizationLowering(
  emitter: Emitter,
  plan: NormalizationPlan,
  registerOf: (node: Node) => Register,
): NormalizationLowering {
  const channels = (x: Node) => x.shape[x.shape.length - 1];
  const filled = (x: Node, value: number) =>
    emitter.emit('Fill', {}, [emitter.integers([channels(x)]), emitter.scalar(value)]);

  /** The fused ops take images only: [n, ..., c] becomes [n * ..., 1, 1, c]. */
  const asImage = (node: Node) => {
    const value = registerOf(node);
    return node.shape.length === 4 ? value : reshaped(value, imageShape(node.shape));
  };
  const reshaped = (value: Register, shape: Shape) => emitter.emit('Reshape', {}, [value, emitter.integers(shape)]);
  const fromImage = (value: Register, shape: Shape) => (shape.length === 4 ? value : reshaped(value, shape));

  /** Outputs: y, mean, unbiased variance, and three more for the backward call. */
  function forward(x: Node, epsilon: number, gamma: Register, beta: Register): readonly Register[] {
    const empty = emitter.floats([], [0]);
    const attributes = { epsilon: floatAttribute(epsilon), is_training: boolAttribute(true) };
    return emitter.emitAll('FusedBatchNormV3', attributes, [asImage(x), gamma, beta, empty, empty], 6);
  }

  function statistics({ x, epsilon, affine }: ForwardGroup): readonly Register[] {
    return affine
      ? forward(x, epsilon, registerOf(affine.gamma), registerOf(affine.beta))
      : forward(x, epsilon, filled(x, 1), filled(x, 0));
  }

  /** The biased variance, [c]. */
  function variance(group: ForwardGroup): Register {
    const count = sizeOf(group.x.shape) / channels(group.x);
    // A single element has no spread, and no unbiased variance either.
    if (count === 1) return filled(group.x, 0);
    return emitter.emit('Mul', {}, [statistics(group)[2], emitter.scalar((count - 1) / count)]);
  }

  /** gamma * h + beta with statistics that are known already: one pass less. */
  function apply(group: ForwardGroup, gamma: Register, beta: Register): Register {
    const attributes = { epsilon: floatAttribute(group.epsilon), is_training: boolAttribute(false) };
    const inputs = [asImage(group.x), gamma, beta, statistics(group)[1], variance(group)];
    return emitter.emitAll('FusedBatchNormV3', attributes, inputs, 6)[0];
  }

  /** Outputs: gradient by x, by gamma, by beta, and two unused ones. */
  function backward(group: ForwardGroup, gamma: Register, y: Node): readonly Register[] {
    // The last three outputs are what the device's own backward pass wants; their meaning differs between devices.
    const saved = statistics(group).slice(3);
    const attributes = { epsilon: floatAttribute(group.epsilon), is_training: boolAttribute(true) };
    return emitter.emitAll('FusedBatchNormGradV3', attributes, [asImage(y), asImage(group.x), gamma, ...saved], 5);
  }

  const shared = ({ forward: group, gamma, y }: BackwardGroup) =>
    backward(group, gamma ? registerOf(gamma) : filled(group.x, 1), y);

  return {
    batchNorm(node) {
      const [x, gamma, beta] = node.args;
      const group = plan.forward(x, node.attributes.epsilon);
      const isGroups = group.affine?.gamma === gamma && group.affine.beta === beta;
      const value = isGroups ? statistics(group)[0] : apply(group, registerOf(gamma), registerOf(beta));
      return fromImage(value, node.shape);
    },
    gradient(node) {
      const [x, gamma, y] = node.args;
      const group = plan.forward(x, node.attributes.epsilon);
      return fromImage(backward(group, registerOf(gamma), y)[0], node.shape);
    },
    gammaGradient(node) {
      const [x, y] = node.args;
      return shared(plan.backward(x, node.attributes.epsilon, y))[1];
    },
    inverseDeviation(node) {
      const [x] = node.args;
      const { epsilon } = node.attributes;
      const shifted = emitter.emit('AddV2', {}, [variance(plan.forward(x, epsilon)), emitter.scalar(epsilon)]);
      return emitter.emit('Rsqrt', {}, [shifted]);
    },
    sum: (group) => shared(group)[2],
  };
}

function imageShape(shape: Shape): Shape {
  const channels = shape[shape.length - 1];
  return [sizeOf(shape) / channels, 1, 1, channels];
}
