/** What iterative rewind pruning takes, and tells while it runs. */
import type { Executor } from '../../executors/types';
import type { Network } from '../../models/types';
import type { MetricValues } from '../../protocol/catalogue/metrics';
import type { Dataset } from '../../protocol/data';
import type { Weights } from '../../pruning/types';
import type { TrainingConfig } from '../../training/config';
import type { FinishedIteration, RewindSettings } from '../types';

/** One network to be pruned iteratively, all but where and on what. */
export interface RewindTask {
  /** A short name for people, e.g. `lenet-300-100`. */
  readonly label: string;
  /** Fingerprint of the topology. */
  readonly modelHash: string;
  readonly network: Network;
  /** Values of every parameter at initialization. */
  readonly weights: Weights;
  /** Names of the weights that may be pruned. */
  readonly prunable: readonly string[];
  /** Data set as it was asked for; `dataset` is what it means. */
  readonly data: string;
  readonly dataset: Dataset;
  /** Of each iteration's training. Its seed is that of the settings. */
  readonly config: TrainingConfig;
  readonly settings: RewindSettings;
  /** Class-balanced batches for the gradient at initialization, and for SNIP. */
  readonly pruningBatches: number;
}

export interface RewindRequest extends RewindTask {
  readonly executor: Executor;
  /** Keeps the state. What was finished in it is not done again. */
  readonly folder: string;
  /** Ends the work between two batches; what was finished is kept. */
  readonly signal?: AbortSignal;
  onProgress?(event: RewindEvent): void;
}

/** Iterations and epochs count from 1. */
export type RewindEvent =
  | {
      readonly kind: 'training';
      readonly iteration: number;
      readonly iterations: number;
      /** Fraction removed, in this training. */
      readonly sparsity: number;
      readonly epoch: number;
      readonly epochs: number;
      /** Means over the epoch so far. */
      readonly loss: number;
      readonly metrics: MetricValues;
      readonly imagesPerSecond: number;
      /** Share of the whole work that is done, 0 … 1. */
      readonly done: number;
      /** Until the last iteration's end; undefined until it can be estimated. */
      readonly secondsLeft: number | undefined;
    }
  | ({
      /** Trained and pruned; its sparsity is that of its training. */
      readonly kind: 'iteration';
      readonly iterations: number;
      readonly done: number;
    } & FinishedIteration);
