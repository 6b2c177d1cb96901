/** Flags of structured pruning. */
import type { Masks } from '../../pruning';
import type { ChannelMask, ChannelStructure } from '../../pruning/structured';
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

/** What is to stay, and how that was decided. */
export interface Decision {
  readonly structure: ChannelStructure;
  readonly keep: ChannelMask;
  /** Masks over weights that hold in the smaller model too. */
  readonly masks: Masks;
  readonly by: { readonly [key: string]: unknown };
  readonly title: string;
}
