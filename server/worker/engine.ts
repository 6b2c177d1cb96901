/** A compute process as those see it who have it compute: calls that can be queued and cancelled, and its state. */
import type { ServerStatus } from '../protocol/editor';
import type { WorkerCall, WorkerCalls, WorkerProgress } from '../protocol/worker';

export interface CallOptions {
  /** What the job is called in the list of jobs. */
  readonly title?: string;
  /** Cancels the call, running or queued. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: WorkerProgress) => void;
  /** Whether the call waits its turn; by default describe, score, train and compare do. */
  readonly queue?: boolean;
}

export interface Engine {
  /**
   * Runs a call in the process. Rejects with a UserError for what is wrong with the request, and where the process ends
   * meanwhile; with an UnknownScoreError for a score that is not in memory any more; with a CancelledError.
   */
  call<Name extends WorkerCall>(
    name: Name,
    params: WorkerCalls[Name]['params'],
    options?: CallOptions,
  ): Promise<WorkerCalls[Name]['result']>;
  /** Cancels a job by its id; false where there is none. */
  cancel(job: string): boolean;
  /** Lets a job that waits be the next one; false where none with this id waits. */
  moveFirst(job: string): boolean;
  /** While paused, no job is started that waits its turn; those that run go on. */
  pause(paused: boolean): void;
  status(): ServerStatus;
  /** Starts a fresh process; scores of the old one are gone, running jobs end, waiting ones stay. */
  restart(): Promise<void>;
  /** Ends the process and every call. Resolves when the process is gone. */
  dispose(): Promise<void>;
}

/** What a process is for: `scores` holds them and answers quickly, `work` is for trainings, comparisons and learning. */
export type Lane = 'scores' | 'work';

export interface EngineOptions {
  /** Where the process runs; relative data folders start there. */
  readonly cwd: string;
  /** Whether the code of models may run, asked at each call; without it, no code runs. */
  readonly isTrusted?: () => boolean;
  /** Resident memory in MiB beyond which the process is ended; 8192 by default. */
  readonly memoryLimitMiB?: number;
  /** Jobs, state of the process or backend have changed. */
  readonly onStatus?: (status: ServerStatus) => void;
  /** A process is gone: that of the scores, with every score it held, or that of lasting work. */
  readonly onLost?: (what: Lane) => void;
  /** Each line that the process prints. */
  readonly onOutput?: (line: string) => void;
}

export type EngineFactory = (options: EngineOptions) => Engine;
