/** Folders that sessions work in: a copy of the samples, and what a run of the tests leaves of them. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BUILT, REPOSITORY } from './paths';

const SAMPLES = join(REPOSITORY, 'samples');
const LEFT_OUT = new Set(['.prunelens', '.vscode', 'node_modules']);

/** A new folder below the tests' own; `name` is the beginning of its name. */
export function newFolder(name: string): string {
  const sessions = process.env.PRUNELENS_SESSIONS ?? join(BUILT, 'sessions', String(process.pid));
  mkdirSync(sessions, { recursive: true });
  return mkdtempSync(join(sessions, `${name}-`));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** A workspace with the samples and, over them, `files` by relative path. */
export function newWorkspace(files: Readonly<Record<string, string>> = {}): string {
  const folder = join(newFolder('workspace'), 'samples');
  cpSync(SAMPLES, folder, { recursive: true, filter: (path) => !LEFT_OUT.has(path.slice(SAMPLES.length + 1)) });
  writeFiles(folder, files);
  return folder;
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/**
 * The folder of extensions for one server. A packaged extension is installed once, before the tests, and named in
 * PRUNELENS_EXTENSIONS; else the checkout itself is linked, which a folder without a list of extensions allows.
 */
export function extensionsFor(home: string): string {
  if (process.env.PRUNELENS_EXTENSIONS) return process.env.PRUNELENS_EXTENSIONS;
  const folder = join(home, 'extensions');
  mkdirSync(folder, { recursive: true });
  symlinkSync(process.env.PRUNELENS_EXTENSION ?? REPOSITORY, join(folder, 'prunelens.prunelens'), 'dir');
  return folder;
}
