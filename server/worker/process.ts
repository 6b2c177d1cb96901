/** One compute process and the connection to it. */
import { constants, setPriority } from 'node:os';
import {
  type CancellationToken,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
  ResponseError,
} from 'vscode-languageserver/node';
import { describeEnd } from '../processes/ended';
import { nodeEnvironment, nodeProgram } from '../processes/node';
import { startProcess } from '../processes/start';
import type { ErrorData, WorkerCall, WorkerProgress } from '../protocol/worker';
import { fromFailure } from './failures';
import { inspectorFlags } from './inspector';
import { type CallMessage, DEVICE, type DeviceMessage, PING, PROGRESS, READY } from './messages';

export interface WorkerOptions {
  /** The bundled `entry.ts`. */
  readonly workerFile: string;
  readonly cwd: string;
  readonly memoryLimitMiB: number;
  /** Leaves the processor to others that want it. */
  readonly isPatient: boolean;
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
  /** Ends the process at once, with all that it has started; resolves when it is gone. */
  kill(): Promise<void>;
}

const BYTES_PER_MIB = 2 ** 20;

async function request(
  connection: MessageConnection,
  name: WorkerCall,
  message: CallMessage,
  token: CancellationToken,
): Promise<unknown> {
  try {
    return await connection.sendRequest(name, message, token);
  } catch (error) {
    // The connection broke: the end of the process tells more, and settles its calls.
    if (!(error instanceof ResponseError)) return new Promise<never>(() => {});
    const { code, message: text, data } = error as ResponseError<ErrorData>;
    throw fromFailure({ code, message: text, ...(data && { data }) });
  }
}

/** Lowers the priority of a process, where the system lets us. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It only takes more of the processor then.
  }
}

/** Starts a compute process. */
export function startWorker(options: WorkerOptions): WorkerProcess {
  const { workerFile, cwd, memoryLimitMiB, isPatient, onReady, onDevice, onProgress, onOutput, onExit } = options;
  const { child, ended, end } = startProcess({
    ...nodeProgram(
      workerFile,
      [],
      [`--max-old-space-size=${memoryLimitMiB}`, '--no-warnings', ...inspectorFlags(isPatient)],
    ),
    cwd,
    environment: nodeEnvironment(),
    limits: { memory: memoryLimitMiB * BYTES_PER_MIB },
    ownGroup: true,
    channel: 'ipc',
    onLine: onOutput,
  });
  if (isPatient && child.pid !== undefined) giveWay(child.pid);
  const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  connection.onNotification(READY, onReady);
  connection.onNotification(DEVICE, onDevice);
  connection.onNotification(PROGRESS, onProgress);
  // Messages that cannot be delivered are those to a process that has ended, which its exit tells.
  connection.onError(() => {});
  connection.listen();
  const gone = ended.then((how) => {
    connection.dispose();
    onExit(`it ${describeEnd(how)}`);
  });
  return {
    pid: child.pid,
    send: (name, message, token) => request(connection, name, message, token),
    ping: () => connection.sendRequest(PING),
    async kill() {
      void end();
      await gone;
    },
  };
}
