import type { Executable, Executor } from '../executors/types';
import type { Program } from '../graph/types';

/** Programs compiled once for each batch size. */
export interface ProgramCache {
  get(size: number): Promise<Executable>;
  /** Disposes all that were compiled. */
  dispose(): Promise<void>;
}

export function createProgramCache(executor: Executor, build: (size: number) => Program): ProgramCache {
  const compiled = new Map<number, Promise<Executable>>();
  return {
    get(size) {
      const known = compiled.get(size) ?? executor.compile(build(size));
      compiled.set(size, known);
      return known;
    },
    async dispose() {
      for (const executable of compiled.values()) {
        // What failed to compile was reported where it was asked for, and leaves nothing behind.
        await executable.then((one) => one.dispose()).catch(() => undefined);
      }
    },
  };
}
