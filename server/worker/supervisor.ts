/** Keeps a compute process at work: starts it when it is needed, hands it one job at a time, and replaces it. */
import { randomUUID } from 'node:crypto';
import { CancellationTokenSource } from 'vscode-languageserver/node';
import type { ServerStatus } from '../protocol/editor';
import { UserError } from '../protocol/errors';
import type { WorkerCall, WorkerCalls, WorkerProgress } from '../protocol/worker';
import { createBackOff } from './backOff';
import type { CallOptions, Engine, EngineOptions } from './engine';
import { CancelledError } from './failures';
import { enqueue, hasDeadline, isQueued, type Job, jobStatuses, nextJob } from './jobs';
import type { CallMessage, DeviceMessage } from './messages';
import { startProcess, type WorkerProcess } from './process';
import { startWatchdog } from './watchdog';

export interface SupervisorOptions extends EngineOptions {
  /** The bundled `entry.ts`. */
  readonly workerFile: string;
  /** Milliseconds that a cancelled job has to stop before its process is ended; 5000 by default. */
  readonly cancelDeadlineMs?: number;
  /** Milliseconds in which all but scores, trainings and comparisons must be answered; 120,000 by default. */
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
/** Signs of life that are asked for within that time. */
const LOOKS = 24;
/** Milliseconds that a process has to start. */
const START_DEADLINE = 60_000;

/** A call that has not settled. */
interface Pending {
  readonly id: string;
  readonly name: WorkerCall;
  readonly params: CallMessage['params'];
  readonly options: CallOptions;
  readonly cancellation: CancellationTokenSource;
  readonly queued: boolean;
  sent: boolean;
  cancelled: boolean;
  deadline?: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const {
    cancelDeadlineMs = DEFAULT_CANCEL_DEADLINE,
    callDeadlineMs = DEFAULT_CALL_DEADLINE,
    hangDeadlineMs = DEFAULT_HANG_DEADLINE,
    memoryLimitMiB = DEFAULT_MEMORY_LIMIT,
  } = options;
  const pending = new Map<string, Pending>();
  const backOff = createBackOff();
  let jobs: readonly Job[] = [];
  let worker: WorkerProcess | undefined;
  let state: Exclude<ServerStatus['worker'], 'busy'> = 'stopped';
  let device: DeviceMessage | undefined;
  let problem: string | undefined;
  /** Set when the process is ended on purpose: why, as a clause, and whether that was its own fault. */
  let end: { readonly reason: string; readonly isFault: boolean } | undefined;
  let stopWatching = (): void => {};
  let restartTimer: NodeJS.Timeout | undefined;
  let disposed = false;

  const status = (): ServerStatus => ({
    worker: state === 'ready' && jobs.some((job) => job.state !== 'queued') ? 'busy' : state,
    ...device,
    jobs: jobStatuses(jobs),
    ...(problem !== undefined && { problem }),
  });
  const changed = (): void => options.onStatus?.(status());
  const setJob = (id: string, change: Partial<Job>): void => {
    jobs = jobs.map((job) => (job.id === id ? { ...job, ...change } : job));
  };

  const settle = (call: Pending, finish: () => void): void => {
    if (!pending.delete(call.id)) return;
    clearTimeout(call.deadline);
    jobs = jobs.filter(({ id }) => id !== call.id);
    finish();
    pump();
    changed();
  };

  const send = (call: Pending): void => {
    call.sent = true;
    if (hasDeadline(call.name)) {
      const seconds = callDeadlineMs / 1000;
      call.deadline = setTimeout(() => {
        call.cancellation.cancel();
        settle(call, () => call.reject(lateCall(call.name, seconds)));
      }, callDeadlineMs);
    }
    const trusted = options.isTrusted?.() ?? false;
    worker!.send(call.name, { job: call.id, params: call.params, trusted }, call.cancellation.token).then(
      (result) => settle(call, () => call.resolve(result)),
      (error) => settle(call, () => call.reject(error)),
    );
  };

  /** Sends what may be sent, starting the process where there is none (unless a new one is coming anyway). */
  const pump = (): void => {
    if (disposed || state === 'failed' || state === 'restarting') return;
    const waiting = [...pending.values()].filter(({ queued, sent }) => !queued && !sent);
    if (!worker && (waiting.length > 0 || jobs.length > 0)) spawn();
    for (const call of waiting) if (!call.sent) send(call);
    for (let job = nextJob(jobs); job; job = nextJob(jobs)) {
      setJob(job.id, { state: 'running' });
      send(pending.get(job.id)!);
    }
  };

