#!/usr/bin/env node
/**
 * What hostile inputs cost the command, as a table: exit code, seconds, and the most memory of all its processes. After
 * `node esbuild.mjs`: `npm run study:hostile [-- WORD]`, those with a word in their name. Where no Python with PyTorch is found, its
 * inputs are left out.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CODE_INPUTS } from './hostile/codeInputs.mjs';
import { DATA_INPUTS } from './hostile/dataInputs.mjs';
import { pytorchInputs } from './hostile/pytorchInputs.mjs';
import { folder } from './hostile/workspace.mjs';
import { watchMemory } from './processTree.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const PRUNELENS = join(ROOT, 'dist/prunelens.js');

/** A Python with PyTorch: that of the tests, or the first of the path. */
function findPython() {
  const own = join(ROOT, '.cache/python/bin/python');
  const found = [process.env.PRUNELENS_TEST_PYTHON, own, 'python3'].filter(
    (path) => path && (path === 'python3' || existsSync(path)),
  );
  return found.find((path) => spawnSync(path, ['-c', 'import torch']).status === 0);
}

async function run(args) {
  const start = performance.now();
  const child = spawn(process.execPath, [PRUNELENS, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const most = watchMemory(child.pid);
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    if (stderr.length < 1e5) stderr += chunk;
  });
  const [code, signal] = await new Promise((resolve) => child.on('close', (...ended) => resolve(ended)));
  const message =
    stderr
      .trim()
      .split('\n')
      .filter((line) => !/^Reading|^$/.test(line))
      .at(0) ?? '';
  return { ended: code ?? signal, seconds: (performance.now() - start) / 1000, megabytes: most(), message };
}

const python = findPython();
const inputs = [...DATA_INPUTS, ...CODE_INPUTS, ...(python ? pytorchInputs(python) : [])];
if (!python) console.error('Inputs of PyTorch are left out: no Python has it.');
try {
  console.log('| input | exit | seconds | MB | message |');
  console.log('| :-- | --: | --: | --: | :-- |');
  for (const [name, make] of inputs.filter(([one]) => one.includes(process.argv[2] ?? ''))) {
    const { ended, seconds, megabytes, message } = await run(make());
    const told = message.replaceAll(folder, '').replaceAll('|', '\\|').slice(0, 140);
    console.log(`| ${name} | ${ended} | ${seconds.toFixed(1)} | ${Math.round(megabytes)} | ${told} |`);
    if (ended !== 1 && ended !== 2) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
