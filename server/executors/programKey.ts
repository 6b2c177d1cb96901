/** What a program computes, as a short text. */
import { createHash } from 'node:crypto';
import { printProgram } from '../graph/program';
import type { Program } from '../graph/types';

/** Equal for programs that compute the same on tensors of the same names. */
export function programKey(program: Program, purpose: string | undefined): string {
  const hash = createHash('sha256').update(`${purpose} ${printProgram(program)}`);
  for (const node of program.nodes) if (node.op === 'literal') hash.update(node.attributes.data);
  return hash.digest('hex');
}
