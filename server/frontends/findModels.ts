/** Finds model definitions in files and folders, without running anything. */
import { type Dirent, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { readText } from '../files/regular';
import { UserError, usageError } from '../protocol/errors';
import { withinStack } from './depth';
import { createNeighbours } from './neighbours';
import { FRONT_ENDS, frontEndFor } from './registry';
import { joinModelSpecifier } from './specifier';
import type { FoundDefinition, FrontEnd, Neighbours } from './types';

export interface FoundModel extends FoundDefinition {
  /** What to load it by. */
  readonly specifier: string;
  /** Absolute path. */
  readonly file: string;
}

export interface FindOptions {
  /** Whether to find what may be a model besides, as `FrontEnd.findFurther` does, without what only running it tells. */
  readonly further?: boolean;
  /** Receives the mistakes in files of a searched folder; such files are left out. */
  readonly onProblem?: (problem: UserError) => void;
  /** Receives what is said of files that are too long to be searched. */
  readonly onLeftOut?: (problem: UserError) => void;
  readonly frontEnds?: readonly FrontEnd[];
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'site-packages', '__pycache__']);

/** A file of the folder of a virtual environment of Python, in which other people's code is. */
const ENVIRONMENT_MARK = 'pyvenv.cfg';

/**
 * The models defined by the text of one file, as an editor has it: not necessarily what is on disk.
 *
 * @param file Absolute path; its extension says what the text is. A file of no front end defines none.
 * @param further Whether to find what may be a model besides, as `FrontEnd.findFurther` does.
 * @throws UserError with the place of a syntax error.
 */
export function findModelsInText(
  text: string,
  file: string,
  frontEnds: readonly FrontEnd[] = FRONT_ENDS,
  neighbours: Neighbours = createNeighbours(),
  further = false,
): FoundModel[] {
  const frontEnd = frontEndFor(file, frontEnds);
  if (!frontEnd || text.length > largestOf(frontEnd, file)) return [];
  return withinStack(file, () => {
    const more = further ? (frontEnd.findFurther?.(text, file, neighbours) ?? []) : [];
    const found = [...frontEnd.findInText(text, file, neighbours), ...more];
    return found.map((definition) => inFile(file, definition));
  });
}

const inFile = (file: string, definition: FoundDefinition): FoundModel => ({
  specifier: joinModelSpecifier(file, definition.exportName),
  file,
  ...definition,
});

function largestOf(frontEnd: FrontEnd, file: string): number {
  return frontEnd.largestSearched?.(extname(file).toLowerCase()) ?? Number.POSITIVE_INFINITY;
}

/** One search: what it was asked for, and what it has seen. */
interface Search extends FindOptions {
  readonly neighbours: Neighbours;
  /** The folders that were entered, without links in their names. */
  readonly entered: Set<string>;
}

function tooLong(file: string, size: number, largest: number): UserError {
  const inWords = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return new UserError(`${file} is not searched for models: it has ${inWords(size)}, more than ${inWords(largest)}.`, {
    hint: 'Code of that length is generated as a rule. A model in it can still be named.',
  });
}

async function findInFile(file: string, { frontEnds = FRONT_ENDS, onLeftOut, neighbours, further }: Search) {
  const frontEnd = frontEndFor(file, frontEnds);
  if (!frontEnd) return [];
  const data = await frontEnd.findInData?.(file);
  if (data) return data.map((definition) => inFile(file, definition));
  const { size } = await stat(file);
  const largest = largestOf(frontEnd, file);
  if (size <= largest) {
    const found = findModelsInText(await readText(file), file, frontEnds, neighbours, further);
    return found.filter(({ kind }) => kind !== 'possible');
  }
  // Long files of data are common, and few of them were ever models.
  if (frontEnd.runsCode(file)) onLeftOut?.(tooLong(file, size, largest));
  return [];
}

type Kind = 'file' | 'folder' | 'other';

/** What an entry of a folder is; what a link leads to, where there is something. */
async function kindOf(entry: Dirent, path: string): Promise<Kind> {
  const status = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
  if (status?.isDirectory()) return 'folder';
  return status?.isFile() ? 'file' : 'other';
}

function isNamedForSearch(name: string, kind: Kind, { frontEnds }: FindOptions): boolean {
  if (name.startsWith('.')) return false;
  if (kind === 'folder') return !SKIPPED_FOLDERS.has(name);
  return kind === 'file' && frontEndFor(name, frontEnds) !== undefined;
}

/** A mistake in the file, or a file that the system does not let us read; anything else is thrown on. */
function toProblem(error: unknown, path: string): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof Error && 'syscall' in error) return new UserError(`${path} cannot be read: ${error.message}.`);
  throw error;
}

/** Whether a folder is still to be searched: links can lead to one twice, or back to where the search is. */
async function enters(folder: string, { entered }: Search): Promise<boolean> {
  const real = await realpath(folder);
  if (entered.has(real)) return false;
  entered.add(real);
  return true;
}

/** Whether a link leads out of the folder that is searched; what is in it has a name without links. */
async function leadsOut(path: string, root: string): Promise<boolean> {
  return !`${await realpath(path)}${sep}`.startsWith(`${root}${sep}`);
}

async function findInFolder(folder: string, root: string, search: Search): Promise<FoundModel[]> {
  if (!(await enters(folder, search))) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some(({ name }) => name === ENVIRONMENT_MARK)) return [];
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: FoundModel[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    try {
      const kind = await kindOf(entry, path);
      if (!isNamedForSearch(entry.name, kind, search)) continue;
      if (entry.isSymbolicLink() && !(await leadsOut(path, root))) continue;
      found.push(...(await (kind === 'folder' ? findInFolder(path, root, search) : findInFile(path, search))));
    } catch (error) {
      search.onProblem?.(toProblem(error, path));
    }
  }
  return found;
}

/**
 * The model definitions in a file, or in a folder and those below it (hidden ones, those of packages and of what is built apart), in
 * the order of their paths and lines. Symbolic links are followed where they lead out of the folder.
 *
 * @throws UserError when `path` does not exist, or is a file with a syntax error.
 */
export async function findModels(path: string, options: FindOptions = {}): Promise<FoundModel[]> {
  const absolute = resolve(path);
  const status = statSync(absolute, { throwIfNoEntry: false });
  if (!status) throw usageError(`${absolute} does not exist.`, 'Name a model file or a folder with model files.');
  const search = { ...options, neighbours: createNeighbours(), entered: new Set<string>() };
  if (!status.isDirectory()) return findInFile(absolute, search);
  return findInFolder(absolute, await realpath(absolute), search);
}
