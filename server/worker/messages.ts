/** How the calls of `protocol/worker.ts` travel between the supervisor and the compute process. */
import type { WorkerCall, WorkerCalls } from '../protocol/worker';

/** Parameters of every request: the job's id, under which progress is reported, and those of the call. */
export interface CallMessage<Name extends WorkerCall = WorkerCall> {
  readonly job: string;
  readonly params: WorkerCalls[Name]['params'];
  /** Whether the code of models may run, which it may not where this is absent. */
  readonly trusted?: boolean;
}

/** Request that the compute process answers at once, to show that it is there. */
export const PING = 'ping';

/** Notifications of the compute process. */
export const READY = 'ready';
export const PROGRESS = 'progress';
export const DEVICE = 'device';

/** What computes: sent with {@link DEVICE} when a backend has been opened. */
export interface DeviceMessage {
  readonly backend: string;
  readonly device: string;
}