  const spawn = (): void => {
    state = 'starting';
    end = undefined;
    const deadline = setTimeout(() => kill('it did not start in time', true), START_DEADLINE);
    worker = startProcess({
      workerFile: options.workerFile,
      cwd: options.cwd,
      memoryLimitMiB,
      onReady() {
        clearTimeout(deadline);
        state = 'ready';
        problem = undefined;
        watch();
        changed();
      },
      onDevice(message) {
        if (message.backend === device?.backend && message.device === device.device) return;
        device = message;
        changed();
      },
      onProgress(progress) {
        const call = pending.get(progress.job);
        if (!call) return;
        setJob(progress.job, { progress });
        changed();
        call.options.onProgress?.(progress);
        options.onProgress?.(progress);
      },
      onOutput: (line) => options.onOutput?.(line),
      onExit(reason) {
        clearTimeout(deadline);
        onExit(reason);
      },
    });
  };

  /** Ends a process that has work and gives no sign of life. */
  const watch = (): void => {
    const { ping } = worker!;
    stopWatching = startWatchdog({
      interval: hangDeadlineMs / LOOKS,
      patience: LOOKS,
      ping,
      isBusy: () => [...pending.values()].some(({ sent }) => sent),
      onHang: () => void kill(`it did not answer for ${Math.round(hangDeadlineMs / 1000)} seconds`, true),
    });
  };

  const kill = (reason: string, isFault = false): Promise<void> => {
    end ??= { reason, isFault };
    return worker?.kill() ?? Promise.resolve();
  };

  const rejectAll = (calls: readonly Pending[], error: (call: Pending) => Error): void => {
    for (const call of calls) {
      pending.delete(call.id);
      clearTimeout(call.deadline);
      call.reject(error(call));
    }
    jobs = jobs.filter(({ id }) => pending.has(id));
  };

  const onExit = (exitReason: string): void => {
    const { reason, isFault } = end ?? { reason: exitReason, isFault: true };
    stopWatching();
    worker = undefined;
    device = undefined;
    rejectAll(
      [...pending.values()].filter(({ sent }) => sent),
      ({ cancelled }) => (cancelled ? new CancelledError() : lostCall(reason)),
    );
    if (!disposed) {
      problem = `The compute process was lost: ${reason}.`;
      const delay = isFault ? backOff.afterCrash(Date.now()) : 0;
      if (delay === undefined) fail();
      else {
        state = 'restarting';
        restartTimer = setTimeout(startAgain, delay);
      }
    }
    options.onLost?.();
    changed();
  };

  const startAgain = (): void => {
    restartTimer = undefined;
    spawn();
    pump();
    changed();
  };

  const fail = (): void => {
    state = 'failed';
    problem = `${problem} It has ended too often and is not started again.`;
    rejectAll([...pending.values()], () => failed());
  };
  const failed = (): UserError =>
    new UserError(problem!, { hint: 'See what it printed in the output, then restart it with the command for that.' });

  const cancelCall = (call: Pending): void => {
    if (call.cancelled || !pending.has(call.id)) return;
    call.cancelled = true;
    call.cancellation.cancel();
    if (!call.sent || !call.queued) {
      settle(call, () => call.reject(new CancelledError()));
      return;
    }
    setJob(call.id, { state: 'cancelling' });
    clearTimeout(call.deadline);
    call.deadline = setTimeout(
      () => void kill(`a cancelled job did not stop within ${cancelDeadlineMs / 1000} seconds`),
      cancelDeadlineMs,
    );
    changed();
  };

  return {
    call(name, params, callOptions = {}) {
      if (disposed) return Promise.reject(new Error('the supervisor is disposed'));
      if (callOptions.signal?.aborted) return Promise.reject(new CancelledError());
      if (state === 'failed') return Promise.reject(failed());
      return new Promise((resolve, reject) => {
        const id = randomUUID();
        const onAbort = () => cancelCall(call);
        const leave = () => callOptions.signal?.removeEventListener('abort', onAbort);
        const call: Pending = {
          id,
          name,
          params,
          options: callOptions,
          cancellation: new CancellationTokenSource(),
          queued: callOptions.queue ?? isQueued(name),
          sent: false,
          cancelled: false,
          resolve(result) {
            leave();
            resolve(result as WorkerCalls[typeof name]['result']);
          },
          reject(error) {
            leave();
            reject(error);
          },
        };
        pending.set(id, call);
        callOptions.signal?.addEventListener('abort', onAbort);
        if (call.queued) jobs = enqueue(jobs, { id, name, title: callOptions.title ?? name, state: 'queued' });
        pump();
        if (call.queued) changed();
      });
    },
    cancel(job) {
      const call = pending.get(job);
      if (call) cancelCall(call);
      return call !== undefined;
    },
    status,
    pid: () => worker?.pid,
    async restart() {
      backOff.reset();
      await kill('it was restarted');
      clearTimeout(restartTimer);
      if (!worker && !disposed) startAgain();
    },
    async dispose() {
      disposed = true;
      clearTimeout(restartTimer);
      rejectAll([...pending.values()], () => new CancelledError());
      await kill('it is not needed any more');
      state = 'stopped';
    },
  };
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
