/** What criteria take and give. */
import type { Executor } from '../executors/types';
import type { Network } from '../models/types';
import type { Batch } from '../protocol/data';

/** A saliency for each weight of each prunable tensor, by parameter name. The highest are kept. */
export type Scores = ReadonlyMap<string, Float32Array>;

/** 1 for each weight kept, 0 for each removed, by parameter name. */
export type Masks = ReadonlyMap<string, Uint8Array>;

/** Values of all parameters, by name. */
export type Weights = ReadonlyMap<string, Float32Array>;

export interface ScoringOptions {
  /** Fraction to be removed; iterative criteria aim at it. */
  readonly sparsity: number;
  /** ProsPr: number of training steps M the meta-gradient goes through. */
  readonly steps: number;
  readonly innerLearningRate: number;
  readonly innerMomentum: number;
  readonly innerWeightDecay: number;
  readonly variant: 'exact' | 'first-order' | 'released';
  /** ProsPr: take every step on the same batch (as Table 3 of the paper does) instead of a new one each. */
  readonly sameBatch: boolean;
  /** Rounds of iterative criteria; each criterion has its own default. */
  readonly iterations?: number;
  /** Logits are divided by it (GraSP). */
  readonly temperature?: number;
  /** Batches used where a criterion leaves their number free (SNIP, GraSP, FORCE); 1 by default. */
  readonly batches?: number;
}

export interface ScoringContext {
  readonly network: Network;
  /** Values at initialization of every parameter, statistics included. */
  readonly weights: Weights;
  /** Names of the weights to score: the network's prunable ones less the excluded. */
  readonly prunable: readonly string[];
  readonly executor: Executor;
  readonly options: ScoringOptions;
  readonly seed: number;
  /** Class-balanced batches, the same for equal counts; throws a UserError where there are not as many. */
  batches(count: number): Promise<readonly Batch[]>;
  /** All batches there are, where exact ones were given, else undefined. */
  readonly givenBatches?: readonly Batch[];
  readonly signal?: AbortSignal;
  /** Called as work advances, `done` of `total` equal parts. */
  onProgress?(done: number, total: number): void;
}

export interface Saliency {
  readonly scores: Scores;
  /** How many weights each tensor keeps, where the criterion decides that itself (ERK); else selection is global. */
  readonly kept?: ReadonlyMap<string, number>;
}

/** A way to score every weight at initialization. One file each; see docs/adding-a-criterion.md. */
export interface Criterion {
  /** As given to `--method`. */
  readonly name: string;
  /** As shown to people, e.g. `ProsPr`. */
  readonly title: string;
  /** One sentence: what the score means, and the paper. */
  readonly description: string;
  /** Whether it looks at training data. */
  readonly needsData: boolean;
  score(context: ScoringContext): Promise<Saliency>;
}
