#!/usr/bin/env node
/**
 * Times the editor from end to end: `npm run -s build && node test/bench/editor.mjs [lenses|latency|edits|slider|panels|table|graphs|pytorch|keras|lane …]`.
 * Prints, and asserts nothing: machines differ. `lane` takes ten minutes, or twice those in the environment's MINUTES.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(fileURLToPath(import.meta.url), '..', '..', '..');
// In a folder two levels below the root, where the client of the tests looks for the server from.
const outfile = join(root, 'node_modules', '.cache', 'prunelens-editor-bench.cjs');
await build({
  entryPoints: [join(root, 'test', 'bench', 'editor.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  packages: 'external',
  define: { 'import.meta.dirname': JSON.stringify(join(root, 'test', 'webview', 'support')) },
  logLevel: 'error',
});
execFileSync(process.execPath, [outfile, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
