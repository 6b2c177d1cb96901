/** Finds model definitions in files and folders, without running anything. */
import { type Dirent, statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { UserError, usageError } from '../protocol/errors';
import { FRONT_ENDS, frontEndFor } from './registry';
import { joinModelSpecifier } from './specifier';
import type { FoundDefinition, FrontEnd } from './types';

export interface FoundModel extends FoundDefinition {
  /** What to load it by. */
  readonly specifier: string;
  /** Absolute path. */
  readonly file: string;
}

export interface FindOptions {
  /** Receives the mistakes in files of a searched folder; such files are left out. */
  readonly onProblem?: (problem: UserError) => void;
  readonly frontEnds?: readonly FrontEnd[];
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist']);

/**
 * The models defined by the text of one file, as an editor has it: not necessarily what is on disk.
 *
 * @param file Absolute path; its extension says what the text is. A file of no front end defines none.
 * @throws UserError with the place of a syntax error.
 */
export function findModelsInText(
  text: string,
  file: string,
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
): FoundModel[] {
  const found = frontEndFor(file, frontEnds)?.findInText(text, file) ?? [];
  return found.map((definition) => ({
    specifier: joinModelSpecifier(file, definition.exportName),
    file,
    ...definition,
  }));
}

async function findInFile(file: string, { frontEnds = FRONT_ENDS }: FindOptions): Promise<FoundModel[]> {
  const largest = frontEndFor(file, frontEnds)?.largestSearched?.(extname(file).toLowerCase());
  if (largest !== undefined && (await stat(file)).size > largest) return [];
  return findModelsInText(await readFile(file, 'utf8'), file, frontEnds);
}

function isSearched(entry: Dirent, { frontEnds }: FindOptions): boolean {
  if (entry.name.startsWith('.')) return false;
  if (entry.isDirectory()) return !SKIPPED_FOLDERS.has(entry.name);
  return entry.isFile() && frontEndFor(entry.name, frontEnds) !== undefined;
}

/** A mistake in the file, or a file that the system does not let us read; anything else is thrown on. */
function toProblem(error: unknown, path: string): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof Error && 'syscall' in error) return new UserError(`${path} cannot be read: ${error.message}.`);
  throw error;
}

async function findInFolder(folder: string, options: FindOptions): Promise<FoundModel[]> {
  const all = await readdir(folder, { withFileTypes: true });
  const entries = all.filter((entry) => isSearched(entry, options));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: FoundModel[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    try {
      found.push(...(await (entry.isDirectory() ? findInFolder(path, options) : findInFile(path, options))));
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
  return status.isDirectory() ? findInFolder(absolute, options) : findInFile(absolute, options);
}
