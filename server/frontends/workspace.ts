/** The folder that a file belongs to: a Python file is run from it, and models do not write into it while they are loaded. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** What lies in the folder of a project that is in no repository. */
const MARKS = ['pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', 'package.json', 'prunelens.json'];

function foldersAbove(file: string): readonly string[] {
  const folders = [dirname(file)];
  while (dirname(folders.at(-1)!) !== folders.at(-1)) folders.push(dirname(folders.at(-1)!));
  return folders;
}

function isWithin(folder: string, file: string): boolean {
  return !relative(folder, file).startsWith('..');
}

/** The root of the file's repository, else the working folder that it is in, else the folder of its project, else its own. */
export function workspaceOf(file: string, workingFolder: string = process.cwd()): string {
  const folders = foldersAbove(file).filter((folder) => folder !== homedir() && dirname(folder) !== folder);
  const repository = folders.find((folder) => existsSync(join(folder, '.git')));
  if (repository !== undefined) return repository;
  if (folders.includes(workingFolder) && isWithin(workingFolder, file)) return workingFolder;
  return folders.find((folder) => MARKS.some((mark) => existsSync(join(folder, mark)))) ?? dirname(file);
}
