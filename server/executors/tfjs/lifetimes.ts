/** Which instructions matter, and how long each value lives. */
import type { Instruction, Register } from './instructions';

/** An instruction and the registers whose last use it is; they are freed right after it. */
export interface TimedInstruction extends Instruction {
  readonly frees: readonly Register[];
}

/** The instructions that `results` depend on, in the same order. */
export function withoutDeadCode(
  instructions: readonly Instruction[],
  results: readonly Register[],
): readonly Instruction[] {
  const needed = new Set(results);
  const kept: Instruction[] = [];
  for (const instruction of [...instructions].reverse()) {
    if (!instruction.outputs.some((register) => needed.has(register))) continue;
    for (const register of instruction.inputs) needed.add(register);
    kept.push(instruction);
  }
  return kept.reverse();
}

/**
 * Adds to each instruction the registers nobody reads after it, its own unread outputs among them. Registers that no
 * instruction writes (inputs and constants) and `results` are not freed: they belong to somebody else.
 */
export function withLifetimes(
  instructions: readonly Instruction[],
  results: readonly Register[],
): readonly TimedInstruction[] {
  const written = new Set(instructions.flatMap((instruction) => instruction.outputs));
  const alive = new Set(results);
  const timed = [...instructions].reverse().map((instruction) => {
    const frees: Register[] = [];
    for (const register of [...instruction.inputs, ...instruction.outputs]) {
      if (alive.has(register) || !written.has(register)) continue;
      alive.add(register);
      frees.push(register);
    }
    return { ...instruction, frees };
  });
  return timed.reverse();
}
