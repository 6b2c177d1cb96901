/** Finds the exports of a module that define models, by reading its syntax only. */
import type { SourceLocation } from '../../../protocol/errors';
import { createNeighbours } from '../../neighbours';
import type { Explanation, Neighbours, TextRange } from '../../types';
import { createExportReader, type ExportReader } from './meanings';
import { leadsToTensorflow, type Module, readModule, readModuleText, resolveImport } from './modules';
import type { Node } from './syntax';

export interface FoundExport {
  readonly exportName: string;
  readonly kind: 'model' | 'builder' | 'needs-arguments' | 'possible';
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
  const { read } = createExportReader(neighbours);
  return namedExports(module, neighbours).flatMap(({ exportName, node }): FoundExport[] => {
    const kind = read(module, exportName)?.kind;
    return kind === 'model' || kind === 'builder' ? [{ exportName, kind, range: rangeOf(node) }] : [];
  });
}

/**
 * What else may be a model in a module, for those who can ask their user: functions that need arguments, members of exported objects,
 * the method `build` of exported classes (`Net.build`), and what only running it tells of.
 *
 * @throws UserError with the place of a syntax error.
 */
export function findFurtherModels(text: string, file: string, neighbours: Neighbours): FoundExport[] {
  if (!/\bexports?\b/.test(text) || !leadsToTensorflow(text, file, neighbours)) return [];
  const module = readModuleText(text, file);
  const reader = createExportReader(neighbours);
  return namedExports(module, neighbours).flatMap(({ exportName, node }): FoundExport[] => {
    const kind = reader.read(module, exportName)?.kind;
    const range = rangeOf(node);
    if (kind === 'model' || kind === 'builder') return [];
    if (kind === 'needs-arguments') return [{ exportName, kind, range }];
    const members = reader.members(module, exportName).flatMap((member): FoundExport[] => {
      if (member.kind === 'callable' || member.kind === 'needs-arguments') return [];
      const place = member.node ? rangeOf(member.node) : range;
      return [{ exportName: `${exportName}.${member.name}`, kind: member.kind, range: place }];
    });
    if (members.length > 0) return members;
    return reader.isOpen(module, exportName) ? [{ exportName, kind: 'possible', range }] : [];
  });
}

/** Names at the top of a module that would be models if they were exported. */
function unexportedModels(module: Module, { read }: ExportReader): string[] {
  const all: Module = {
    ...module,
    exports: [...module.definitions].map(([name, [{ value }]]) => ({
      exportName: name,
      value: { type: 'Identifier', name } as Node,
      whole: value,
    })),
  };
  return [...module.definitions.keys()].filter((name) => {
    const kind = read(all, name)?.kind;
    return kind === 'model' || kind === 'builder';
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
  const reader = createExportReader(neighbours);
  const exports = namedExports(module, neighbours);
  const members = exports.flatMap(({ exportName, node }) =>
    reader.members(module, exportName).map(({ name, kind, node: own = node }) => ({
      exportName: `${exportName}.${name}`,
      kind,
      node: own,
    })),
  );
  const kinds = [
    ...exports.map(({ exportName }) => ({ exportName, kind: reader.read(module, exportName)?.kind })),
    ...members,
  ];
  // A module of CommonJS can export in ways that no syntax shows.
  const exportsNothing = exports.length === 0 && module.passedOn.length === 0 && !/\bexports\b/.test(text);
  return {
    locations: Object.fromEntries(
      [...exports, ...members].map(({ exportName, node }) => [exportName, { file, ...rangeOf(node).start }]),
    ),
    models: kinds.flatMap(({ exportName, kind }) => (kind === 'model' || kind === 'builder' ? [exportName] : [])),
    callable: kinds.flatMap(({ exportName, kind }) => (kind === 'builder' || kind === 'callable' ? [exportName] : [])),
    unexported: exportsNothing ? unexportedModels(module, reader) : [],
    exportsNothing,
  };
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** See `FrontEnd.explain`, of a module in which no model is found. */
export function explainModule(text: string, file: string, neighbours: Neighbours): Explanation {
  const module = readModuleText(text, file);
  const { exportsNothing, unexported, callable } = outlineModule(text, file, neighbours);
  if (exportsNothing) {
    const hint =
      unexported.length > 0
        ? `It defines ${quoted(unexported)}: export what is the model.`
        : 'Export a tf.LayersModel, or a function that returns one.';
    return { text: `It exports nothing. ${hint}`, callable: [] };
  }
  if (!leadsToTensorflow(text, file, neighbours)) {
    return { text: 'Neither it nor the files that it imports import TensorFlow.js (@tensorflow/tfjs).', callable };
  }
  const names = namedExports(module, neighbours).map(({ exportName }) => exportName);
  const told = 'its code does not show that it is a tf.LayersModel, or a function that returns one';
  const hint = 'Write the type that a function returns (tf.LayersModel, or @returns {tf.LayersModel}).';
  const open = callable.length > 0 ? ` ${quoted(callable)} can be called to find out.` : '';
  return { text: `Of ${quoted(names)}, ${told}. ${hint}${open}`, callable };
}
