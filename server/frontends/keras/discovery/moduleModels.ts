/** Finds the exports of a module that define models, by reading its syntax only. */
import type { SourceLocation } from '../../../protocol/errors';
import { createNeighbours } from '../../neighbours';
import type { Neighbours, TextRange } from '../../types';
import { createExportReader, type LoadedExport } from './meanings';
import { leadsToTensorflow, type Module, readModule, readModuleText, resolveImport } from './modules';
import type { Node } from './syntax';

export interface FoundExport {
  readonly exportName: string;
  readonly kind: 'model' | 'builder';
  readonly range: TextRange;
}

/** What the syntax of a module tells of what it exports. */
export interface ModuleOutline {
  /** Where each export is defined. */
  readonly locations: { readonly [exportName: string]: SourceLocation };
  /** Exports that are models or give one, as far as the code shows. */
  readonly models: readonly string[];
  /** Exported functions that can be called without arguments. */
  readonly callable: readonly string[];
  /** Functions and values that could be a model, if they were exported. */
  readonly unexported: readonly string[];
  /** Whether nothing at all is exported. */
  readonly exportsNothing: boolean;
}

const NOTHING_KNOWN: ModuleOutline = { locations: {}, models: [], callable: [], unexported: [], exportsNothing: false };

/** Deepest chain of `export *` that is followed. */
const DEEPEST_PASSED_ON = 8;

function rangeOf({ loc }: Node): TextRange {
  const { start, end } = loc!;
  return {
    start: { line: start.line, column: start.column + 1 },
    end: { line: end.line, column: end.column + 1 },
  };
}

interface NamedExport {
  readonly exportName: string;
  /** What is shown for it in this module. */
  readonly node: Node;
}

/** Everything that a module exports under a name, its own before what it passes on. */
function namedExports(module: Module, neighbours: Neighbours, depth = 0): NamedExport[] {
  const own = module.exports.map(({ exportName, value, whole }): NamedExport => {
    const [first] = value.type === 'Identifier' ? (module.definitions.get(value.name) ?? []) : [];
    const isShort = first !== undefined && first.property === undefined;
    return { exportName, node: isShort ? first.value : whole };
  });
  const passed = module.passedOn.flatMap(({ exportName, module: from, whole }): NamedExport[] => {
    if (exportName !== undefined) return [{ exportName, node: whole }];
    const file = resolveImport(module.file, from, neighbours);
    const target = file === undefined || depth > DEEPEST_PASSED_ON ? undefined : readModule(file, neighbours);
    const all = target ? namedExports(target, neighbours, depth + 1) : [];
    return all
      .filter((one) => one.exportName !== 'default')
      .map((one) => ({ exportName: one.exportName, node: whole }));
  });
  const names = new Set<string>();
  return [...own, ...passed].filter(({ exportName }) => !names.has(exportName) && names.add(exportName));
}

/**
 * The exported models and builders of the module `text`. What is exported is a model, or a function that needs no arguments and
 * returns one: by its type, or because a call of TensorFlow.js reaches the return, through functions, classes and other modules.
 *
 * @throws UserError with the place of a syntax error.
 */
export function findExportedModels(text: string, file: string, neighbours: Neighbours): FoundExport[] {
  if (!/\bexports?\b/.test(text) || !leadsToTensorflow(text, file, neighbours)) return [];
  const module = readModuleText(text, file);
  const read = createExportReader(neighbours);
  return namedExports(module, neighbours).flatMap(({ exportName, node }): FoundExport[] => {
    const loaded = read(module, exportName);
    if (!loaded || loaded.kind === 'callable') return [];
    return [{ exportName, kind: loaded.kind, range: rangeOf(node) }];
  });
}

/** Names at the top of a module that would be models if they were exported. */
function unexportedModels(module: Module, read: (module: Module, name: string) => LoadedExport | undefined): string[] {
  const all: Module = {
    ...module,
    exports: [...module.definitions].map(([name, [{ value }]]) => ({
      exportName: name,
      value: { type: 'Identifier', name } as Node,
      whole: value,
    })),
  };
  return [...module.definitions.keys()].filter((name) => {
    const loaded = read(all, name);
    return loaded !== undefined && loaded.kind !== 'callable';
  });
}

/**
 * What the syntax of `text` tells of its exports. Nothing where this parser does not understand the text, because it is not the
 * judge of it.
 */
export function outlineModule(text: string, file: string, neighbours: Neighbours = createNeighbours()): ModuleOutline {
  let module: Module;
  try {
    module = readModuleText(text, file);
  } catch {
    return NOTHING_KNOWN;
  }
  const read = createExportReader(neighbours);
  const exports = namedExports(module, neighbours);
  const kinds = exports.map(({ exportName }) => ({ exportName, kind: read(module, exportName)?.kind }));
  // A module of CommonJS can export in ways that no syntax shows.
  const exportsNothing = exports.length === 0 && module.passedOn.length === 0 && !/\bexports\b/.test(text);
  return {
    locations: Object.fromEntries(
      exports.map(({ exportName, node }) => [exportName, { file, ...rangeOf(node).start }]),
    ),
    models: kinds.flatMap(({ exportName, kind }) => (kind === 'model' || kind === 'builder' ? [exportName] : [])),
    callable: kinds.flatMap(({ exportName, kind }) => (kind === 'builder' || kind === 'callable' ? [exportName] : [])),
    unexported: exportsNothing ? unexportedModels(module, read) : [],
    exportsNothing,
  };
}
