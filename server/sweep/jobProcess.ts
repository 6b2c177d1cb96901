/** Doing the runs of a sweep in a process of their own, one for each device. */
import type { BackendRequest } from '../executors/select';
import { describeEnd } from '../processes/ended';
import { nodeProgram } from '../processes/node';
import { type StartedProcess, startProcess } from '../processes/start';
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
  readonly asked: BackendRequest;
  /** The run as any process can do it. */
  readonly resolve: (run: SweepRun) => ResolvedRun;
  readonly slot: Slot;
  readonly signal: AbortSignal;
  /** Told of every process, before it does anything. */
  onSpawn(pid: number): Promise<void>;
}

/** Lines of the errors of a process that are kept for when it dies. */
const LAST_LINES = 5;

interface Job extends StartedProcess {
  readonly device: string;
  /** The latest messages on its standard error. */
  errors(): string;
}

function send({ child }: StartedProcess, message: ToJob): void {
  if (child.connected) child.send(message);
}

/** Waits for a message that `take` accepts, or for the end of the process. */
function receive<T>(
  { child, ended }: StartedProcess,
  errors: () => string,
  take: (message: FromJob) => { readonly value: T } | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      try {
        const taken = take(message as FromJob);
        if (!taken) return;
        resolve(taken.value);
      } catch (error) {
        reject(error);
      }
      child.off('message', onMessage);
    };
    child.on('message', onMessage);
    void ended.then((end) => {
      child.off('message', onMessage);
      const said = errors();
      reject(new UserError(`The job's process ${describeEnd(end)}.${said === '' ? '' : ` It said: ${said}`}`));
    });
  });
}

/** Starts a job and waits until it is ready. @throws the signal's reason where it aborts before. */
async function start({ program, asked, slot, signal, onSpawn }: JobProcessOptions): Promise<Job> {
  signal.throwIfAborted();
  const lines: string[] = [];
  const started = startProcess({
    ...nodeProgram(program, [], process.execArgv),
    environment: { ...process.env, ...slot.environment },
    // A terminal's signals reach it as they reach this process, so that both stop and go on together.
    ownGroup: false,
    channel: 'ipc',
    onLine(line, stream) {
      if (stream === 'errors') lines.splice(0, lines.push(line) - LAST_LINES);
    },
  });
  const errors = () => lines.join('\n').trim();
  const ready = receive(started, errors, (message) => {
    if (message.kind === 'failed') throw new UserError(message.error);
    return message.kind === 'ready' ? { value: message.device } : undefined;
  });
  // Where it fails before it is waited for.
  ready.catch(() => {});
  // It has nothing to keep yet.
  const onAbort = () => void started.end();
  signal.addEventListener('abort', onAbort);
  try {
    if (started.child.pid !== undefined) await onSpawn(started.child.pid);
    send(started, { kind: 'open', asked });
    return { ...started, device: await ready, errors };
  } catch (error) {
    void started.end();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A worker whose runs are done in a process of their own; one that dies takes only its run along, and is replaced. */
export async function createJobProcess(options: JobProcessOptions): Promise<Worker & { readonly device: string }> {
  const { slot, signal, resolve } = options;
  let job = await start(options);
  const { device } = job;
  signal.addEventListener('abort', () => send(job, { kind: 'stop' }), { once: true });
  return {
    name: slot.name,
    device,
    async run(run, onProgress: (progress: RunProgress) => void) {
      if (!job.child.connected) job = await start(options);
      const outcome = receive<RunOutcome>(job, job.errors, (message) => {
        if (message.kind === 'progress') onProgress(message.progress);
        if (message.kind === 'failed') throw new UserError(message.error);
        if (message.kind === 'stopped') throw signal.reason;
        return message.kind === 'finished' ? { value: message.outcome } : undefined;
      });
      send(job, { kind: 'run', run: resolve(run) });
      return outcome;
    },
    async close() {
      if (job.child.connected) job.child.disconnect();
      await job.ended;
    },
  };
}
