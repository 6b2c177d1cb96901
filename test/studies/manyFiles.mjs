#!/usr/bin/env node
/**
 * The language server in a folder of 50,000 files: when the first lenses of the open file are there, how quick requests are while
 * the folder is searched, and its memory. After `node esbuild.mjs`: `npm run study:files [-- FILES]`. Linux.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from './languageServer.mjs';
import { watchMemory } from './processTree.mjs';

const FILES = Number(process.argv[2] ?? 50_000);
const folder = mkdtempSync(join(tmpdir(), 'prunelens-files-'));
const MODEL =
  "import * as tf from '@tensorflow/tfjs';\nexport default function net() {\n  return tf.sequential();\n}\n";
for (let i = 0; i < FILES; i++) {
  const name = join(folder, `src${Math.floor(i / 500)}`);
  if (i % 500 === 0) mkdirSync(name);
  const helper = `import { other } from './file${(i + 1) % FILES}';\nexport const value${i} = (x: number) => other(x) + ${i};\n`;
  writeFileSync(join(name, `file${i}.ts`), i % 100 === 0 ? MODEL : helper.repeat(10));
}
writeFileSync(join(folder, 'open.ts'), MODEL);

try {
  const server = await startServer(folder);
  const most = watchMemory(server.child.pid);
  const begun = performance.now();
  server.open('open.ts', MODEL);
  let isSearched = false;
  const search = server.request('prunelens/models', {}).then((models) => {
    isSearched = true;
    return models.length;
  });
  await server.lenses('open.ts');
  const first = performance.now() - begun;
  const times = [];
  while (!isSearched || times.length < 100) {
    const start = performance.now();
    await server.lenses('open.ts');
    times.push(performance.now() - start);
    await sleep(5);
  }
  const found = await search;
  times.sort((a, b) => a - b);
  const p99 = times[Math.floor(0.99 * times.length)];
  console.log(`${FILES} files, ${found} models found in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  console.log(`first lenses ${first.toFixed(0)} ms; ${times.length} requests meanwhile, p99 ${p99.toFixed(0)} ms`);
  console.log(`memory ${Math.round(most())} MB`);
  await server.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
