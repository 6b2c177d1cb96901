/** The backend of a command, open for as long as it is needed. */
import { openExecutor } from '../executors/select';
import type { Executor } from '../executors/types';
import type { Settings } from '../settings/types';
import type { ModelOptions } from './flags';

/**
 * Opens the backend of `--backend`, of the settings or the fastest one for `use`, and closes it afterwards; `note` hears
 * which backends were passed over and why.
 */
export async function withExecutor<T>(
  flags: Pick<ModelOptions, 'backend'>,
  settings: Pick<Settings, 'backend'>,
  note: (text: string) => void,
  use: (executor: Executor) => Promise<T>,
): Promise<T> {
  const executor = await openExecutor(flags.backend ?? settings.backend ?? 'auto', note);
  try {
    return await use(executor);
  } finally {
    await executor.dispose();
  }
}
