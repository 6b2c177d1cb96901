/** What making a model smaller takes and gives. */
import type { Executor } from '../executors/types';
import type { Masks } from '../pruning';
import type { ChannelMask, ChannelStructure } from '../pruning/structured';
import type { Adaptation } from '../pruning/structured/adapt';
import type { BatchesOption, CriterionOptions, ModelOptions, StructuredOptions } from '../request/flags';
import type { ModelRequest } from '../request/types';
import type { Sizes, StepTimes } from './sizes';

export interface ChannelFlags extends ModelOptions, CriterionOptions, BatchesOption, StructuredOptions {
  readonly method: string;
  /** 0 where it is not given: all channels stay. */
  readonly sparsity?: number;
}

export interface ShrinkFlags extends Omit<ChannelFlags, 'method'> {
  readonly method?: string;
  readonly masks?: string;
  readonly out?: string;
  readonly dryRun?: boolean;
  readonly measure?: boolean;
  readonly adapt?: Adaptation;
}

/** What is around the work: the command, or a compute process. */
export interface Surroundings {
  readonly signal: AbortSignal;
  /** Gives the backend of a request while `use` lasts. */
  withExecutor<T>(request: ModelRequest, use: (executor: Executor) => Promise<T>): Promise<T>;
  /** Hears what is to be said of data and scores, a sentence each. */
  onNote(text: string): void;
  /** Does work whose progress is told under a title, and measures it. */
  track<T>(
    title: string,
    work: (onProgress: (done: number, total: number) => void) => Promise<T>,
  ): Promise<{ readonly result: T; readonly seconds: number }>;
}

/** What is to stay, and how that was decided. */
export interface Decision {
  readonly structure: ChannelStructure;
  readonly keep: ChannelMask;
  /** Masks over weights that hold in the smaller model too. */
  readonly masks: Masks;
  readonly by: { readonly [key: string]: unknown };
  readonly title: string;
}

/** A model that was made smaller, or would be. */
export interface Shrunk extends Pick<Decision, 'structure' | 'keep' | 'title'> {
  readonly before: Sizes;
  readonly after: Sizes;
  readonly times?: StepTimes;
  /** All of it as plain JSON. */
  readonly document: { readonly [key: string]: unknown };
  /** What was written, absolute or as the folder was named, what is loaded first; empty where nothing was. */
  readonly files: readonly string[];
  /** What was written and what is proved of it: a sentence each. */
  readonly sentences: readonly string[];
}
