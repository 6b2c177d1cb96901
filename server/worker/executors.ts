/** The backends of the compute process: each is opened once and kept. */
import { BACKENDS } from '../executors/backends';
import { type BackendRequest, openExecutor } from '../executors/select';
import type { Executor } from '../executors/types';
import { AUTO } from '../protocol/catalogue/backends';
import { usageError } from '../protocol/errors';

export interface Executors {
  /**
   * The executor that is asked for; the user's Python is started only where `trusted`.
   * @throws UserError where it cannot be used.
   */
  open(request: BackendRequest, trusted: boolean): Promise<Executor>;
  /** The executor that was handed out last of a backend; undefined where there was none. */
  known(backend: string): Executor | undefined;
}

const NAMES: readonly string[] = [AUTO, ...BACKENDS.map(({ name }) => name)];

/** What makes two requests one. */
function keyOf({ backend, interpreter, computing, work }: BackendRequest, trusted: boolean): string {
  const depends = backend === AUTO || BACKENDS.some(({ name, usesPython }) => name === backend && usesPython);
  if (!depends) return backend;
  return JSON.stringify([
    backend,
    interpreter,
    computing,
    trusted,
    backend === AUTO || computing?.devices ? work?.kind : undefined,
  ]);
}

/** @param onOpened told of each executor that is handed out. */
export function createExecutors(onOpened: (executor: Executor) => void, onNote: (message: string) => void): Executors {
  const opened = new Map<string, Promise<Executor>>();
  const handedOut = new Map<string, Executor>();
  return {
    async open(request, trusted) {
      const { backend } = request;
      if (!NAMES.includes(backend)) {
        throw usageError(`There is no backend "${backend}".`, `Known backends: ${NAMES.join(', ')}.`);
      }
      const key = keyOf(request, trusted);
      let executor = opened.get(key);
      if (!executor) {
        executor = openExecutor(request, { trusted, onNote });
        opened.set(key, executor);
        // One that could not be opened may work later, when it has been installed.
        executor.then(
          (found) => opened.set(keyOf({ ...request, backend: found.backend }, trusted), executor!),
          () => opened.delete(key),
        );
      }
      const found = await executor;
      handedOut.set(found.backend, found);
      onOpened(found);
      return found;
    },
    known: (backend) => handedOut.get(backend),
  };
}
