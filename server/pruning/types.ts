/** What criteria take and give. */
import type { Executor } from '../executors/types';
import type { Network } from '../models/types';
import type { OptionDefinition, PresetDefinition } from '../protocol/catalogue/types';
import type { GradientNorms } from '../protocol/comparison';
import type { Batch } from '../protocol/data';
import type { StabilityFigures } from '../protocol/stability';

/** A saliency for each weight of each prunable tensor, by parameter name. The highest are kept. */
export type Scores = ReadonlyMap<string, Float32Array>;

/** 1 for each weight kept, 0 for each removed, by parameter name. */
export type Masks = ReadonlyMap<string, Uint8Array>;

/** Values of all parameters, by name. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** What tensors keep, and the names of those that a ratio wanted more of than there is. */
export interface LayerCounts {
  readonly kept: ReadonlyMap<string, number>;
  readonly full: readonly string[];
}

/**
 * What each tensor keeps at a sparsity: whole numbers that add up to round((1 - sparsity) n), each at least `minPerLayer`
 * (or all it has).
 *
 * @throws UserError (usage) where minPerLayer asks for more than stays.
 */
export type CountsAt = (sparsity: number, minPerLayer: number) => LayerCounts;

export interface ScoringOptions {
  /** Fraction to be removed; iterative criteria aim at it. */
  readonly sparsity: number;
  /** ProsPr: number of training steps M the meta-gradient goes through. */
  readonly steps: number;
  /** `auto`: the largest step whose scores rounding does not decide, see innerStep.ts. */
  readonly innerLearningRate: number | 'auto';
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
  /** ProsPr: the optimizer of the inner steps; `sgd` has no momentum. */
  readonly innerOptimizer: InnerOptimizer;
  /** ProsPr with Adam: what is added to the root of the second moment. */
  readonly innerEpsilon: number;
  /** ProsPr: adjoints longer than this are scaled down to it in each step of the recursion; absent, none are. */
  readonly clipAdjoint?: number;
  /** SNIP and 3SP of channels: what a channel's mask multiplies; see structured/gates.ts. */
  readonly gate?: 'output' | 'weights';
  /** SynFlow: how each round makes a whole number of the weights that go. */
  readonly rounding?: 'nearest' | 'truncate';
  /** Random draws of criteria that average over them: Rademacher probes, weights; each criterion has its own default. */
  readonly draws?: number;
  /** Layer ratios by name or by layer, see `ratios/`; absent or `global`: the scores of all layers are compared. */
  readonly ratios?: string;
  /** DPaI: the paper's α and β, and the learning rate of the scores. */
  readonly nodeShare?: number;
  readonly kernelShare?: number;
  readonly scoreLearningRate?: number;
  /** N:M in place of a free choice, see `pattern/`; absent: none. */
  readonly pattern?: string;
  /**
   * Batches that batch normalization takes fixed statistics from before scoring; 0 leaves it with each batch's own. See
   * warmUp.ts.
   */
  readonly warmUpBatches: number;
  /** Batches of more examples are taken in parts of so many; absent, all are taken whole. See parts.ts. */
  readonly microBatch?: number;
  /** ProsPr: compare the norm of each tensor's meta-gradient with that of its gradient at the initial weights. */
  readonly gradientNorms?: boolean;
}

/** The same once the inner step is chosen. */
export interface ChosenOptions extends ScoringOptions {
  readonly innerLearningRate: number;
}

export type InnerOptimizer = 'sgd' | 'momentum' | 'nesterov' | 'adam';

