/** `prunelens setup tensorflow`: the binding to the TensorFlow of the user's Python. */
import { join } from 'node:path';
import { removeTensorflow, setUpTensorflow } from '../../executors/tfjs/setup';
import type { ModelOptions } from '../../request/flags';
import { resolveBackend } from '../../request/resolve';
import { settingsFor } from '../../settings/find';
import { note, printJson } from '../terminal/streams';

export interface TensorflowFlags extends Pick<ModelOptions, 'python' | 'json'> {
  readonly remove?: boolean;
}

export async function runSetupTensorflow(flags: TensorflowFlags, signal: AbortSignal): Promise<void> {
  if (flags.remove) {
    const removed = await removeTensorflow();
    if (flags.json) printJson({ removed });
    note(removed ? 'The binding is removed.' : 'There is no binding to remove.');
    return;
  }
  const { interpreter = {} } = resolveBackend(flags, await settingsFor(join(process.cwd(), 'model')));
  try {
    const { format: _, ...made } = await setUpTensorflow({
      interpreter,
      signal,
      onProgress: (message) => note(`${message}.`),
    });
    if (flags.json) printJson(made);
    note(`The backend tensorflow works: TensorFlow ${made.tensorflow} on ${made.device}.`);
  } catch (error) {
    if (signal.aborted) note('The setup was cancelled, and nothing is left of it.');
    throw error;
  }
}
