/** Which file a Python import means, as when the user runs the importing file from the workspace. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DottedName } from './outline';

/** Folders above a file that imports are looked for in. */
const HIGHEST_FOLDER = 6;

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * Folders that absolute imports of `file` may start from: its own, those above it up to the repository's, and `src` beside each.
 */
export function importRoots(file: string): readonly string[] {
  const roots: string[] = [];
  let folder = dirname(file);
  for (let height = 0; height < HIGHEST_FOLDER; height++) {
    roots.push(folder, join(folder, 'src'));
    if (existsSync(join(folder, '.git')) || dirname(folder) === folder) break;
    folder = dirname(folder);
  }
  return roots;
}

function fileOf(folder: string, module: DottedName): string | undefined {
  const path = join(folder, ...module);
  const candidates = module.length === 0 ? [join(folder, '__init__.py')] : [`${path}.py`, join(path, '__init__.py')];
  return candidates.find(isFile);
}

/**
 * The file of a module; undefined where the workspace has none.
 *
 * @param level Dots before the name: 0 for an absolute import, 1 for the folder of `file`.
 */
export function findModuleFile(file: string, level: number, module: DottedName): string | undefined {
  if (level > 0) {
    let folder = dirname(file);
    for (let up = 1; up < level; up++) folder = dirname(folder);
    return fileOf(folder, module);
  }
  for (const root of importRoots(file)) {
    const found = fileOf(root, module);
    if (found !== undefined && found !== file) return found;
  }
  return undefined;
}
