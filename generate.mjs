#!/usr/bin/env node
/** `npm run generate`: writes the files that follow from the catalogue, and formats them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = dirname(fileURLToPath(import.meta.url));
const BUNDLE = join(ROOT, '.cache/generated.cjs');

const { outputFiles } = await build({
  absWorkingDir: ROOT,
  entryPoints: ['server/generated.ts'],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  packages: 'external',
});
mkdirSync(dirname(BUNDLE), { recursive: true });
writeFileSync(BUNDLE, outputFiles[0].contents);
const { generatedFiles } = await import(pathToFileURL(BUNDLE).href);

const files = generatedFiles(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
for (const [path, value] of Object.entries(files)) {
  writeFileSync(join(ROOT, path), `${JSON.stringify(value, null, 2)}\n`);
  console.log(path);
}
const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
const { status } = spawnSync(process.execPath, [biome, 'format', '--write', ...Object.keys(files)], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
