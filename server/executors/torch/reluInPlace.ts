/** relu in the memory of its argument, where that is the argument's last use. */
import type { Register, Timed } from '../lifetimes';
import type { CallName, Instruction } from './instructions';

/** Calls whose result is memory of its own. */
const FRESH: ReadonlySet<CallName> = new Set<CallName>([
  'add',
  'subtract',
  'addScaled',
  'addProduct',
  'matmul',
  'convolution',
  'normalize',
  'applyNormalization',
]);

/** Calls whose result may share the memory of an argument. */
const VIEWS: ReadonlySet<CallName> = new Set<CallName>(['reshape', 'transpose', 'broadcast', 'slice', 'sum']);

export function withReluInPlace(instructions: readonly Timed<Instruction>[]): readonly Timed<Instruction>[] {
  const fresh = new Set<Register>();
  const viewed = new Set<Register>();
  for (const { call, inputs, outputs } of instructions) {
    if (FRESH.has(call)) fresh.add(outputs[0]);
    if (VIEWS.has(call)) for (const register of inputs) viewed.add(register);
  }
  return instructions.map((instruction) => {
    const { call, inputs, frees } = instruction;
    const [x] = inputs;
    return call === 'relu' && frees.includes(x) && fresh.has(x) && !viewed.has(x)
      ? { ...instruction, call: 'reluInPlace' }
      : instruction;
  });
}
