import type { Mode } from '../models/types';
import type { ScoringContext } from './types';

/** How criteria made of the loss's derivatives normalize: by fixed statistics after a warm-up, else by each batch's own. */
export function scoringMode({ options }: Pick<ScoringContext, 'options'>): Mode {
  return options.warmUpBatches > 0 ? 'evaluate' : 'score';
}
