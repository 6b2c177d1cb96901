/** Scripts of the benches, which load the engine's packages from node_modules. */
import { execFileSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Bundles a script of this folder beside the engine's bundles, which are made first; gives the path of the result. */
export async function bundle(script) {
  execFileSync('node', ['esbuild.mjs', '--if-stale'], { cwd: root, stdio: 'inherit' });
  const outfile = join(root, 'dist', `${basename(script, '.ts')}.js`);
  await build({
    entryPoints: [join(root, 'test', 'bench', script)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    packages: 'external',
    logLevel: 'error',
  });
  return outfile;
}
