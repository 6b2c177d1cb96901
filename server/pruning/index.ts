export { criteria, findCriterion } from './criteria';
export { layersJson } from './layersJson';
export { type LayerSparsity, reportSparsity, type SparsityReport } from './report';
export { defaultScoringOptions, initialWeights, type ScoringRequest, scoreNetwork } from './score';
export { applyMasks, countKept, keptCount, type SelectionOptions, selectMasks } from './selection';
export type { Criterion, Masks, Saliency, Scores, ScoringContext, ScoringOptions, Weights } from './types';
