/** The backend of a command, open for as long as it is needed. */
import { openExecutor } from '../executors/select';
import type { Executor } from '../executors/types';
import type { ModelRequest } from './types';

/**
 * Opens the backend of a command and closes it afterwards; `note` hears which backends were passed over and why. Whoever gives a
 * command trusts the Python that it finds.
 */
export async function withExecutor<T>(
  request: Pick<ModelRequest, 'backend' | 'interpreter' | 'computing'>,
  note: (text: string) => void,
  use: (executor: Executor) => Promise<T>,
): Promise<T> {
  const executor = await openExecutor(request, { trusted: true, onNote: note });
  try {
    return await use(executor);
  } finally {
    await executor.dispose();
  }
}
