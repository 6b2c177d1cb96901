/** Where an instruction comes from, for messages about it. */
import type { Node } from '../../graph/types';
import type { Origin } from './instructions';

/** How far a parameter may be from the operation that reads it: a mask and a rate stand between them. */
const REACH = 3;

/** The name of the nearest parameter among the arguments, such as `conv1/kernel`. */
function parameterOf(node: Node, reach: number): string | undefined {
  if (node.op === 'input') return node.attributes.name.includes('/') ? node.attributes.name : undefined;
  if (reach === 0) return undefined;
  for (const arg of [...node.args].reverse()) {
    const name = parameterOf(arg, reach - 1);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The operation, and the layer whose parameter it reads, where it reads one. */
export function originOf(node: Node): Origin {
  const parameter = parameterOf(node, REACH);
  const layer = parameter?.split('/').at(-2);
  return layer === undefined ? { operation: node.op } : { operation: node.op, layer };
}
