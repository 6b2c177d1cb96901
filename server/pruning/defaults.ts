/** The options that criteria take for granted. */
import { defaultValues, SHARED_OPTIONS } from './options';
import { PROSPR_OPTIONS } from './prospr';
import type { ScoringOptions } from './types';

/** Options as the criteria's authors use them, but for the step of ProsPr, which is one that fits. */
export const defaultScoringOptions = {
  sparsity: 0.9,
  ...defaultValues([...Object.values(PROSPR_OPTIONS), SHARED_OPTIONS.warmUpBatches]),
} as ScoringOptions;
