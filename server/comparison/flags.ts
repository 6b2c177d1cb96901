/** Flags of `prunelens compare`. */

import type { Adaptation } from '../pruning/structured';
import type { CriterionOptions, ModelOptions, StructuredOptions, TrainingFlags } from '../request/flags';

/** How methods that prune after training go about it. */
export interface ConvergenceOptions {
  /** Fraction of the weights left that goes in each round of training and pruning; absent: all at once. */
  readonly pruningRate?: number;
  /** Epochs of training after a pruning, instead of as many as before it (`magnitude-after-training`). */
  readonly fineTuneEpochs?: number;
  /** Finished epochs of training to which weights are rewound; 0, the default, is initialization (`lottery-ticket`). */
  readonly rewindEpoch?: number;
}

/** How structured methods go about it. */
export interface ShrinkOptions extends Pick<StructuredOptions, 'sparsityOf'> {
  /** What becomes of the weights that stay; absent: nothing. */
  readonly adapt?: Adaptation;
}

export interface CompareFlags extends ModelOptions, CriterionOptions, TrainingFlags, ConvergenceOptions, ShrinkOptions {
  readonly methods: readonly string[];
  readonly sparsities: readonly number[];
  readonly seeds: number;
  readonly dense: boolean;
  readonly out: string;
  readonly resume?: boolean;
}
