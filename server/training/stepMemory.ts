/** How much memory a program's tensors take, counted from the program alone. */
import type { Node, Program } from '../graph/types';
import { sizeOf } from '../protocol/tensor';

/** Of both types that tensors have. */
const BYTES_PER_VALUE = 4;

/** What is read under another shape is the same memory. */
const isView = ({ op }: Node) => op === 'reshape';

/** Given from outside, or kept in the program: there all the time. */
const isHeld = ({ op }: Node) => op === 'input' || op === 'literal';

/**
 * Bytes of the tensors that a program has at the same time at most, its inputs among them: as an executor has them that computes node
 * by node and frees what nobody reads any more. Executors that join operations have fewer, those that keep freed memory hold more.
 */
export function peakBytes({ nodes, outputs }: Program): number {
  const owner = new Map<Node, Node>();
  for (const node of nodes) owner.set(node, isView(node) ? owner.get(node.args[0])! : node);
  const lastUse = new Map<Node, number>();
  nodes.forEach((node, at) => {
    for (const arg of node.args) lastUse.set(owner.get(arg)!, at);
  });
  for (const node of Object.values(outputs)) lastUse.set(owner.get(node)!, nodes.length);
  const bytesOf = (node: Node) => (node.op === 'constant' ? 0 : sizeOf(node.shape) * BYTES_PER_VALUE);
  let now = nodes.filter(isHeld).reduce((sum, node) => sum + bytesOf(node), 0);
  let peak = now;
  nodes.forEach((node, at) => {
    if (isHeld(node) || isView(node)) return;
    now += bytesOf(node);
    peak = Math.max(peak, now);
    const read = new Set([node, ...node.args].map((one) => owner.get(one)!));
    for (const one of read) if (!isHeld(one) && (lastUse.get(one) ?? at) === at) now -= bytesOf(one);
  });
  return peak;
}
