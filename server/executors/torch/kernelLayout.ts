/** Which inputs of a program are kept in memory as kernels of convolutions are: kernels, their masks, momenta and directions. */
import type { Node, OpName, Program } from '../../graph/types';

const POINTWISE: ReadonlySet<OpName> = new Set<OpName>([
  'negate',
  'abs',
  'sign',
  'sqrt',
  'stopGradient',
  'add',
  'subtract',
  'multiply',
  'divide',
  'maximum',
  'gate',
  'greater',
]);

/** The inputs of rank 4 that are joined with a kernel of a convolution, or with a gradient by one, by pointwise operations alone. */
export function kernelInputs({ nodes }: Program): ReadonlySet<Node> {
  const parents = new Map<Node, Node>();
  const root = (node: Node): Node => {
    let top = node;
    for (let next = parents.get(top); next; next = parents.get(top)) top = next;
    return top;
  };
  const join = (a: Node, b: Node): void => {
    const [left, right] = [root(a), root(b)];
    if (left !== right) parents.set(left, right);
  };
  const kernels: Node[] = [];
  for (const node of nodes) {
    if (node.op === 'conv2d' || node.op === 'conv2dInputGradient') kernels.push(node.args[1]);
    if (node.op === 'conv2dKernelGradient') kernels.push(node);
    if (node.shape.length !== 4 || !POINTWISE.has(node.op)) continue;
    for (const arg of node.args) if (arg.shape.length === 4) join(node, arg);
  }
  const roots = new Set(kernels.map(root));
  return new Set(nodes.filter((node) => node.op === 'input' && node.shape.length === 4 && roots.has(root(node))));
}
