/** The calls of a compute process that have not settled, with the list of those that wait their turn. */
import { randomUUID } from 'node:crypto';
import { CancellationTokenSource } from 'vscode-languageserver/node';
import type { JobStatus } from '../protocol/editor';
import type { WorkerCall } from '../protocol/worker';
import type { CallOptions } from './engine';
import { enqueue, isQueued, type Job, jobStatuses, moveFirst, nextJob } from './jobs';
import type { CallMessage } from './messages';

/** A call that has not settled. */
export interface Pending {
  readonly id: string;
  readonly name: WorkerCall;
  readonly params: CallMessage['params'];
  readonly options: CallOptions;
  readonly cancellation: CancellationTokenSource;
  /** Whether it waits its turn, and is shown as a job. */
  readonly queued: boolean;
  sent: boolean;
  cancelled: boolean;
  deadline?: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export interface PendingCalls {
  /** Adds a call, of which `onAbort` is told when its signal aborts. The promise settles as the call does. */
  add(
    name: WorkerCall,
    params: CallMessage['params'],
    options: CallOptions,
    onAbort: (call: Pending) => void,
  ): Promise<unknown>;
  get(id: string): Pending | undefined;
  all(): readonly Pending[];
  /** Takes the call off the list; false where it is not on it any more. */
  remove(call: Pending): boolean;
  /** Changes the job of a call, where it is one. */
  setJob(id: string, change: Partial<Job>): void;
  /** Calls that may be sent now: those that do not wait, then jobs whose turn it is, which are running from now on. */
  takeNext(): Pending | undefined;
  /** Lets a waiting job be the next one; false where it does not wait. */
  moveFirst(id: string): boolean;
  /** While paused, no job is started that is not running. */
  pause(paused: boolean): void;
  isPaused(): boolean;
  jobs(): readonly JobStatus[];
}

export function createPendingCalls(): PendingCalls {
  const pending = new Map<string, Pending>();
  let jobs: readonly Job[] = [];
  let paused = false;

  const setJob = (id: string, change: Partial<Job>): void => {
    jobs = jobs.map((job) => (job.id === id ? { ...job, ...change } : job));
  };

  return {
    add(name, params, options, onAbort) {
      return new Promise((resolve, reject) => {
        const id = randomUUID();
        const abort = () => onAbort(call);
        const leave = () => options.signal?.removeEventListener('abort', abort);
        const call: Pending = {
          id,
          name,
          params,
          options,
          cancellation: new CancellationTokenSource(),
          queued: options.queue ?? isQueued(name),
          sent: false,
          cancelled: false,
          resolve(result) {
            leave();
            resolve(result);
          },
          reject(error) {
            leave();
            reject(error);
          },
        };
        pending.set(id, call);
        options.signal?.addEventListener('abort', abort);
        if (call.queued) jobs = enqueue(jobs, { id, name, title: options.title ?? name, state: 'queued' });
      });
    },
    get: (id) => pending.get(id),
    all: () => [...pending.values()],
    remove(call) {
      clearTimeout(call.deadline);
      jobs = jobs.filter(({ id }) => id !== call.id);
      return pending.delete(call.id);
    },
    setJob,
    takeNext() {
      const light = [...pending.values()].find(({ queued, sent }) => !queued && !sent);
      if (light) return light;
      const job = paused ? undefined : nextJob(jobs);
      if (!job) return undefined;
      setJob(job.id, { state: 'running' });
      return pending.get(job.id);
    },
    moveFirst(id) {
      const waits = jobs.some((job) => job.id === id && job.state === 'queued');
      jobs = moveFirst(jobs, id);
      return waits;
    },
    pause(next) {
      paused = next;
    },
    isPaused: () => paused,
    jobs: () => jobStatuses(jobs),
  };
}
