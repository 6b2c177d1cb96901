/** Derivatives as graph-to-graph functions. Both modes can be applied to their own results, to any order. */
import type { Builder } from './builder';
import { sumOfContributions } from './cotangents';
import { jvpRules, type Tangent } from './jvp';
import { reachable } from './program';
import { equalShapes } from './shapes';
import type { Node, OpNode } from './types';
import { vjpRules } from './vjp';

/**
 * Reverse mode: the cotangents of `wrt` that follow from the cotangents of `outputs` (shaped as the outputs).
 * An output that does not depend on a node gives it a constant zero.
 */
export function vjp(
  b: Builder,
  outputs: readonly Node[],
  cotangents: readonly Node[],
  wrt: readonly Node[],
): readonly Node[] {
  const nodes = reachable(outputs);
  const dependent = dependents(nodes, wrt);
  const contributions = new Map<Node, Node[]>();
  const accumulate = (node: Node, cotangent: Node) => {
    if (!equalShapes(node.shape, cotangent.shape)) {
      throw new Error(`cotangent ${cotangent.shape} does not have the shape ${node.shape} of ${node.op}`);
    }
    const known = contributions.get(node);
    if (known) known.push(cotangent);
    else contributions.set(node, [cotangent]);
  };
  outputs.forEach((output, i) => {
    accumulate(output, cotangents[i]);
  });

  // All users of a node come after it, so what they contribute is complete when its turn comes.
  const sums = new Map<Node, Node>();
  for (const node of nodes.toReversed()) {
    const terms = contributions.get(node);
    if (!terms) continue;
    const cotangent = sumOfContributions(b, terms);
    sums.set(node, cotangent);
    node.args.forEach((arg, position) => {
      if (!dependent.has(arg)) return;
      const contribution = (vjpRules[node.op] as (...args: unknown[]) => Node | undefined)(
        b,
        node,
        cotangent,
        position,
      );
      if (contribution) accumulate(arg, contribution);
    });
  }
  return wrt.map((node) => sums.get(node) ?? b.constant(0, node.shape));
}

/** Gradient of a scalar with respect to each node of `wrt`. */
export function gradient(b: Builder, scalar: Node, wrt: readonly Node[]): readonly Node[] {
  if (scalar.shape.length !== 0) throw new Error(`the gradient of a tensor of shape [${scalar.shape}] is not defined`);
  return vjp(b, [scalar], [b.constant(1)], wrt);
}

/**
 * Forward mode: the tangents of `outputs` when each node of `wrt` moves along its tangent (shaped as the node).
 * Applied to a gradient it gives a Hessian-vector product at about twice the gradient's cost.
 */
export function jvp(
  b: Builder,
  outputs: readonly Node[],
  wrt: readonly Node[],
  tangents: readonly Node[],
): readonly Node[] {
  const moved = new Map<Node, Tangent>(wrt.map((node, i) => [node, tangents[i]]));
  for (const node of reachable(outputs)) {
    if (moved.has(node)) continue;
    const incoming = node.args.map((arg) => moved.get(arg));
    if (incoming.every((tangent) => tangent === undefined)) continue;
    const rule = jvpRules[node.op] as (b: Builder, y: OpNode, tangents: readonly Tangent[]) => Tangent;
    moved.set(node, rule(b, node as OpNode, incoming));
  }
  return outputs.map((output) => moved.get(output) ?? b.constant(0, output.shape));
}

/** The nodes among `nodes` (arguments before users) that depend on one of `wrt`, those included. */
function dependents(nodes: readonly Node[], wrt: readonly Node[]): ReadonlySet<Node> {
  const found = new Set<Node>(wrt);
  for (const node of nodes) if (node.args.some((arg) => found.has(arg))) found.add(node);
  return found;
}
