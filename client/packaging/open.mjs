#!/usr/bin/env node
/**
 * Opens VS Code with the extension of this checkout on samples/, by the first of these that works:
 *
 * 1. an installed VS Code (`code`, `code-insiders` or `codium` in PATH);
 * 2. one that @vscode/test-electron downloads;
 * 3. the browser editor that test/editor/harness/install.sh installs.
 *
 *   node client/packaging/open.mjs [FOLDER]
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const HARNESS = join(ROOT, 'test', 'editor', 'harness');
const CACHE = join(ROOT, '.cache');
const IS_WINDOWS = process.platform === 'win32';

function findInPath(name) {
  const names = IS_WINDOWS ? [`${name}.cmd`, `${name}.exe`] : [name];
  const paths = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((one) => join(folder, one)));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs a command to its end; rejects with the last line that it wrote where it fails. */
function run(command, args) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'pipe'], shell: IS_WINDOWS });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
    });
    child.once('error', fail);
    child.once('close', (code) =>
      code === 0 ? done() : fail(new Error(errors.trim().split('\n').at(-1) || `it ended with ${code}`)),
    );
  });
}

/** Arguments of a VS Code that keeps out of the user's own profile. */
function ownProfile(folder) {
  const home = join(CACHE, 'vscode-profile');
  mkdirSync(home, { recursive: true });
  return [`--extensionDevelopmentPath=${ROOT}`, `--user-data-dir=${home}`, '--disable-workspace-trust', folder];
}

async function openInstalled(folder) {
  const code = ['code', 'code-insiders', 'codium'].map(findInPath).find((path) => path !== undefined);
  if (code === undefined) throw new Error('neither code, code-insiders nor codium is in PATH');
  await run(code, ['--new-window', `--extensionDevelopmentPath=${ROOT}`, folder]);
  return `Opened ${folder} with ${code}.`;
}

async function openDownloaded(folder) {
  // Electron would end without a word.
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    throw new Error('there is no display to open it on (DISPLAY and WAYLAND_DISPLAY are not set)');
  }
  const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
  const executable = await downloadAndUnzipVSCode({ cachePath: join(CACHE, 'vscode') });
  const child = spawn(executable, ownProfile(folder), { detached: true, stdio: 'ignore' });
  await new Promise((started, fail) => {
    child.once('spawn', started);
    child.once('error', fail);
  });
  child.unref();
  return `Opened ${folder} with the downloaded ${executable}.`;
}

/** The server of the editor's tests, bundled, as it is written in TypeScript. */
async function loadHarness() {
  const { build } = await import('esbuild');
  const folder = join(CACHE, 'browser-editor');
  const outfile = join(folder, 'harness.mjs');
  const contents = `export { findInstallation } from './paths';\nexport { startServer } from './server';`;
  const stdin = { contents, resolveDir: HARNESS, loader: 'ts' };
  await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' });
  return { folder, ...(await import(pathToFileURL(outfile))) };
}

async function openInBrowser(folder) {
  if (!existsSync(HARNESS)) throw new Error('this is no checkout with test/editor');
  process.env.PRUNELENS_REPOSITORY ??= ROOT;
  const harness = await loadHarness();
  const installation = harness.findInstallation();
  if (typeof installation === 'string') throw new Error(installation);
  const extensions = join(harness.folder, 'extensions');
  mkdirSync(extensions, { recursive: true });
  const link = join(extensions, 'prunelens.prunelens');
  if (!existsSync(link)) symlinkSync(ROOT, link, 'dir');
  const server = await harness.startServer({ home: harness.folder, extensions });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => void server.stop().then(() => process.exit(0)));
  }
  const address = `${server.address}/?folder=${encodeURIComponent(folder)}`;
  const opener = { darwin: 'open', win32: 'start' }[process.platform] ?? 'xdg-open';
  if (findInPath(opener) !== undefined) await run(opener, [address]).catch(() => {});
  return `The editor is at ${address} until you press Ctrl+C.`;
}

const WAYS = [
  { name: 'an installed VS Code', open: openInstalled },
  { name: 'a VS Code from its download site', open: openDownloaded },
  { name: 'the browser editor', open: openInBrowser },
];

async function main([given]) {
  const folder = resolve(given ?? join(ROOT, 'samples'));
  if (!existsSync(folder)) throw new Error(`There is no folder ${folder}.`);
  const tried = [];
  for (const { name, open } of WAYS) {
    try {
      const opened = await open(folder);
      for (const line of tried) console.log(line);
      console.log(opened);
      return;
    } catch (error) {
      tried.push(`Not with ${name}: ${error.message}.`);
    }
  }
  const help = 'Install VS Code (with its command in PATH), or run test/editor/harness/install.sh and try again.';
  throw new Error(['No editor could be opened.', ...tried, help].join('\n'));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
