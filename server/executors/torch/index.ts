/** The executor in the user's own PyTorch. */
import { UserError } from '../../protocol/errors';
import { findInterpreter } from '../../python/find';
import { lookAtInterpreter } from '../../python/interpreter';
import { testDeviceSum } from '../deviceGroup';
import { selfTest } from '../selfTest';
import type { Availability, BackendUse, Executor } from '../types';
import { createTorchExecutor } from './executor';

/** Whether PyTorch can be used here, and on which device; says how to get it where it cannot. */
export async function probeTorch({ interpreter = {}, trusted }: BackendUse): Promise<Availability> {
  const { probe } = await lookAtInterpreter(interpreter, { trusted });
  if ('reason' in probe) return { available: false, reason: probe.reason };
  const { torch, path, devices } = probe.interpreter;
  const names = devices.map(({ device, name }) => (name === undefined ? device : `${device} (${name})`));
  return { available: true, device: `${names.join(', ')}; PyTorch ${torch} of ${path}` };
}

/** What is missing of the user's Python, as an error; undefined where nothing is. */
async function missing({ interpreter = {}, trusted }: BackendUse): Promise<UserError | undefined> {
  const { probe } = await lookAtInterpreter(interpreter, { trusted });
  return 'reason' in probe ? new UserError(`The backend torch cannot be used: ${probe.reason}`) : undefined;
}

/**
 * An executor in PyTorch that has passed its self-test. Importing PyTorch takes seconds, so the interpreter is asked what it has
 * only where it does not serve.
 *
 * @throws UserError where the workspace is not trusted, or PyTorch or the device is not there or computes wrongly.
 */
export async function openTorch(use: BackendUse): Promise<Executor> {
  const { interpreter = {}, trusted, computing, note } = use;
  const found = trusted ? findInterpreter(interpreter) : undefined;
  if (!found) throw await missing(use);
  let executor: Executor;
  try {
    executor = await createTorchExecutor(found, { ...computing, ...(note && { note }) });
  } catch (error) {
    throw (await missing(use)) ?? error;
  }
  const problem = (await selfTest(executor)) ?? (executor.group && (await testDeviceSum(executor.group)));
  if (!problem) return executor;
  await executor.dispose();
  throw new UserError(`The backend torch cannot be used: ${problem}.`);
}
