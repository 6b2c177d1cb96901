import { setUpTensorflow } from '../../executors/tfjs/setup';
import { usageError } from '../../protocol/errors';
import type { CallHandler } from '../session';
import { folderPython } from './python';

/** Builds the binding to the TensorFlow of the user's Python. */
export const setupTensorflow: CallHandler<'setupTensorflow'> = async ({ python }, { trusted, signal, report }) => {
  if (!trusted) throw usageError('This workspace is not trusted, so no Python is started.', 'Trust the workspace.');
  const interpreter = await folderPython(python);
  const { tensorflow, device } = await setUpTensorflow({
    interpreter,
    signal,
    onProgress: (message) => report({ message }),
  });
  return { tensorflow, device };
};
