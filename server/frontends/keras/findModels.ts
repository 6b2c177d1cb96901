/** Finds model definitions in files and folders, without running anything. */
import { type Dirent, statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { UserError, usageError } from '../../protocol/errors';
import { findExportedModels, type TextRange } from './discovery/moduleModels';
import { parseJson } from './json/jsonNodes';
import { findModelNode } from './json/kerasJson';
import { KERAS_EXTENSION, MODULE_EXTENSIONS } from './modelSpecifier';

export interface FoundModel {
  /** What to give to `loadModel`. */
  readonly specifier: string;
  /** Absolute path. */
  readonly file: string;
  /** The export of a module; absent for Keras JSON. */
  readonly exportName?: string;
  /** A model that exists once the module is imported, a function that builds one, or a Keras topology. */
  readonly kind: 'model' | 'builder' | 'keras-json';
  /** The definition; lines and columns count from 1. */
  readonly range: TextRange;
}

export interface FindOptions {
  /** Receives the mistakes in files of a searched folder; such files are left out. */
  readonly onProblem?: (problem: UserError) => void;
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist']);
/** No topology is longer; what is longer is data. */
const LONGEST_JSON = 64 * 2 ** 20;

function modelsInJson(text: string, file: string): FoundModel[] {
  if (!text.includes('"class_name"') || !/"(?:Sequential|Functional|Model)"/.test(text)) return [];
  const { root, locate } = parseJson(text, file);
  const model = findModelNode(root);
  if (!model) return [];
  const range = { start: locate(model.offset), end: locate(model.offset + model.length) };
  const position = ({ line, column }: { line: number; column: number }) => ({ line, column });
  const { start, end } = range;
  return [{ specifier: file, file, kind: 'keras-json', range: { start: position(start), end: position(end) } }];
}

/**
 * The models defined by the text of one file, as an editor has it: not necessarily what is on disk.
 *
 * @param file Absolute path; its extension says what the text is. Any but a module or JSON file defines none.
 * @throws UserError with the place of a syntax error.
 */
export function findModelsInText(text: string, file: string): FoundModel[] {
  const extension = extname(file).toLowerCase();
  if (extension === KERAS_EXTENSION) return modelsInJson(text, file);
  if (!MODULE_EXTENSIONS.includes(extension) || /\.d\.[cm]?ts$/.test(basename(file))) return [];
  return findExportedModels(text, file).map((found) => ({ specifier: `${file}#${found.exportName}`, file, ...found }));
}

async function findInFile(file: string): Promise<FoundModel[]> {
  const { size } = await stat(file);
  if (extname(file).toLowerCase() === KERAS_EXTENSION && size > LONGEST_JSON) return [];
  return findModelsInText(await readFile(file, 'utf8'), file);
}

function isSearched(entry: Dirent): boolean {
  if (entry.name.startsWith('.')) return false;
  if (entry.isDirectory()) return !SKIPPED_FOLDERS.has(entry.name);
  return entry.isFile() && [...MODULE_EXTENSIONS, KERAS_EXTENSION].includes(extname(entry.name).toLowerCase());
}

/** A mistake in the file, or a file that the system does not let us read; anything else is thrown on. */
function toProblem(error: unknown, path: string): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof Error && 'syscall' in error) return new UserError(`${path} cannot be read: ${error.message}.`);
  throw error;
}

async function findInFolder(folder: string, options: FindOptions): Promise<FoundModel[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(isSearched);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: FoundModel[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    try {
      found.push(...(entry.isDirectory() ? await findInFolder(path, options) : await findInFile(path)));
    } catch (error) {
      options.onProblem?.(toProblem(error, path));
    }
  }
  return found;
}

/**
 * The model definitions in a file, or in a folder and those below it (hidden ones, `node_modules` and `dist` apart), in
 * the order of their paths and lines.
 *
 * @throws UserError when `path` does not exist, or is a file with a syntax error.
 */
export async function findModels(path: string, options: FindOptions = {}): Promise<FoundModel[]> {
  const absolute = resolve(path);
  const status = statSync(absolute, { throwIfNoEntry: false });
  if (!status) throw usageError(`${absolute} does not exist.`, 'Name a model file or a folder with model files.');
  return status.isDirectory() ? findInFolder(absolute, options) : findInFile(absolute);
}
