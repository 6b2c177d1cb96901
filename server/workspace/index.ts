/** Finding model definitions and loading them. */
export type { TextRange } from './discovery/module-models';
export { type FindOptions, type FoundModel, findModels, findModelsInText } from './find-models';
export { readKerasJson } from './keras/keras-json';
export { type LoaderFiles, type LoadOptions, loadModel } from './load-model';
export {
  checkTrust,
  joinModelSpecifier,
  type ModelSpecifier,
  parseModelSpecifier,
  splitModelSpecifier,
} from './model-specifier';
