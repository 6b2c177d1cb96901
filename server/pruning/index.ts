export { type Connectivity, compileConnectivity, effectiveSparsity } from './connectivity';
export {
  type Control,
  controlledName,
  controls,
  reinitializedWeights,
  shuffleMasks,
  splitControl,
  withControl,
} from './controls';
export { criteria, findCriterion } from './criteria';
export { drawWeights, initialWeights } from './initialWeights';
export { layersJson } from './layersJson';
export { keptMacs } from './macs';
export { activeMagnitudes } from './magnitude';
export { parsePattern, patternSparsity } from './pattern';
export { parseRatios } from './ratios';
export { type LayerSparsity, reportSparsity, type SparsityReport } from './report';
export { defaultScoringOptions, ratiosOf, scoreNetwork } from './score';
export type { ScoringRequest } from './scoreOnce';
export { applyMasks, countKept, keptCount, type SelectionOptions, selectMasks } from './selection';
export { comparedSparsity, measureStability } from './stability';
export type {
  Criterion,
  Diagnostics,
  InnerOptimizer,
  InnerStep,
  InnerStepMemory,
  Masks,
  Saliency,
  Scores,
  ScoringContext,
  ScoringOptions,
  StabilityChoice,
  Weights,
} from './types';
