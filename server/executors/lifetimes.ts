/** Which instructions of a lowered program matter, and how long each value lives. */

/** Number of a value of a lowered program; each is written once. */
export type Register = number;

/** What an instruction reads and writes. */
export interface RegisterUse {
  readonly inputs: readonly Register[];
  readonly outputs: readonly Register[];
}

/** An instruction and the registers whose last use it is; they are freed right after it. */
export type Timed<I extends RegisterUse> = I & { readonly frees: readonly Register[] };

/** The instructions that `results` depend on, in the same order. */
export function withoutDeadCode<I extends RegisterUse>(
  instructions: readonly I[],
  results: readonly Register[],
): readonly I[] {
  const needed = new Set(results);
  const kept: I[] = [];
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
export function withLifetimes<I extends RegisterUse>(
  instructions: readonly I[],
  results: readonly Register[],
): readonly Timed<I>[] {
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
