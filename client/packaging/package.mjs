#!/usr/bin/env node
/**
 * Packs the extension, one .vsix a platform, each with that platform's native binaries only.
 *
 *   node client/packaging/package.mjs [PLATFORM…]         all platforms there are binaries for, or those named; `current` is this one
 *   node client/packaging/package.mjs --unpacked FOLDER   what the package of this platform would hold, in a folder
 *
 * Each is put together in a folder of its own. What the bundles load at run time lies in dist/node_modules, where Node looks
 * first: vsce leaves out the top level's node_modules.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVSIX } from '@vscode/vsce';
import { esbuildPackage } from './esbuildPackage.mjs';
import {
  BINDING_SOURCES,
  bundleFiles,
  COMPILING,
  esbuildExecutable,
  PLATFORMS,
  runtimeFiles,
  runtimeFolder,
  SHARED_FILES,
  SHARED_MODULES,
  withDependencies,
} from './platforms.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const CACHE = join(ROOT, '.cache', 'packaging');
const MODULES = join(ROOT, 'node_modules');
/** Of the manifest: what concerns only the development of the extension, or the command. */
const LEFT_OUT = ['scripts', 'dependencies', 'devDependencies', 'optionalDependencies', 'bin', 'private'];

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const { packages: locked } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));

function copy(from, to) {
  if (!existsSync(from)) throw new Error(`${from} is missing: run npm install and npm run build.`);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, filter: (path) => !/\.(map|d\.ts)$/.test(path) });
}

/** esbuild with its executable: as npm has installed it where it is for this machine, else from npm. */
function stageEsbuild(modules, platform) {
  const executable = esbuildExecutable(platform);
  const folder = join(modules, '@esbuild', platform);
  const installed = join(MODULES, '@esbuild', platform);
  const names = ['package.json', executable];
  if (names.every((name) => existsSync(join(installed, name)))) {
    for (const name of names) copy(join(installed, name), join(folder, name));
  } else {
    const files = esbuildPackage(ROOT, platform, CACHE);
    for (const name of names) {
      const file = join(folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, files.get(`package/${name}`));
    }
  }
  chmodSync(join(folder, executable), 0o755);
}

/** Puts together what the package of a platform holds. */
function stage(platform, runtime, folder) {
  rmSync(folder, { recursive: true, force: true });
  const schemas = manifest.contributes.jsonValidation.map(({ url }) => url);
  const bundles = bundleFiles(readdirSync(join(ROOT, 'dist'))).map((name) => `dist/${name}`);
  for (const name of [...SHARED_FILES, ...bundles, ...schemas]) copy(join(ROOT, name), join(folder, name));
  const modules = join(folder, 'dist', 'node_modules');
  const sources = BINDING_SOURCES.every((name) => existsSync(join(MODULES, name))) ? BINDING_SOURCES : [];
  if (sources.length === 0)
    console.warn('The sources of the TensorFlow binding are not installed, so they are left out.');
  for (const name of [...SHARED_MODULES, ...withDependencies(locked, COMPILING), ...sources]) {
    copy(join(MODULES, name), join(modules, name));
  }
  const target = join(modules, 'onnxruntime-node', 'bin', 'napi-v6', ...platform.split('-'));
  for (const name of runtimeFiles(runtime)) copy(join(runtime, name), join(target, name));
  stageEsbuild(modules, platform);
  const packed = Object.fromEntries(Object.entries(manifest).filter(([key]) => !LEFT_OUT.includes(key)));
  // All that is here belongs into the package; without such a file vsce doubts it.
  writeFileSync(join(folder, '.vscodeignore'), '');
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(packed, null, 2)}\n`);
}

const noBinaries = (platform) =>
  `onnxruntime-node ${JSON.parse(readFileSync(join(MODULES, 'onnxruntime-node/package.json'), 'utf8')).version} has no binaries for ${platform}`;

async function packPlatform(platform) {
  const runtime = runtimeFolder(MODULES, platform);
  if (runtime === undefined) return undefined;
  const folder = join(CACHE, 'staged', platform);
  const file = join(ROOT, `prunelens-${manifest.version}-${platform}.vsix`);
  stage(platform, runtime, folder);
  const links = { rewriteRelativeLinks: false, allowMissingRepository: true };
  await createVSIX({ cwd: folder, packagePath: file, target: platform, dependencies: false, ...links });
  rmSync(folder, { recursive: true, force: true });
  return file;
}

async function main(args) {
  const current = `${process.platform}-${process.arch}`;
  if (args[0] === '--unpacked' && args.length === 2) {
    const runtime = runtimeFolder(MODULES, current);
    if (runtime === undefined) throw new Error(`${noBinaries(current)}.`);
    stage(current, runtime, resolve(args[1]));
    return;
  }
  const wanted = args.map((name) => (name === 'current' ? current : name));
  const unknown = wanted.find((name) => !PLATFORMS.includes(name));
  if (unknown !== undefined) throw new Error(`There is no platform ${unknown}; known are ${PLATFORMS.join(', ')}.`);
  for (const platform of wanted.length > 0 ? wanted : PLATFORMS) {
    const file = await packPlatform(platform);
    if (file) {
      console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
      continue;
    }
    if (wanted.length > 0) throw new Error(`${noBinaries(platform)}.`);
    console.log(`${platform} left out: ${noBinaries(platform)}.`);
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
