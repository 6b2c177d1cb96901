/** Starts the loader process, hands it a job and sees to it that it ends. */
import { type ChildProcess, fork } from 'node:child_process';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import {
  DEADLINE_REASON,
  type Limits,
  MEMORY_REASON,
  REASON_DESCRIPTOR,
  watchEnvironment,
} from '../../processes/watchProcess';
import { UserError } from '../../protocol/errors';
import type { ModelDescription } from './description';
import type { LoadAnswer, LoadJob } from './loaderProtocol';

export interface RunOptions {
  /** The bundled `loaderProcess.ts`. */
  readonly loaderFile: string;
  readonly timeoutSeconds: number;
  /** Resident memory in bytes beyond which the process ends itself. */
  readonly memoryLimit: number;
  readonly signal?: AbortSignal;
  /** Receives each line that the user's code prints. */
  readonly onOutput: (line: string) => void;
}

/** How long to wait for the rest of the output when the process has ended but something it started holds the pipe. */
const OUTPUT_GRACE_MILLISECONDS = 500;

/** Milliseconds after its deadline at which the process ends itself, where nobody has ended it. */
const DEADLINE_GRACE = 1000;

function startLoader(loaderFile: string, cwd: string, limits: Limits): ChildProcess {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  return fork(loaderFile, [], {
    cwd,
    // Inside an editor the executable is Electron, which runs as plain Node when told to.
    env: { ...environment, ...watchEnvironment(limits), ELECTRON_RUN_AS_NODE: '1' },
    execArgv: ['--no-warnings'],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
}

function forwardLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
}

/** The error for a process that was not done in time. */
function endedLate(file: string, timeoutSeconds: number): UserError {
  return new UserError(`The model code did not finish within ${timeoutSeconds} seconds.`, {
    location: { file, line: 1, column: 1 },
    hint: 'Check it for endless loops, and keep data sets and training out of the model file.',
  });
}

/** The error for a process that ended without an answer. */
function endedEarly(file: string, code: number | null, signal: string | null, outOfMemory: boolean): UserError {
  const location = { file, line: 1, column: 1 };
  if (outOfMemory) {
    return new UserError('The model code used up its memory.', {
      location,
      hint: 'Keep data sets and training out of the model file, and check its loops and layer sizes.',
    });
  }
  const how = signal ? `crashed (${signal})` : `ended (exit code ${code})`;
  return new UserError(`The process of the model code ${how} before it gave a model.`, {
    location,
    hint: 'Check the file for calls that end the process and for native packages.',
  });
}

/**
 * Runs `job` in a new process.
 *
 * @throws UserError for what the user's code does wrong, a timeout, a crash; the signal's reason when it is aborted.
 */
export function runLoader(job: LoadJob, options: RunOptions): Promise<ModelDescription> {
  const { signal, timeoutSeconds, memoryLimit, onOutput } = options;
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const deadlineMs = timeoutSeconds * 1000;
    const limits = { memory: memoryLimit, deadline: deadlineMs + DEADLINE_GRACE };
    const child = startLoader(options.loaderFile, dirname(job.file), limits);
    let answer: LoadAnswer | undefined;
    let stopped: unknown;
    let outOfMemory = false;

    const stop = (reason: unknown): void => {
      stopped ??= reason;
      child.kill('SIGKILL');
    };
    const onAbort = (): void => stop(signal!.reason);
    const deadline = setTimeout(() => stop(endedLate(job.file, timeoutSeconds)), deadlineMs);
    signal?.addEventListener('abort', onAbort);

    const settle = (code: number | null, killSignal: string | null): void => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', onAbort);
      if (answer?.type === 'model') resolve(answer.description);
      else if (answer) reject(new UserError(answer.message, answer));
      else reject(stopped ?? endedEarly(job.file, code, killSignal, outOfMemory));
    };

    forwardLines(child.stdout!, onOutput);
    forwardLines(child.stderr!, (line) => {
      outOfMemory ||= /JavaScript heap out of memory/.test(line);
      onOutput(line);
    });
    child.stdio[REASON_DESCRIPTOR]?.on('data', (data) => {
      outOfMemory ||= String(data) === MEMORY_REASON;
      // This process was stopped itself when the time was up.
      if (String(data) === DEADLINE_REASON) stop(endedLate(job.file, timeoutSeconds));
    });
    child.on('message', (message) => {
      answer ??= message as LoadAnswer;
    });
    child.on('error', (error) => {
      stop(error);
      // A process that could not be started does not end either.
      if (child.pid === undefined) settle(null, null);
    });
    child.on('exit', () => {
      setTimeout(() => {
        for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      }, OUTPUT_GRACE_MILLISECONDS).unref();
    });
    child.on('close', settle);
    child.send(job);
  });
}
