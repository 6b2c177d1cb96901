/** Flags of `prunelens compare`. */
import type { CriterionOptions, ModelOptions, TrainingFlags } from '../preparation/requests';

export interface CompareFlags extends ModelOptions, CriterionOptions, TrainingFlags {
  readonly methods: readonly string[];
  readonly sparsities: readonly number[];
  readonly seeds: number;
  readonly dense: boolean;
  readonly out: string;
  readonly resume?: boolean;
}
