/** What one run of a comparison takes. */

import type { Stack } from '../executors/stack/lanes';
import type { Executor } from '../executors/types';
import type { LeaseTiming } from '../files/lease';
import type { RunKey } from '../protocol/comparison';
import type { TrainingEvent } from '../training/types';
import type { ComparedNetwork } from './model';
import type { ScoreCache } from './scoreCache';

export interface RunRequest {
  readonly key: RunKey;
  /** Name of the criterion where the key's method is that of a variant of it. */
  readonly method?: string;
  readonly compared: ComparedNetwork;
  readonly executor: Executor;
  /** Other runs are trained at the same time on the same executor: masked networks take a place among them. */
  readonly stack?: Stack;
  /** Folder of the comparison. */
  readonly out: string;
  /** Folder that the runs are in, shared with others; absent: `runs` in `out`. */
  readonly runs?: string;
  /** Other processes may do runs in the same folder: each takes its lease, with this timing. Absent: this one is alone. */
  readonly timing?: LeaseTiming;
  /** All sparsities of the comparison, where its runs share one gradual pruning. */
  readonly sparsities: readonly number[];
  /** Shares scores between sparsities; without it every run scores for itself. */
  readonly scores?: ScoreCache;
  readonly signal: AbortSignal;
  /** Asked before an epoch is kept. @throws where this process must not write any more. */
  permit?(): Promise<void>;
  onProgress(event: TrainingEvent): void;
  /** Hears what is done before the run's own training, in a few words; the empty text when that begins. */
  onStage?(stage: string): void;
}
