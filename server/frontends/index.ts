/** Finding, loading and writing models through the front end that is for them. */
export { type FindOptions, type FoundModel, findModels, findModelsInText } from './findModels';
export { createKeeper, type Keeper } from './keeper';
export { loadNetwork } from './loadNetwork';
export { createNeighbours } from './neighbours';
export { FRONT_ENDS, frontEndFor, frontEndOf } from './registry';
export { checkTrust, joinModelSpecifier, parseModelSpecifier, splitModelSpecifier } from './specifier';
export type {
  FoundDefinition,
  FrontEnd,
  LoadOptions,
  ModelSpecifier,
  ModelWriter,
  Neighbours,
  TextRange,
} from './types';
export { checkModelFolder, MODEL_MASKS, writeModel } from './writeModel';
