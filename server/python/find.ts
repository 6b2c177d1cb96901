/** Which Python is the user's. Files are only looked at; nothing is started. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';

/** What may name an interpreter, besides what is found. */
export interface InterpreterChoice {
  /** `--python`: it wins over all. */
  readonly flag?: string;
  /** What the editor names: the Python extension's choice for the workspace, else a setting of its own. */
  readonly editor?: FoundInterpreter;
  /** `python` of prunelens.json. */
  readonly setting?: string;
  /**
   * Absolute; the working folder by default. `.venv` is looked for here, and in the folders above it up to the root of the
   * repository.
   */
  readonly workspaceFolder?: string;
  /** That of this process by default. */
  readonly environment?: NodeJS.ProcessEnv;
}

export interface FoundInterpreter {
  /** Absolute. What was named need not be there; `probeInterpreter` says so. */
  readonly path: string;
  /** What named it, in words: `--python`, `$VIRTUAL_ENV`. */
  readonly origin: string;
}

/** Where the interpreter is in a virtual environment, and at its top in a Conda environment of Windows. */
const WITHIN = process.platform === 'win32' ? ['Scripts/python.exe', 'python.exe'] : ['bin/python', 'bin/python3'];

const COMMANDS = process.platform === 'win32' ? ['python.exe', 'python3.exe'] : ['python3', 'python'];

/** An empty file is what Windows has in place of a Python that is not installed. */
function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    const status = statSync(path);
    return status.isFile() && status.size > 0;
  } catch {
    return false;
  }
}

/** The interpreter of a virtual or a Conda environment. */
function inEnvironment(folder: string): string | undefined {
  return WITHIN.map((name) => join(folder, name)).find(isProgram);
}

/**
 * The first of these commands that a folder of PATH has, or a program that is named by its absolute path. Relative folders are
 * left out: they would be the workspace's.
 */
export function commandOnPath(names: readonly string[], { PATH = '' }: NodeJS.ProcessEnv): string | undefined {
  const folders = PATH.split(delimiter).filter(isAbsolute);
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [...names.filter(isAbsolute), ...paths].find(isProgram);
}

/** The folder and those above it up to the root of the repository; the folder alone where it is in none. */
function foldersUp(start: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = start; ; folder = dirname(folder)) {
    folders.push(folder);
    if (existsSync(join(folder, '.git'))) return folders;
    if (dirname(folder) === folder) return [start];
  }
}

/**
 * What somebody has named: a path (relative to the working folder), a folder with an environment, or a command. A name that fits
 * nothing is a path that does not exist.
 */
function named(name: string, environment: NodeJS.ProcessEnv): string {
  const path = resolve(name.startsWith('~/') ? join(homedir(), name.slice(2)) : name);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return inEnvironment(path) ?? path;
  if (/[/\\]/.test(name) || existsSync(path)) return path;
  const names = process.platform === 'win32' ? [name, `${name}.exe`] : [name];
  return commandOnPath(names, environment) ?? path;
}

/**
 * The user's interpreter: the first of `--python`, the editor's choice, prunelens.json, `$VIRTUAL_ENV`, `$CONDA_PREFIX`,
 * `.venv`, and `python3` or `python` of PATH. Undefined where there is none.
 */
export function findInterpreter(choice: InterpreterChoice): FoundInterpreter | undefined {
  const { flag, editor, setting, workspaceFolder = process.cwd(), environment = process.env } = choice;
  if (flag !== undefined) return { path: named(flag, environment), origin: '--python' };
  if (editor !== undefined) return { path: named(editor.path, environment), origin: editor.origin };
  if (setting !== undefined) return { path: named(setting, environment), origin: 'prunelens.json' };
  const { VIRTUAL_ENV: virtual, CONDA_PREFIX: conda } = environment;
  const candidates: readonly (readonly [origin: string, path: string | undefined])[] = [
    ['$VIRTUAL_ENV', virtual && inEnvironment(virtual)],
    ['$CONDA_PREFIX', conda && inEnvironment(conda)],
    ...foldersUp(workspaceFolder).map((folder) => ['.venv', inEnvironment(join(folder, '.venv'))] as const),
    ['PATH', commandOnPath(COMMANDS, environment)],
  ];
  for (const [origin, path] of candidates) if (path) return { path, origin };
  return undefined;
}
