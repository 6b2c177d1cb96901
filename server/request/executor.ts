/** The backend of a command, open for as long as it is needed. */
import { openExecutor } from '../executors/select';
import type { Executor } from '../executors/types';
import type { ModelRequest } from './types';

/** Opens the backend of a command, which the user trusts, and closes it afterwards; `note` hears which were passed over and why. */
export async function withExecutor<T>(
  { backend, computing }: Pick<ModelRequest, 'backend' | 'computing'>,
  note: (text: string) => void,
  use: (executor: Executor) => Promise<T>,
): Promise<T> {
  const executor = await openExecutor({ ...computing, name: backend, trusted: true }, note);
  try {
    return await use(executor);
  } finally {
    await executor.dispose();
  }
}
