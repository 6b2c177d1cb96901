/** The backends of the compute process: each is opened once and kept. */
import { BACKENDS } from '../executors/backends';
import { openExecutor } from '../executors/select';
import type { Executor } from '../executors/types';
import { AUTO } from '../protocol/catalogue/backends';
import { usageError } from '../protocol/errors';

export interface Executors {
  /** The executor of a backend by name, or with `auto` the fastest. @throws UserError where it cannot be used. */
  open(name: string): Promise<Executor>;
}

const NAMES: readonly string[] = [AUTO, ...BACKENDS.map(({ name }) => name)];

/** @param onOpened told of each executor that is handed out. */
export function createExecutors(onOpened: (executor: Executor) => void, onNote: (message: string) => void): Executors {
  const opened = new Map<string, Promise<Executor>>();
  return {
    async open(name) {
      if (!NAMES.includes(name)) {
        throw usageError(`There is no backend "${name}".`, `Known backends: ${NAMES.join(', ')}.`);
      }
      let executor = opened.get(name);
      if (!executor) {
        executor = openExecutor(name, onNote);
        opened.set(name, executor);
        // One that could not be opened may work later, when it has been installed.
        executor.then(
          (found) => opened.set(found.backend, executor!),
          () => opened.delete(name),
        );
      }
      const found = await executor;
      onOpened(found);
      return found;
    },
  };
}
