/** The executor in the user's own PyTorch. */
import { UserError } from '../../protocol/errors';
import { selfTest } from '../selfTest';
import type { Availability, Executor, Opening } from '../types';
import { createTorchExecutor } from './executor';
import { interpreterOf } from './interpreter';

const UNTRUSTED = 'This workspace is not trusted, so no Python is started';

/** Whether PyTorch can be used here, and on which device; says how to get it where it cannot. */
export async function probeTorch(opening: Opening): Promise<Availability> {
  if (!opening.trusted) return { available: false, reason: `${UNTRUSTED}.` };
  try {
    const executor = await createTorchExecutor(interpreterOf(opening), opening);
    await executor.dispose();
    return { available: true, device: executor.device };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { available: false, reason: error.message };
  }
}

/**
 * An executor in PyTorch that has passed its self-test.
 *
 * @throws UserError where the workspace is not trusted, or PyTorch or the device is not there or computes wrongly.
 */
export async function openTorch(opening: Opening): Promise<Executor> {
  if (!opening.trusted) {
    throw new UserError(`${UNTRUSTED} and the backend torch cannot be used.`, {
      hint: 'Trust the workspace, or choose another backend.',
    });
  }
  const executor = await createTorchExecutor(interpreterOf(opening), opening);
  const problem = await selfTest(executor);
  if (!problem) return executor;
  await executor.dispose();
  throw new UserError(`The backend torch cannot be used: ${problem}.`);
}
