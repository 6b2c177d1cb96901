#!/usr/bin/env node
/**
 * How stable criteria are on one network, as a table: each is scored, and scored again with weights changed by what float32 rounds
 * them to. Usage, after `node esbuild.mjs`:
 *
 *   npm run study:conditioning -- MODEL DATA [options of prunelens score]
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PRUNELENS = join(dirname(fileURLToPath(import.meta.url)), '../../dist/prunelens.js');

const prospr = (...options) => ['prospr', ...options];
const ROWS = [
  prospr('--inner-lr', '0.1'),
  prospr('--inner-lr', '0.01'),
  prospr('--inner-lr', '0.001'),
  prospr('--steps', '0'),
  prospr('--variant', 'first-order', '--inner-lr', '0.1'),
  prospr('--preset', 'released'),
  prospr('--inner-lr', 'auto'),
  ...[
    'snip',
    'grasp',
    'synflow',
    'px',
    'fisher-taylor',
    'hutchinson-taylor',
    'ntk-sap',
    'phew',
    'magnitude',
    'autos',
  ].map((method) => [method]),
  ['iterative-snip'],
  ['force'],
];

const [model, data, ...options] = process.argv.slice(2);
if (data === undefined) {
  console.error('Usage: npm run study:conditioning -- MODEL DATA [options of prunelens score]');
  process.exit(2);
}

console.log('| criterion | mask IoU | by chance | rank correlation | on other batches | inner step | seconds |');
console.log('| :-- | --: | --: | --: | --: | --: | --: |');
for (const [method, ...own] of ROWS) {
  const asked = ['score', model, '--data', data, '--method', method, '--sparsity', '0.98', ...own];
  const stability = ['--stability', '--stability-change', '1e-7', '--json'];
  const { stdout, stderr, status } = spawnSync(process.execPath, [PRUNELENS, ...asked, ...stability, ...options], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) {
    console.error(stderr);
    process.exitCode = 1;
    continue;
  }
  const { seconds, innerLr = '', stability: figures } = JSON.parse(stdout);
  const { maskIou, chanceIou, rankCorrelation } = figures.weights;
  const numbers = [maskIou, chanceIou, rankCorrelation, figures.batches?.maskIou].map(
    (value) => value?.toFixed(3) ?? '',
  );
  console.log(`| ${[method, ...own].join(' ')} | ${[...numbers, innerLr, seconds.toFixed(1)].join(' | ')} |`);
}
