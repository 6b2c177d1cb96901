/** The backend of a command, open for as long as it is needed. */
import { openExecutor } from '../executors/select';
import type { Executor, Work } from '../executors/types';
import { AUTO } from '../protocol/catalogue/backends';
import type { ModelRequest, TrainingRequest } from './types';

/** What a request is for, by which `auto` chooses. @param macs Multiplications in all forward passes, where that is known. */
export function workOf(request: object, macs?: number): Work {
  return { kind: 'training' in request ? 'training' : 'scoring', ...(macs !== undefined && { macs }) };
}

/** The request where something goes on that has begun with a backend, which is kept where `auto` would choose one. */
export function keepBackend<Request extends Pick<ModelRequest, 'backend'>>(
  request: Request,
  begunWith: string | undefined,
): Request {
  return begunWith !== undefined && request.backend === AUTO ? { ...request, backend: begunWith } : request;
}

/**
 * Opens the backend of a command and closes it afterwards; `note` hears which backends were passed over and why. Whoever gives a
 * command trusts the Python that it finds.
 */
export async function withExecutor<T>(
  request: Pick<ModelRequest, 'backend' | 'interpreter' | 'computing'> & Partial<Pick<TrainingRequest, 'training'>>,
  note: (text: string) => void,
  use: (executor: Executor) => Promise<T>,
  macs?: number,
): Promise<T> {
  const executor = await openExecutor({ ...request, work: workOf(request, macs) }, { trusted: true, onNote: note });
  try {
    return await use(executor);
  } finally {
    await executor.dispose();
  }
}
