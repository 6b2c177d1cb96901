/** Batch normalization by PyTorch's fused calls, which nodes share as `normalizationPlan.ts` says. */
import type { Node, OpNode } from '../../graph/types';
import { sizeOf } from '../../protocol/tensor';
import type { Register } from '../lifetimes';
import type { BackwardGroup, ForwardGroup, NormalizationPlan } from '../normalizationPlan';
import type { Emitter } from './instructions';

/** Emits the calls of a plan. */
export interface NormalizationLowering {
  batchNorm(node: OpNode<'batchNorm'>): Register;
  gradient(node: OpNode<'batchNormGradient'>): Register;
  gammaGradient(node: OpNode<'batchNormGammaGradient'>): Register;
  inverseDeviation(node: OpNode<'inverseDeviation'>): Register;
  /** The sum of y that a backward call gives: [c]. */
  sum(group: BackwardGroup): Register;
  /** The sum of x that follows from the mean of a forward call: [c]. */
  sumOfInput(group: ForwardGroup): Register;
}

/** The lowering of the batch norm family for one program; `registerOf` gives the register of a node that is already lowered. */
export function createNormalizationLowering(
  emitter: Emitter,
  plan: NormalizationPlan,
  registerOf: (node: Node) => Register,
): NormalizationLowering {
  const filled = (x: Node, value: number) => emitter.emit('fill', { shape: x.shape.slice(-1), value }, []);

  /** Outputs: normalized, mean, inverse deviation. */
  function statistics({ x, epsilon, affine }: ForwardGroup): readonly Register[] {
    const [gamma, beta] = affine ? [registerOf(affine.gamma), registerOf(affine.beta)] : [filled(x, 1), filled(x, 0)];
    return emitter.emitAll('normalize', { epsilon }, [registerOf(x), gamma, beta], 3);
  }

  /** Outputs: gradient by x with the group's gamma, by gamma, by beta. */
  function shared({ forward, gamma, y }: BackwardGroup): readonly Register[] {
    const { x, epsilon } = forward;
    const [, mean, deviation] = statistics(forward);
    const factor = gamma ? registerOf(gamma) : filled(x, 1);
    const inputs = [registerOf(x), factor, registerOf(y), mean, deviation];
    return emitter.emitAll('normalizationGradient', { epsilon, wantsInput: gamma !== undefined }, inputs, 3);
  }

  return {
    batchNorm(node) {
      const [x, gamma, beta] = node.args;
      const group = plan.forward(x, node.attributes.epsilon);
      const [normalized, mean, deviation] = statistics(group);
      if (group.affine?.gamma === gamma && group.affine.beta === beta) return normalized;
      const inputs = [registerOf(x), registerOf(gamma), registerOf(beta), mean, deviation];
      return emitter.emit('applyNormalization', {}, inputs);
    },
    gradient(node) {
      const [x, gamma, y] = node.args;
      const group = plan.backward(x, node.attributes.epsilon, y);
      const [byInput, byGamma, byBeta] = shared(group);
      if (group.gamma === gamma) return byInput;
      const [, mean, deviation] = statistics(group.forward);
      const inputs = [registerOf(x), registerOf(gamma), registerOf(y), mean, deviation, byGamma, byBeta];
      return emitter.emit('furtherNormalizationGradient', {}, inputs);
    },
    gammaGradient: ({ args: [x, y], attributes: { epsilon } }) => shared(plan.backward(x, epsilon, y))[1],
    inverseDeviation: ({ args: [x], attributes: { epsilon } }) => statistics(plan.forward(x, epsilon))[2],
    sum: (group) => shared(group)[2],
    sumOfInput(group) {
      const { shape } = group.x;
      const count = emitter.scalar(sizeOf(shape) / shape[shape.length - 1]);
      return emitter.emit('multiply', {}, [statistics(group)[1], count]);
    },
  };
}
