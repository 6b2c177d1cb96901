/** Closing a graph into a program, and showing it. */
import { sizeOf } from '../protocol/tensor';
import type { Node, OpNode, Program } from './types';

/** Every node the given ones need, arguments before users, in order of creation; nothing else (dead code is left out). */
export function reachable(outputs: Iterable<Node>): readonly Node[] {
  const found = new Set<Node>();
  const pending = [...outputs];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    pending.push(...node.args);
  }
  return [...found].sort((a, b) => a.id - b.id);
}

/**
 * A program with the given outputs. Its inputs are those the outputs need, in order of creation.
 * @throws an Error where two inputs share a name.
 */
export function createProgram(name: string, outputs: { readonly [name: string]: Node }): Program {
  const nodes = reachable(Object.values(outputs));
  const inputs = nodes.filter((node): node is OpNode<'input'> & Node => node.op === 'input');
  const names = new Set(inputs.map((input) => input.attributes.name));
  if (names.size !== inputs.length) throw new Error(`program ${name}: two inputs share a name`);
  return { name, inputs, outputs, nodes };
}

/** The program as text, one node a line: `%3 = conv2d(%1, %2) [8, 14, 14, 6] {"strides":[2,2],…}`. */
export function printProgram(program: Program): string {
  const lines = program.nodes.map((node) => {
    const attributes =
      node.op === 'literal' ? `${sizeOf(node.shape)} values` : JSON.stringify(node.attributes).replace(/^\{\}$/, '');
    const args = node.args.map((arg) => `%${arg.id}`).join(', ');
    const type = `${node.dtype === 'int32' ? 'int32 ' : ''}[${node.shape.join(', ')}]`;
    return `  %${node.id} = ${node.op}(${args}) ${type} ${attributes}`.trimEnd();
  });
  const results = Object.entries(program.outputs).map(([name, node]) => `${name}: %${node.id}`);
  return [`program ${program.name} {`, ...lines, `  return ${results.join(', ')}`, '}'].join('\n');
}
