/**
 * Which nodes of the batch norm family share a pass over the data. The nodes are fine-grained; libraries give several of them in
 * one pass, so nodes over the same (x, epsilon) share one forward call, and nodes over the same (x, epsilon, y) one backward call.
 */
import type { Node, OpNode, Program } from '../graph/types';

type NormalizationOp = 'batchNorm' | 'batchNormGradient' | 'batchNormGammaGradient' | 'inverseDeviation';
type NormalizationNode = { [K in NormalizationOp]: OpNode<K> }[NormalizationOp];

/** The arguments of a shared forward call; absent where the group's own ones are not known early enough. */
export interface ForwardGroup {
  readonly x: Node;
  readonly epsilon: number;
  readonly affine: { readonly gamma: Node; readonly beta: Node } | undefined;
}

/** The arguments of a shared backward call. */
export interface BackwardGroup {
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
  /** The forward call whose mean is this sum, over all axes but the last, divided by its terms, if there is one. */
  meanOf(sum: OpNode<'reduceSum'>): ForwardGroup | undefined;
}

function isOverAllButLast({ args: [x], attributes: { axes } }: OpNode<'reduceSum'>): boolean {
  return axes.length === x.shape.length - 1 && axes.every((axis, i) => axis === i);
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
      if (!isOverAllButLast(sum)) return undefined;
      const limit = position.get(sum)!;
      return groupsOfGradient
        .get(y)
        ?.find(({ forward, gamma }) => starts.get(forward)! < limit && (gamma === undefined || before(gamma, limit)));
    },
    meanOf(sum) {
      if (!isOverAllButLast(sum)) return undefined;
      const limit = position.get(sum)!;
      return [...forwardGroups.values()].find(
        ({ x, affine }) =>
          x === sum.args[0] && (!affine || (before(affine.gamma, limit) && before(affine.beta, limit))),
      );
    },
  };
}
