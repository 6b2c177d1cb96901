/**
 * Batch normalization as TensorFlow's fused ops. The nodes of the batch norm family are fine-grained; TensorFlow gives
 * several of them in one pass, so nodes over the same (x, epsilon) share one forward call, and nodes over the same
 * (x, epsilon, y) one backward call. Sharing needs no bookkeeping: equal calls are emitted once, so it is enough that
 * all nodes of a group choose the same gamma and beta.
 */
import type { Node, OpNode, Program } from '../../graph/types';
import { type Shape, sizeOf } from '../../protocol/tensor';
import { boolAttribute, type Emitter, floatAttribute, type Register } from './instructions';

type NormalizationOp = 'batchNorm' | 'batchNormGradient' | 'batchNormGammaGradient' | 'inverseDeviation';
type NormalizationNode = { [K in NormalizationOp]: OpNode<K> }[NormalizationOp];

/** The arguments of a shared forward call; absent where the group's own ones are not known early enough. */
interface ForwardGroup {
  readonly x: Node;
  readonly epsilon: number;
  readonly affine: { readonly gamma: Node; readonly beta: Node } | undefined;
}

/** The arguments of a shared backward call. */
interface BackwardGroup {
  readonly forward: ForwardGroup;
  readonly gamma: Node | undefined;
  readonly y: Node;
}

/** Which calls the nodes of a program share. */
export interface NormalizationPlan {
  forward(x: Node, epsilon: number): ForwardGroup;
  backward(x: Node, epsilon: number, y: Node): BackwardGroup;
  /** The backward call that gives this sum over all axes but the last as a by-product, if there is one. */
  sumOver(sum: OpNode<'reduceSum'>): BackwardGroup | undefined;
}

function isNormalization(node: Node): node is NormalizationNode {
  return (
    node.op === 'batchNorm' ||
    node.op === 'batchNormGradient' ||
    node.op === 'batchNormGammaGradient' ||
    node.op === 'inverseDeviation'
  );
}

/** Groups the nodes of a program. Calls are emitted where the first node of a group stands, with what is known there. */
export function planNormalization(program: Program): NormalizationPlan {
  const position = new Map(program.nodes.map((node, i) => [node, i]));
  const before = (node: Node, limit: number) => position.get(node)! < limit;
  const members = program.nodes.filter(isNormalization);
  const forwardKey = (x: Node, epsilon: number) => `${x.id} ${epsilon}`;
  const backwardKey = (x: Node, epsilon: number, y: Node) => `${x.id} ${epsilon} ${y.id}`;

  const forwardGroups = new Map<string, ForwardGroup>();
  const starts = new Map<ForwardGroup, number>();
  for (const first of members) {
    const [x] = first.args;
    const { epsilon } = first.attributes;
    const key = forwardKey(x, epsilon);
    if (forwardGroups.has(key)) continue;
    const start = position.get(first)!;
    const known = members.find(
      (node) =>
        node.op === 'batchNorm' &&
        node.args[0] === x &&
        node.attributes.epsilon === epsilon &&
        before(node.args[1], start) &&
        before(node.args[2], start),
    );
    const group = { x, epsilon, affine: known && { gamma: known.args[1], beta: known.args[2] } };
    forwardGroups.set(key, group);
    starts.set(group, start);
  }

  const backwardGroups = new Map<string, BackwardGroup>();
  const groupsOfGradient = new Map<Node, BackwardGroup[]>();
  for (const first of members) {
    if (first.op !== 'batchNormGradient' && first.op !== 'batchNormGammaGradient') continue;
    const [x] = first.args;
    const y = first.args[first.args.length - 1];
    const { epsilon } = first.attributes;
    const key = backwardKey(x, epsilon, y);
    if (backwardGroups.has(key)) continue;
    const start = position.get(first)!;
    const known = members.find(
      (node) =>
        node.op === 'batchNormGradient' &&
        node.args[0] === x &&
        node.args[2] === y &&
        node.attributes.epsilon === epsilon &&
        before(node.args[1], start),
    );
    const group = { forward: forwardGroups.get(forwardKey(x, epsilon))!, gamma: known?.args[1], y };
    backwardGroups.set(key, group);
    groupsOfGradient.set(y, [...(groupsOfGradient.get(y) ?? []), group]);
  }

  return {
    forward: (x, epsilon) => forwardGroups.get(forwardKey(x, epsilon))!,
    backward: (x, epsilon, y) => backwardGroups.get(backwardKey(x, epsilon, y))!,
    sumOver(sum) {
      const [y] = sum.args;
      const { axes } = sum.attributes;
      const allButLast = axes.length === y.shape.length - 1 && axes.every((axis, i) => axis === i);
      if (!allButLast) return undefined;
      const limit = position.get(sum)!;
      return groupsOfGradient
        .get(y)
        ?.find(({ forward, gamma }) => starts.get(forward)! < limit && (gamma === undefined || before(gamma, limit)));
    },
  };
}

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
