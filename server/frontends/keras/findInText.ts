/** Finds the models in one text: exports of a module, or a Keras topology. */
import type { FoundDefinition, Neighbours } from '../types';
import { findExportedModels } from './discovery/moduleModels';
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
