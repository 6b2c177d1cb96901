import { programKey } from './programKey';
import type { Executable, Executor } from './types';

export interface CompilingOnce {
  /** The same device. What it compiles stays until the end, also where it is disposed of before; it is not to be disposed of itself. */
  readonly executor: Executor;
  /** Disposes all that was compiled. */
  end(): Promise<void>;
}

/** An executor for work that makes equal programs several times: each is compiled once. */
export function compilingOnce(executor: Executor): CompilingOnce {
  const compiled = new Map<string, Promise<Executable>>();
  return {
    executor: {
      ...executor,
      async compile(program, purpose) {
        const key = programKey(program, purpose);
        const known = compiled.get(key) ?? executor.compile(program, purpose);
        compiled.set(key, known);
        const { run } = await known;
        return { program, run, dispose: async () => undefined };
      },
    },
    async end() {
      // What failed to compile was reported where it was asked for, and leaves nothing behind.
      for (const one of compiled.values()) await one.then(({ dispose }) => dispose()).catch(() => undefined);
    },
  };
}
