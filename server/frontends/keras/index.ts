/** Finding model definitions and loading them. */
export type { TextRange } from './discovery/moduleModels';
export { type FindOptions, type FoundModel, findModels, findModelsInText } from './findModels';
export { readKerasJson } from './json/kerasJson';
export { type LoaderFiles, type LoadOptions, loadModel } from './loadModel';
export {
  checkTrust,
  joinModelSpecifier,
  type ModelSpecifier,
  parseModelSpecifier,
  splitModelSpecifier,
} from './modelSpecifier';
