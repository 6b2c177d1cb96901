/** Running a compiled program on tensors of different owners. */
import type { DeviceTensor, Executable } from '../executors/types';

/**
 * Runs `executable` with what it needs of `available`, a map from input names to tensors. A program leaves out inputs its
 * results do not depend on; those are left out here too.
 */
export function runWith(
  executable: Executable,
  available: ReadonlyMap<string, DeviceTensor>,
): Promise<{ [name: string]: DeviceTensor }> {
  const inputs = executable.program.inputs.map(({ attributes: { name } }) => {
    const tensor = available.get(name);
    if (!tensor) throw new Error(`program ${executable.program.name}: there is no tensor ${name}`);
    return [name, tensor] as const;
  });
  return executable.run(Object.fromEntries(inputs));
}
