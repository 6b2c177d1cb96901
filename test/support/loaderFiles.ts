/** Bundles of the loader for tests, which run from sources. */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { LoaderFiles } from '../../server/frontends/keras/loadDescription';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CACHE = join(ROOT, '.cache', 'test-loader');

const BUNDLES: LoaderFiles = {
  loader: join(CACHE, 'loader.js'),
  tensorflow: join(CACHE, 'tfjs.js'),
  archive: join(CACHE, 'archive.js'),
};

function isFresh(): boolean {
  const built = Object.values(BUNDLES).map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const sources = ['server/frontends', 'server/processes', 'server/protocol'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true }).map((path) => join(ROOT, folder, String(path))),
  );
  const manifest = join(ROOT, 'package-lock.json');
  return [...sources, manifest].every((file) => statSync(file).mtimeMs < Math.min(...built));
}

let files: Promise<LoaderFiles> | undefined;

async function buildLoaderFiles(): Promise<LoaderFiles> {
  if (isFresh()) return BUNDLES;
  // Test files run in several processes at once: each builds in a folder of its own and swaps the results in.
  const folder = join(CACHE, `build-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: {
      loader: join(ROOT, 'server/frontends/keras/loaderProcess.ts'),
      archive: join(ROOT, 'server/frontends/keras/archiveProcess.ts'),
      tfjs: join(ROOT, 'server/frontends/keras/tensorflowEntry.ts'),
    },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  renameSync(join(folder, 'loader.js'), BUNDLES.loader);
  renameSync(join(folder, 'tfjs.js'), BUNDLES.tensorflow);
  renameSync(join(folder, 'archive.js'), BUNDLES.archive);
  rmSync(folder, { recursive: true, force: true });
  return BUNDLES;
}

/** The loader's bundles, made when a source is newer. Give them to `loadModel` as `loaderFiles`. */
export function loaderFiles(): Promise<LoaderFiles> {
  files ??= buildLoaderFiles();
  return files;
}
