/** Flags of `prunelens compare`. */
import type { CriterionOptions, DynamicFlags, ModelOptions, StabilityFlags, TrainingFlags } from '../request/flags';
import type { ConvergenceOptions, ShrinkOptions } from '../request/types';

export interface CompareFlags
  extends ModelOptions,
    CriterionOptions,
    TrainingFlags,
    ConvergenceOptions,
    DynamicFlags,
    ShrinkOptions,
    StabilityFlags {
  readonly methods: readonly string[];
  readonly sparsities: readonly number[];
  readonly seeds: number;
  readonly dense: boolean;
  readonly out: string;
  readonly resume?: boolean;
  /** Masked networks trained at once in one program; absent: as many as are measured to be the fastest. */
  readonly sideBySide?: number;
}
