/** Finds the exports of a module that define models, by reading its syntax only. */
import type { SourceLocation } from '../../../protocol/errors';
import type { TextRange } from '../../types';
import { exportsOf, importsOf, localDefinitions } from './moduleExports';
import { isFunction, type Node, needsNoArguments, parseModule, unwrap, walk } from './syntax';

export interface FoundExport {
  readonly exportName: string;
  readonly kind: 'model' | 'builder';
  readonly range: TextRange;
}

/** What makes or is a model in TensorFlow.js; types count as well (`: tf.LayersModel`). */
const MODEL_MAKERS = new Set([
  'sequential',
  'model',
  'Sequential',
  'LayersModel',
  'loadLayersModel',
  'loadLayersModelSync',
]);

function rangeOf({ loc }: Node): TextRange {
  const { start, end } = loc!;
  return {
    start: { line: start.line, column: start.column + 1 },
    end: { line: end.line, column: end.column + 1 },
  };
}

/** Whether a use of the name can be a model maker: `tf.sequential`, or the name itself imported from TensorFlow.js. */
function mentionsMaker(node: Node, tensorflowNames: ReadonlySet<string>): boolean {
  switch (node.type) {
    case 'MemberExpression':
      return (
        node.object.type === 'Identifier' &&
        tensorflowNames.has(node.object.name) &&
        node.property.type === 'Identifier' &&
        MODEL_MAKERS.has(node.property.name)
      );
    case 'TSQualifiedName':
      return (
        node.left.type === 'Identifier' &&
        tensorflowNames.has(node.left.name) &&
        node.right.type === 'Identifier' &&
        MODEL_MAKERS.has(node.right.name)
      );
    case 'Identifier':
      return MODEL_MAKERS.has(node.name) && tensorflowNames.has(node.name);
    default:
      return false;
  }
}

/**
 * The exported models and builders of the module `text`. A candidate leads to a model maker of TensorFlow.js, directly
 * or through functions of the module or of files it imports; a function among them needs no arguments.
 *
 * @throws UserError with the place of a syntax error.
 */
export function findExportedModels(text: string, file: string): FoundExport[] {
  if (!text.includes('@tensorflow/tfjs')) return [];
  const statements = parseModule(text, file);
  const { tensorflowNames, relativeNames } = importsOf(statements);
  if (tensorflowNames.size === 0) return [];
  const definitions = localDefinitions(statements);

  const leadsToModel = (node: Node, visited: ReadonlySet<Node>): boolean => {
    for (const part of walk(node)) {
      if (mentionsMaker(part, tensorflowNames)) return true;
      const called = part.type === 'CallExpression' && part.callee.type === 'Identifier' ? part.callee.name : undefined;
      if (called === undefined) continue;
      if (relativeNames.has(called)) return true;
      const definition = definitions.get(called);
      if (definition && !visited.has(definition) && leadsToModel(definition, new Set([...visited, definition]))) {
        return true;
      }
    }
    return false;
  };

  return exportsOf(statements).flatMap(({ exportName, value, whole }): FoundExport[] => {
    const definition = value.type === 'Identifier' ? definitions.get(value.name) : value;
    if (!definition) return [];
    const meaning = unwrap(definition);
    if (meaning.type === 'ClassDeclaration' || meaning.type === 'ClassExpression') return [];
    if (isFunction(meaning) && !needsNoArguments(meaning)) return [];
    const isValue = isFunction(meaning) || ['CallExpression', 'NewExpression'].includes(meaning.type);
    if (!isValue || !leadsToModel(definition, new Set([definition]))) return [];
    const kind = isFunction(meaning) ? 'builder' : 'model';
    return [{ exportName, kind, range: rangeOf(value.type === 'Identifier' ? definition : whole) }];
  });
}

/**
 * Where each export of the module `text` is defined. Nothing where this parser does not understand the text, because
 * it is not the judge of it: the places only make messages more precise.
 */
export function locateExports(text: string, file: string): { [exportName: string]: SourceLocation } {
  let statements: readonly Node[];
  try {
    statements = parseModule(text, file);
  } catch {
    return {};
  }
  const definitions = localDefinitions(statements);
  const located = exportsOf(statements).map(({ exportName, value, whole }) => {
    const node = (value.type === 'Identifier' && definitions.get(value.name)) || whole;
    return [exportName, { file, ...rangeOf(node).start }] as const;
  });
  return Object.fromEntries(located);
}
