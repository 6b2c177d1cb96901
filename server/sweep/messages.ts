/** What a sweep and the processes of its jobs say to each other. */
import type { ComparedNetwork } from '../comparison/model';
import type { BackendRequest } from '../executors/select';
import type { LeaseTiming } from '../files/lease';
import type { RunKey, RunOutcome } from '../protocol/comparison';
import type { TrainingRequest } from '../request/types';
import type { RunProgress } from './queue';

/** Everything that a run follows from: plain data, so that a process that knows nothing of the sweep can do it. */
export interface ResolvedRun {
  readonly key: RunKey;
  /** Name of the method whose variant the key's is. */
  readonly method: string;
  /** That of the run: its network's, with the options of its variant. */
  readonly request: TrainingRequest;
  /** The network's, as the folder of the sweep records them. */
  readonly settings: ComparedNetwork['settings'];
  readonly content: ComparedNetwork['content'];
  /** Folder of the sweep. */
  readonly out: string;
  /** Folder of the runs, where it is not that in the sweep's. */
  readonly runs?: string;
  /** Other processes may do runs in that folder, too. */
  readonly timing?: LeaseTiming;
  /** All sparsities of the sweep. */
  readonly sparsities: readonly number[];
}

export type ToJob =
  /** The first one. */
  | { readonly kind: 'open'; readonly asked: BackendRequest }
  | { readonly kind: 'run'; readonly run: ResolvedRun }
  /** End the run under way between two batches. */
  | { readonly kind: 'stop' };

export type FromJob =
  | { readonly kind: 'ready'; readonly device: string }
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  | { readonly kind: 'finished'; readonly outcome: RunOutcome }
  /** The run could not be done, or the backend not be opened, for a reason that is the user's to know. */
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'stopped' };
