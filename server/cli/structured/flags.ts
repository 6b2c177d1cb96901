/** Flags of structured pruning. */
import type { Adaptation } from '../../pruning/structured/adapt';
import type { BatchesOption, CriterionOptions, ModelOptions, StructuredOptions } from '../../request/flags';

export interface ChannelFlags extends ModelOptions, CriterionOptions, BatchesOption, StructuredOptions {
  readonly method: string;
  /** 0 where it is not given: all channels stay. */
  readonly sparsity?: number;
  readonly out?: string;
}

export interface ShrinkFlags extends Omit<ChannelFlags, 'method'> {
  readonly method?: string;
  readonly masks?: string;
  readonly dryRun?: boolean;
  readonly measure?: boolean;
  readonly adapt?: Adaptation;
}
