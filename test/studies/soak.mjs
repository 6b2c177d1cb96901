#!/usr/bin/env node
/**
 * The language server and its compute process under edits, scores and slider moves for 30 minutes: memory each minute, which has to stay
 * flat. After `node esbuild.mjs`: `npm run study:soak [-- MINUTES]`. Linux.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from './languageServer.mjs';
import { memoryOf } from './processTree.mjs';

const MINUTES = Number(process.argv[2] ?? 30);
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = mkdtempSync(join(tmpdir(), 'prunelens-soak-'));
const NAME = 'lenet-300-100.ts';
cpSync(join(root, 'samples', NAME), join(folder, NAME));
const text = readFileSync(join(folder, NAME), 'utf8');
const model = `${join(folder, NAME)}#default`;

try {
  const server = await startServer(folder, { backend: 'cpu', data: 'noise:28x28x1:10:512' });
  server.open(NAME, text);
  const start = performance.now();
  let [version, minute] = [1, 0];
  console.log('| minute | edits | MB |\n| --: | --: | --: |');
  while (performance.now() - start < MINUTES * 60_000) {
    // Widths come again, so that what is kept for a model is bounded by what there is.
    const units = 200 + 10 * (version % 7);
    server.replace(NAME, ++version, text.replace('[300, 100]', `[${units}, 100]`));
    await server.command('prunelens.server.score', { model, method: version % 5 === 0 ? 'prospr' : 'snip' });
    for (const sparsity of [0.9, 0.95, 0.98]) await server.command('prunelens.server.setSparsity', { model, sparsity });
    await server.lenses(NAME);
    if (performance.now() - start > minute * 60_000) {
      console.log(`| ${minute++} | ${version - 1} | ${Math.round(memoryOf(server.child.pid))} |`);
    }
  }
  await server.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