export interface ScoringContext {
  readonly network: Network;
  /** Values at initialization of every parameter, statistics included. */
  readonly weights: Weights;
  /** Names of the weights to score: the network's prunable ones less the excluded. */
  readonly prunable: readonly string[];
  readonly executor: Executor;
  readonly options: ChosenOptions;
  readonly seed: number;
  /** Class-balanced batches, the same for equal counts; throws a UserError where there are not as many. */
  batches(count: number): Promise<readonly Batch[]>;
  /** What each tensor keeps, where layer ratios decide it; criteria that prune in rounds keep to it in each. */
  readonly countsAt?: CountsAt;
  /** All batches there are, where exact ones were given, else undefined. */
  readonly givenBatches?: readonly Batch[];
  readonly signal?: AbortSignal;
  /** Called as work advances, `done` of `total` equal parts. */
  onProgress?(done: number, total: number): void;
}

/** N:M, see `pattern/`: N of M weights stay. */
export interface Pattern {
  readonly kept: number;
  readonly of: number;
}

/** Where the weights of a group lie in a tensor: `of` places, `stride` apart. */
export interface GroupLayout {
  readonly inputs: number;
  readonly stride: number;
}

/** What an N:M selection needs beside scores. */
export interface PatternChoice {
  readonly pattern: Pattern;
  readonly layouts: ReadonlyMap<string, GroupLayout>;
}

export interface Saliency {
  readonly scores: Scores;
  /** How many weights each tensor keeps, where the criterion decides that itself (ERK); else selection is global. */
  readonly kept?: ReadonlyMap<string, number>;
  /** How many each keeps at any sparsity, where layer ratios decide it. */
  readonly countsAt?: CountsAt;
  /** Which weights compete for their places, where a pattern decides it. */
  readonly pattern?: PatternChoice;
  readonly diagnostics?: Diagnostics;
  /** How stable it is under changed weights, where that was measured to choose the inner step. */
  readonly confirmed?: StabilityFigures;
}

/** How stability is measured. */
export interface StabilityChoice {
  /** Weights are changed by this part of themselves. */
  readonly change?: number;
  /** Scorings that figures are means of. */
  readonly repeats?: number;
}

/** A step that was chosen. */
export interface InnerStep {
  readonly innerLr: number;
  /** Of the masks with it and with changed weights. */
  readonly maskIou: number;
}

/** Steps that were chosen, by what they were chosen for. */
export interface InnerStepMemory {
  recall(key: string): Promise<InnerStep | undefined>;
  remember(key: string, step: InnerStep): Promise<void>;
}

/** What a criterion has seen on its way, for people to judge the scores by. */
export interface Diagnostics {
  /** ProsPr: the learning rate of the inner steps, as it was given or chosen. */
  readonly innerLr?: number;
  /**
   * ProsPr: L2 norm of dL(w_M)/dw_k over all trainable parameters for k = 0 … M, before clipping; fewer where the
   * variant does not go back to step 0.
   */
  readonly adjointNorms?: readonly number[];
  /** ProsPr, where they were asked for: L2 norms of a prunable tensor's meta-gradient and gradient (Figure 3). */
  readonly gradientNorms?: readonly GradientNorms[];
  /** Whole sentences on what is doubtful. */
  readonly warnings?: readonly string[];
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
  /**
   * What a score costs, where it is quick enough to follow somebody who edits an architecture: `one gradient`. Editors offer
   * those criteria for estimates.
   */
  readonly estimate?: string;
  /**
   * The options that it reads, its own and those of `options.ts` that it shares. Those that follow from the facts here
   * (`--pruning-batch-size`, `--micro-batch`, `--warm-up-batches`, `--selection`, `--min-per-layer`) are not among them.
   */
  readonly options?: readonly OptionDefinition[];
  readonly presets?: readonly PresetDefinition[];
  /** Whether it decides itself how many weights each layer keeps, and gives `kept`. */
  readonly decidesCounts?: boolean;
  /** Whether its scores hold only for the sparsity they were made for: it prunes in rounds, or decides what each layer keeps. */
  readonly aimsAtSparsity?: boolean;
  /**
   * Whether its score is taken in a network with the statistics of batch normalization as they are in
   * `ScoringContext.weights` after a warm-up; the others have statistics of their own, or none.
   */
  readonly usesStatistics?: boolean;
  score(context: ScoringContext): Promise<Saliency>;
}
