/** What the language server needs of the compute process of a workspace folder. */
import type { ServerStatus } from '../protocol/editor';
import type { WorkerCall, WorkerCalls, WorkerProgress } from '../protocol/worker';

export interface EngineCallOptions {
  /** What the job is called in the list of jobs. */
  readonly title?: string;
  /** Cancels the call, running or queued. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: WorkerProgress) => void;
  /** Whether the call waits its turn; false for short ones that must not wait for a training. */
  readonly queue?: boolean;
}

/** Runs calls in another process. Calls reject with what `toErrorData` understands. */
export interface Engine {
  call<Name extends WorkerCall>(
    name: Name,
    params: WorkerCalls[Name]['params'],
    options?: EngineCallOptions,
  ): Promise<WorkerCalls[Name]['result']>;
  /** Cancels a job by its id; false where there is none. */
  cancel(job: string): boolean;
  status(): ServerStatus;
  /** Starts a fresh process; scores of the old one are gone. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

export interface EngineEvents {
  readonly onStatus: () => void;
  /** A line that the process printed. */
  readonly onOutput: (line: string) => void;
  /** The process is gone, with every score it held. */
  readonly onLost: () => void;
}

export interface EngineOptions extends EngineEvents {
  /** Where the process runs; relative data folders start there. */
  readonly folder: string;
  /** Whether the code of models may run, asked at each call. */
  readonly isTrusted: () => boolean;
  /** MiB. */
  readonly memoryLimit?: number;
}

export type EngineFactory = (options: EngineOptions) => Engine;
