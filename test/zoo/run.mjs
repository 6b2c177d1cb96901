#!/usr/bin/env node
/**
 * Compares public architectures with PyTorch: `npm run zoo -- --python PYTHON [NAME …]`. The interpreter needs torch, torchvision,
 * timm and transformers; all models of models.py are tried where none is named.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: 'string', default: join(root, '.cache', 'python', 'bin', 'python') } },
});

const outfile = join(root, '.cache', 'zoo', 'run', 'zoo.cjs');
mkdirSync(dirname(outfile), { recursive: true });
await build({
  entryPoints: [join(root, 'test', 'zoo', 'zoo.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  packages: 'external',
  logLevel: 'error',
  // Where the engine looks for its Python files from.
  define: { __dirname: JSON.stringify(join(root, 'server', 'python')) },
});
const models = join(root, 'test', 'zoo', 'models.py');
const { status } = spawnSync(process.execPath, [outfile, values.python, models, ...positionals], { stdio: 'inherit' });
process.exitCode = status ?? 1;
