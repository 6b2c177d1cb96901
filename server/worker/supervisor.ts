/** Keeps a compute process at work: starts it when it is needed, hands it one job at a time, and replaces it. */
import type { ServerStatus } from '../protocol/editor';
import { UserError } from '../protocol/errors';
import type { WorkerCall, WorkerCalls, WorkerProgress } from '../protocol/worker';
import type { Engine, EngineOptions } from './engine';
import { CancelledError } from './failures';
import { hasDeadline, isQueued } from './jobs';
import { createLifecycle } from './lifecycle';
import { createPendingCalls, type Pending, type PendingCalls } from './pending';
import type { WorkerProcess } from './process';

export interface SupervisorOptions extends Omit<EngineOptions, 'onLost'> {
  /** The process is gone, with every score it held. */
  readonly onLost?: () => void;
  /** Leaves the processor to others that want it. */
  readonly isPatient?: boolean;
  /** The bundled `entry.ts`. */
  readonly workerFile: string;
  /** Milliseconds that a cancelled job has to stop before its process is ended; 5000 by default. */
  readonly cancelDeadlineMs?: number;
  /** Milliseconds in which calls that are not of `UNLIMITED` in jobs.ts must be answered; 120,000 by default. */
  readonly callDeadlineMs?: number;
  /** Milliseconds without a sign of life after which a process that has work is ended; 120,000 by default. */
  readonly hangDeadlineMs?: number;
  /** Progress of any job. */
  readonly onProgress?: (progress: WorkerProgress) => void;
}

export interface Supervisor extends Engine {
  /** The process's id, while there is one. */
  pid(): number | undefined;
}

const DEFAULT_MEMORY_LIMIT = 8192;
const DEFAULT_CANCEL_DEADLINE = 5000;
const DEFAULT_CALL_DEADLINE = 120_000;
/** One run of a large network can take its thread for a minute. */
const DEFAULT_HANG_DEADLINE = 120_000;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { cancelDeadlineMs = DEFAULT_CANCEL_DEADLINE, callDeadlineMs = DEFAULT_CALL_DEADLINE } = options;
  const calls = createPendingCalls();
  let disposed = false;

  const status = (): ServerStatus => {
    const { state, ...rest } = lifecycle.status();
    const jobs = calls.jobs();
    const isBusy = state === 'ready' && jobs.some((job) => job.state !== 'queued');
    return { worker: isBusy ? 'busy' : state, ...rest, ...(calls.isPaused() && { paused: true }), jobs };
  };
  const changed = (): void => options.onStatus?.(status());

  const startMore = (): void => {
    pump();
    changed();
  };

  const settle = (call: Pending, finish: () => void): void => {
    if (!calls.remove(call)) return;
    finish();
    startMore();
  };

  const send = (worker: WorkerProcess, call: Pending): void => {
    call.sent = true;
    const giveUp = () => {
      call.cancellation.cancel();
      settle(call, () => call.reject(lateCall(call.name, callDeadlineMs / 1000)));
    };
    if (hasDeadline(call.name)) call.deadline = setTimeout(giveUp, callDeadlineMs);
    const trusted = options.isTrusted?.() ?? false;
    worker.send(call.name, { job: call.id, params: call.params, trusted }, call.cancellation.token).then(
      (result) => settle(call, () => call.resolve(result)),
      (error) => settle(call, () => call.reject(error)),
    );
  };

  /** Sends what may be sent, starting the process where there is none (unless a new one is coming anyway). */
  const pump = (): void => {
    if (calls.all().length === 0) return;
    const worker = lifecycle.need();
    if (!worker) return;
    for (let call = calls.takeNext(); call; call = calls.takeNext()) send(worker, call);
  };

  const rejectAll = (rejected: readonly Pending[], error: (call: Pending) => Error): void => {
    for (const call of rejected) if (calls.remove(call)) call.reject(error(call));
  };

  const lifecycle = createLifecycle({
    ...processOptions(options),
    isBusy: () => calls.all().some(({ sent }) => sent),
    onChange: changed,
    onStartAgain: () => startMore(),
    onLost(reason, failure) {
      const sent = calls.all().filter((call) => call.sent);
      rejectAll(sent, ({ cancelled }) => (cancelled ? new CancelledError() : lostCall(reason)));
      if (failure) rejectAll(calls.all(), () => failure);
      options.onLost?.();
      changed();
    },
    onProgress(progress) {
      const call = calls.get(progress.job);
      if (!call) return;
      calls.setJob(progress.job, { progress });
      changed();
      call.options.onProgress?.(progress);
      options.onProgress?.(progress);
    },
    onOutput: (line) => options.onOutput?.(line),
  });

  const cancelCall = (call: Pending): void => {
    if (call.cancelled || !calls.get(call.id)) return;
    call.cancelled = true;
    call.cancellation.cancel();
    if (!call.sent || !call.queued) {
      settle(call, () => call.reject(new CancelledError()));
      return;
    }
    calls.setJob(call.id, { state: 'cancelling' });
    clearTimeout(call.deadline);
    const problem = `a cancelled job did not stop within ${cancelDeadlineMs / 1000} seconds`;
    call.deadline = setTimeout(() => void lifecycle.kill(problem), cancelDeadlineMs);
    changed();
  };

  return {
    call(name, params, callOptions = {}) {
      const refusal = disposed ? new Error('the supervisor is disposed') : undefined;
      const aborted = callOptions.signal?.aborted ? new CancelledError() : undefined;
      const error = refusal ?? aborted ?? lifecycle.failure();
      if (error) return Promise.reject(error);
      const result = calls.add(name, params, callOptions, cancelCall);
      pump();
      if (callOptions.queue ?? isQueued(name)) changed();
      tellWaiting(calls);
      return result as Promise<WorkerCalls[typeof name]['result']>;
    },
    cancel(job) {
      const call = calls.get(job);
      if (call) cancelCall(call);
      return call !== undefined;
    },
    ...queueControls(calls, startMore),
    status,
    pid: () => lifecycle.current()?.pid,
    restart: lifecycle.restart,
    async dispose() {
      disposed = true;
      rejectAll(calls.all(), () => new CancelledError());
      await lifecycle.dispose();
    },
  };
}

