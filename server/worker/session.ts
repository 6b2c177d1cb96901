/** What the calls of one compute process share. */

import type { Versions } from '../files/versions';
import type { Keeper } from '../frontends';
import type { WorkerCall, WorkerCalls, WorkerProgress } from '../protocol/worker';
import type { Descriptions } from './descriptions';
import type { Executors } from './executors';
import type { MeasuredSteps } from './measuredSteps';
import type { KeptScores } from './scores/kept';
import type { RunMasks } from './scores/others';
import type { Paths } from './scores/paths';
import type { ScoreStore } from './scores/store';

export interface Session {
  readonly scores: ScoreStore;
  /** Masks of runs, to compare with. */
  readonly runMasks: RunMasks;
  readonly executors: Executors;
  readonly paths: Paths;
  readonly descriptions: Descriptions;
  /** Scores on disk. */
  readonly kept: KeptScores;
  readonly versions: Versions;
  readonly measuredSteps: MeasuredSteps;
  /** What makes loading quicker from the second time on. */
  readonly keeper: Keeper;
  /** Writes a sentence into the log of the editor. */
  note(text: string): void;
}

/** One call: its parameters with what it may use. */
export interface CallContext {
  readonly session: Session;
  /** Whether the code of models may run. */
  readonly trusted: boolean;
  /** Aborted with a CancelledError. */
  readonly signal: AbortSignal;
  report(progress: Omit<WorkerProgress, 'job'>): void;
}

export type CallHandler<Name extends WorkerCall> = (
  params: WorkerCalls[Name]['params'],
  context: CallContext,
) => Promise<WorkerCalls[Name]['result']> | WorkerCalls[Name]['result'];

export type CallHandlers = { readonly [Name in WorkerCall]: CallHandler<Name> };
