/**
 * The executor on TensorFlow, through the native module of @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node: one that was built
 * (`setup/`), or a package's. Both packages are optional and looked for when they are asked for.
 */
import { UserError } from '../../protocol/errors';
import type { Availability, Executor } from '../types';
import { describeDevice, loadBinding } from './binding';
import { createExecutorOver } from './executor';

/** Whether TensorFlow can be used here, and on which device; says how to get it when it cannot. */
export async function probeTensorflow(): Promise<Availability> {
  const loaded = loadBinding();
  return 'reason' in loaded
    ? { available: false, reason: loaded.reason }
    : { available: true, device: describeDevice(loaded.binding) };
}

/** Whether TensorFlow is there and computes on a GPU through CUDA. */
export async function isTensorflowOnCuda(): Promise<boolean> {
  const loaded = loadBinding();
  return 'binding' in loaded && loaded.binding.isUsingGpuDevice();
}

/** An executor on TensorFlow; throws a UserError with the probe's reason where it cannot be had. */
export async function createTensorflowExecutor(): Promise<Executor> {
  const loaded = loadBinding();
  if ('reason' in loaded) throw new UserError(loaded.reason);
  return createExecutorOver(loaded.binding);
}