/** How the process is started and watched. */
function processOptions({
  workerFile,
  cwd,
  memoryLimitMiB = DEFAULT_MEMORY_LIMIT,
  hangDeadlineMs = DEFAULT_HANG_DEADLINE,
  isPatient = false,
}: SupervisorOptions) {
  return { workerFile, cwd, memoryLimitMiB, hangDeadlineMs, isPatient };
}

function queueControls(calls: PendingCalls, onChange: () => void): Pick<Engine, 'moveFirst' | 'pause'> {
  return {
    moveFirst(job) {
      const moved = calls.moveFirst(job);
      if (moved) onChange();
      return moved;
    },
    pause(paused) {
      calls.pause(paused);
      onChange();
    },
  };
}

/** Tells who waits since just now what for. */
function tellWaiting(calls: PendingCalls): void {
  const jobs = calls.jobs();
  const last = jobs.at(-1);
  const call = last?.state === 'queued' && !last.progress ? calls.get(last.id) : undefined;
  if (!call) return;
  const ahead = jobs.slice(0, -1).map(({ title }) => title);
  const message = ahead.length > 0 ? `Queued behind ${ahead.join(', ')}` : 'The queue is paused';
  const progress = { job: call.id, message };
  calls.setJob(call.id, { progress });
  call.options.onProgress?.(progress);
}

function lateCall(name: WorkerCall, seconds: number): UserError {
  return new UserError(`The compute process did not answer "${name}" within ${seconds} seconds.`, {
    hint: 'Try again when it has less to do, or restart it.',
  });
}

function lostCall(reason: string): UserError {
  return new UserError(`The compute process was lost while it worked on this: ${reason}.`, {
    hint: 'It is started again; a training can be resumed after its last finished epoch.',
  });
}
