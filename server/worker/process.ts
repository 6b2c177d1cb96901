/** One compute process and the connection to it. */
import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import {
  type CancellationToken,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  ResponseError,
} from 'vscode-languageserver/node';
import { MEMORY_REASON, REASON_DESCRIPTOR, watchEnvironment } from '../processes/watchProcess';
import type { ErrorData, WorkerCall, WorkerProgress } from '../protocol/worker';
import { fromFailure } from './failures';
import { inspectorFlags } from './inspector';
import { type CallMessage, DEVICE, type DeviceMessage, PING, PROGRESS, READY } from './messages';

export interface ProcessOptions {
  /** The bundled `entry.ts`. */
  readonly workerFile: string;
  readonly cwd: string;
  readonly memoryLimitMiB: number;
  readonly onReady: () => void;
  readonly onDevice: (message: DeviceMessage) => void;
  readonly onProgress: (progress: WorkerProgress) => void;
  /** Each line that the process prints. */
  readonly onOutput: (line: string) => void;
  /** The process is gone; `reason` is a clause for people, such as `it used more than 4096 MiB of memory`. */
  readonly onExit: (reason: string) => void;
}

export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Rejects with what the call threw; a call whose process ends does not settle. */
  send(name: WorkerCall, message: CallMessage, token: CancellationToken): Promise<unknown>;
  /** Resolves when the process answers. */
  ping(): Promise<unknown>;
  /** Ends the process at once; resolves when it is gone. */
  kill(): Promise<void>;
}

const BYTES_PER_MIB = 2 ** 20;

function forwardLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
}

function start({ workerFile, cwd, memoryLimitMiB }: ProcessOptions): ChildProcess {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  const watch = watchEnvironment({ memory: memoryLimitMiB * BYTES_PER_MIB });
  return fork(workerFile, [], {
    cwd,
    // Inside an editor the executable is Electron, which runs as plain Node when told to.
    env: { ...environment, ...watch, ELECTRON_RUN_AS_NODE: '1' },
    execArgv: [`--max-old-space-size=${memoryLimitMiB}`, '--no-warnings', ...inspectorFlags()],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
}

/** What the process said when it ended, in words. */
function describeEnd(code: number | null, signal: string | null, outOfMemory: boolean, limit: number): string {
  if (outOfMemory) return `it used more than ${limit} MiB of memory`;
  return signal ? `it was ended by the signal ${signal}` : `it ended with exit code ${code}`;
}

/** Starts a process. */
export function startProcess(options: ProcessOptions): WorkerProcess {
  const child = start(options);
  const reader = new IPCMessageReader(child);
  const writer = new IPCMessageWriter(child);
  const connection = createMessageConnection(reader, writer);
  let outOfMemory = false;
  let ended = false;
  let onGone: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    onGone = resolve;
  });

  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    connection.dispose();
    onGone();
    options.onExit(reason);
  };

  connection.onNotification(READY, options.onReady);
  connection.onNotification(DEVICE, options.onDevice);
  connection.onNotification(PROGRESS, options.onProgress);
  // Messages that cannot be delivered are those to a process that has ended, which its exit tells.
  connection.onError(() => {});
  connection.listen();
  forwardLines(child.stdout, options.onOutput);
  forwardLines(child.stderr, (line) => {
    outOfMemory ||= line.includes('JavaScript heap out of memory');
    options.onOutput(line);
  });
  child.stdio[REASON_DESCRIPTOR]?.on('data', (data) => {
    outOfMemory ||= String(data) === MEMORY_REASON;
  });
  child.on('error', (error) => {
    // A process that could not be started does not exit either.
    if (child.pid === undefined) end(`it could not be started: ${error.message}`);
  });
  // Not 'close': a process that this one has started may hold the pipes. What they have in them is read first.
  child.on('exit', (code, signal) =>
    setImmediate(() => end(describeEnd(code, signal, outOfMemory, options.memoryLimitMiB))),
  );

  return {
    pid: child.pid,
    async send(name, message, token) {
      try {
        return await connection.sendRequest(name, message, token);
      } catch (error) {
        // The connection broke: the end of the process tells more, and settles its calls.
        if (!(error instanceof ResponseError)) return new Promise<never>(() => {});
        const { code, message: text, data } = error as ResponseError<ErrorData>;
        throw fromFailure({ code, message: text, ...(data && { data }) });
      }
    },
    ping: () => connection.sendRequest(PING),
    kill() {
      if (!ended) child.kill('SIGKILL');
      return gone;
    },
  };
}
