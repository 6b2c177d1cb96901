/** Modules around a text: which file an import means, what it holds, and whether TensorFlow.js is behind it at all. */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Neighbours } from '../../types';
import { MODULE_EXTENSIONS } from '../extensions';
import {
  type Definition,
  definitionsOf,
  type ExportedValue,
  exportsOf,
  type ImportedName,
  importsOf,
  type PassedOn,
  passedOnOf,
} from './moduleExports';
import { aliasedPaths } from './pathAliases';
import { parseModule } from './syntax';

export interface Module {
  readonly file: string;
  readonly imports: ReadonlyMap<string, ImportedName>;
  readonly definitions: ReadonlyMap<string, readonly Definition[]>;
  readonly exports: readonly ExportedValue[];
  readonly passedOn: readonly PassedOn[];
}

export const TENSORFLOW = '@tensorflow/tfjs';

/** What an import names: `from './a'`, `import './a'`, `require('./a')`, `import('./a')`. */
const IMPORT = /\b(?:from|import|require)\s*\(?\s*['"]([^'"\n]+)['"]/g;

/** The most modules that are looked at to learn whether TensorFlow.js is behind one. */
const MOST_MODULES = 2000;

/** @throws UserError with the place of a syntax error. */
export function readModuleText(text: string, file: string): Module {
  const statements = parseModule(text, file);
  return {
    file,
    imports: importsOf(statements),
    definitions: definitionsOf(statements),
    exports: exportsOf(statements),
    passedOn: passedOnOf(statements),
  };
}

function remembered<T>({ known }: Neighbours, key: string, make: () => T): T {
  if (!known.has(key)) known.set(key, make());
  return known.get(key) as T;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The file that an import in `from` means, by its path or by a name of the project; undefined where it is none, or a package. */
export function resolveImport(from: string, module: string, neighbours: Neighbours): string | undefined {
  const paths = module.startsWith('.') ? [join(dirname(from), module)] : aliasedPaths(from, module, neighbours);
  for (const path of paths) {
    const file = fileAt(path, neighbours);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** The module at a path, which may lack its extension, or be a folder. */
function fileAt(path: string, neighbours: Neighbours): string | undefined {
  return remembered(neighbours, `keras import ${path}`, () => {
    // TypeScript names the file that it will write: ./a.js is ./a.ts.
    const written = path.replace(/\.([cm]?)js(x?)$/, '.$1ts$2');
    const candidates = [path, written, ...MODULE_EXTENSIONS.map((extension) => path + extension)];
    const inFolder = MODULE_EXTENSIONS.map((extension) => join(path, `index${extension}`));
    return [...candidates, ...inFolder].find(isFile);
  });
}

/** How many modules are kept: syntax trees are large, and few modules are imported by many. */
const MOST_KEPT = 100;

function parseNeighbour(file: string, neighbours: Neighbours): Module | undefined {
  const text = neighbours.read(file);
  try {
    return text === undefined ? undefined : readModuleText(text, file);
  } catch {
    // What is wrong there is said where that file is searched itself.
    return undefined;
  }
}

/** The module in a file; undefined where it cannot be read, or not be understood. */
export function readModule(file: string, neighbours: Neighbours): Module | undefined {
  const kept = remembered(neighbours, 'keras modules', () => new Map<string, Module | undefined>());
  if (!kept.has(file)) {
    kept.set(file, parseNeighbour(file, neighbours));
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT) kept.delete(oldest);
  }
  return kept.get(file);
}

interface Outline {
  readonly hasTensorflow: boolean;
  readonly imports: readonly string[];
}

function outlineOf(text: string): Outline {
  return {
    hasTensorflow: text.includes(TENSORFLOW),
    imports: [...text.matchAll(IMPORT)].map(([, module]) => module),
  };
}

/**
 * Whether a text, or something that it imports, names TensorFlow.js. It looks for words and does not parse: most files of a
 * workspace are found to hold no model by it.
 */
export function leadsToTensorflow(text: string, file: string, neighbours: Neighbours): boolean {
  const { known } = neighbours;
  const keyOf = (path: string): string => `keras leads ${path}`;
  const seen = new Set([file]);
  const pending: { readonly file: string; readonly outline: Outline }[] = [{ file, outline: outlineOf(text) }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (next.outline.hasTensorflow) return true;
    for (const module of next.outline.imports) {
      const target = resolveImport(next.file, module, neighbours);
      if (target === undefined || seen.has(target) || known.get(keyOf(target)) === false) continue;
      seen.add(target);
      if (seen.size > MOST_MODULES) return false;
      const outline = remembered(neighbours, `keras outline ${target}`, () => outlineOf(neighbours.read(target) ?? ''));
      pending.push({ file: target, outline });
    }
  }
  // Nothing that was seen leads there, as all that it imports was seen too; the text itself may change.
  for (const path of seen) if (path !== file) known.set(keyOf(path), false);
  return false;
}
