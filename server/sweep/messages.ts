/** What a sweep and the processes of its jobs say to each other. */
import type { RunKey, RunOutcome } from '../protocol/comparison';
import type { RunProgress } from './queue';

export type ToJob =
  | { readonly kind: 'run'; readonly key: RunKey }
  /** End the run under way between two batches. */
  | { readonly kind: 'stop' };

export type FromJob =
  | { readonly kind: 'ready'; readonly device: string }
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  | { readonly kind: 'finished'; readonly outcome: RunOutcome }
  /** The run could not be done, for a reason that is the user's to know. */
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'stopped' };
