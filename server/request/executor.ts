/** The backend of a command, open for as long as it is needed. */
import { openExecutor } from '../executors/select';
import type { Executor } from '../executors/types';
import type { ModelRequest } from './types';

/** Opens a backend and closes it afterwards; `note` hears which backends were passed over and why. */
export async function withExecutor<T>(
  backend: ModelRequest['backend'],
  note: (text: string) => void,
  use: (executor: Executor) => Promise<T>,
): Promise<T> {
  const executor = await openExecutor(backend, note);
  try {
    return await use(executor);
  } finally {
    await executor.dispose();
  }
}
