/** Finds the models in one text: exports of a module, or a Keras topology. */
import type { Explanation, FoundDefinition, Neighbours } from '../types';
import { explainModule, findExportedModels, findFurtherModels } from './discovery/moduleModels';
import { isKerasJson, isModule } from './extensions';
import { parseJson } from './json/jsonNodes';
import { findModelNode } from './json/kerasJson';

function modelsInJson(text: string, file: string): FoundDefinition[] {
  if (!text.includes('"class_name"') || !/"(?:Sequential|Functional|Model)"/.test(text)) return [];
  const { root, locate } = parseJson(text, file);
  const model = findModelNode(root);
  if (!model) return [];
  const position = (offset: number) => {
    const { line, column } = locate(offset);
    return { line, column };
  };
  const range = { start: position(model.offset), end: position(model.offset + model.length) };
  return [{ kind: 'keras-json', range }];
}

/** See `FrontEnd.findInText`. */
export function findInText(text: string, file: string, neighbours: Neighbours): FoundDefinition[] {
  if (isKerasJson(file)) return modelsInJson(text, file);
  return isModule(file) ? findExportedModels(text, file, neighbours) : [];
}

/** See `FrontEnd.findFurther`. */
export function findFurther(text: string, file: string, neighbours: Neighbours): FoundDefinition[] {
  return isModule(file) ? findFurtherModels(text, file, neighbours) : [];
}

/** See `FrontEnd.explain`. */
export function explain(text: string, file: string, neighbours: Neighbours): Explanation {
  if (isModule(file)) return explainModule(text, file, neighbours);
  return {
    text: 'It has no "class_name" of a Keras model: Sequential, Functional or Model, with its layers.',
    callable: [],
  };
}
