/** What one run of a comparison takes. */
import type { Executor } from '../executors/types';
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
  /** Folder of the comparison. */
  readonly out: string;
  /** All sparsities of the comparison, where its runs share one gradual pruning. */
  readonly sparsities: readonly number[];
  /** Shares scores between sparsities; without it every run scores for itself. */
  readonly scores?: ScoreCache;
  readonly signal: AbortSignal;
  onProgress(event: TrainingEvent): void;
  /** Hears what is done before the run's own training, in a few words; the empty text when that begins. */
  onStage?(stage: string): void;
}
