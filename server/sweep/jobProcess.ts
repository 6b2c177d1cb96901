/** Doing the runs of a sweep in a process of their own, one for each device. */
import { type ChildProcess, fork } from 'node:child_process';
import type { BackendName } from '../executors/types';
import { watchEnvironment } from '../processes/watchProcess';
import type { RunOutcome } from '../protocol/comparison';
import { UserError } from '../protocol/errors';
import type { Slot } from './devices';
import type { SweepRun } from './expand';
import type { FromJob, ResolvedRun, ToJob } from './messages';
import type { RunProgress, Worker } from './queue';

export interface JobProcessOptions {
  /** Program of a job's process. */
  readonly program: string;
  /** What it computes on. */
  readonly backend: BackendName;
  /** The run as any process can do it. */
  readonly resolve: (run: SweepRun) => ResolvedRun;
  readonly slot: Slot;
  readonly signal: AbortSignal;
  /** Told of every process, before it does anything. */
  onSpawn(pid: number): Promise<void>;
}

/** Lines of the errors of a process that are kept for when it dies. */
const LAST_LINES = 5;

interface Job {
  readonly child: ChildProcess;
  readonly device: string;
  /** The latest messages on its standard error. */
  errors(): string;
}

function send(child: ChildProcess, message: ToJob): void {
  if (child.connected) child.send(message);
}

/** Waits for a message that `take` accepts, or for the death of the process. */
function receive<T>(
  child: ChildProcess,
  errors: () => string,
  take: (message: FromJob) => { readonly value: T } | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      act();
    };
    const onMessage = (message: unknown) => {
      try {
        const taken = take(message as FromJob);
        if (taken) end(() => resolve(taken.value));
      } catch (error) {
        end(() => reject(error));
      }
    };
    const onExit = (code: number | null, signal: string | null) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const said = errors();
      end(() => reject(new UserError(`The job's process was ended ${how}.${said === '' ? '' : ` It said: ${said}`}`)));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}

async function start({ program, backend, slot, onSpawn }: JobProcessOptions): Promise<Job> {
  const child = fork(program, [], {
    env: { ...process.env, ...slot.environment, ...watchEnvironment() },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let text = '';
  child.stderr!.on('data', (data) => {
    text = `${text}${data}`.split('\n').slice(-LAST_LINES).join('\n');
  });
  const errors = () => text.trim();
  const ready = receive(child, errors, (message) => {
    if (message.kind === 'failed') throw new UserError(message.error);
    return message.kind === 'ready' ? { value: message.device } : undefined;
  });
  if (child.pid !== undefined) await onSpawn(child.pid);
  send(child, { kind: 'open', backend });
  return { child, device: await ready, errors };
}

/** A worker whose runs are done in a process of their own; one that dies takes only its run along, and is replaced. */
export async function createJobProcess(options: JobProcessOptions): Promise<Worker & { readonly device: string }> {
  const { slot, signal, resolve } = options;
  let job = await start(options);
  const { device } = job;
  signal.addEventListener('abort', () => send(job.child, { kind: 'stop' }), { once: true });
  return {
    name: slot.name,
    device,
    async run(run, onProgress: (progress: RunProgress) => void) {
      if (!job.child.connected) job = await start(options);
      const outcome = receive<RunOutcome>(job.child, job.errors, (message) => {
        if (message.kind === 'progress') onProgress(message.progress);
        if (message.kind === 'failed') throw new UserError(message.error);
        if (message.kind === 'stopped') throw signal.reason;
        return message.kind === 'finished' ? { value: message.outcome } : undefined;
      });
      send(job.child, { kind: 'run', run: resolve(run) });
      return outcome;
    },
    async close() {
      const { child } = job;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await ended;
    },
  };
}
