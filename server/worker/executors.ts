/** The backends of the compute process: each is opened once and kept. */
import { BACKENDS } from '../executors/backends';
import { openExecutor } from '../executors/select';
import type { BackendChoice, Executor } from '../executors/types';
import { AUTO } from '../protocol/catalogue/backends';
import { usageError } from '../protocol/errors';

export interface Executors {
  /**
   * The executor that is asked for, with `auto` the fastest.
   *
   * @param trusted whether programs of the user's, such as Python, may be started for it.
   * @throws UserError where it cannot be used.
   */
  open(choice: BackendChoice, trusted: boolean): Promise<Executor>;
  /** That of a backend which was handed out last; opened where there is none. */
  last(name: string, trusted: boolean): Promise<Executor>;
}

const NAMES: readonly string[] = [AUTO, ...BACKENDS.map(({ name }) => name)];

/** @param onOpened told of each executor that is handed out. */
export function createExecutors(onOpened: (executor: Executor) => void, onNote: (message: string) => void): Executors {
  const opened = new Map<string, Promise<Executor>>();
  const latest = new Map<string, Executor>();
  const keyOf = ({ name, device, python, precision, deterministic }: BackendChoice) =>
    JSON.stringify([name, device, python, precision, deterministic]);
  const open: Executors['open'] = async (choice, trusted) => {
    const { name } = choice;
    if (!NAMES.includes(name)) {
      throw usageError(`There is no backend "${name}".`, `Known backends: ${NAMES.join(', ')}.`);
    }
    const key = keyOf(choice);
    let executor = opened.get(key);
    if (!executor) {
      executor = openExecutor({ ...choice, trusted }, onNote);
      opened.set(key, executor);
      // One that could not be opened may work later, when it has been installed.
      executor.then(
        (found) => opened.set(keyOf({ ...choice, name: found.backend }), executor!),
        () => opened.delete(key),
      );
    }
    const found = await executor;
    latest.set(found.backend, found);
    onOpened(found);
    return found;
  };
  return { open, last: async (name, trusted) => latest.get(name) ?? open({ name }, trusted) };
}
