#!/usr/bin/env node
/**
 * Images a second that are read of a Python data set with 1 and 2 workers, against a plain DataLoader with as many, in turns:
 * `npm run bench:reading -- [--python PYTHON] [--rounds N]`.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { alternate, ratios, spread } from './alternate.mjs';
import { bundle } from './bundle.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const FILE = join(root, 'test', 'bench', 'reading.py');
const COUNT = 2048;
const GOAL = 0.95;

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: join(root, '.cache', 'python', 'bin', 'python') },
    rounds: { type: 'string', default: '7' },
  },
});

const script = await bundle('reading.ts');
const rate = (seconds) => Math.round(COUNT / spread(seconds).median).toLocaleString('en');

console.log('| workers | PruneLens, images/s | DataLoader, images/s | ratio (spread) | goal |');
console.log('| --: | --: | --: | --- | --- |');
for (const workers of ['1', '2']) {
  const { ours, plain } = await alternate(
    {
      ours: { command: 'node', args: [script, options.python, FILE, workers], cwd: root },
      plain: { command: options.python, args: [FILE, workers], cwd: root },
    },
    Number(options.rounds),
  );
  const failure = ours.failure ?? plain.failure;
  if (failure) throw new Error(failure);
  // Images a second of ours to those of the plain one.
  const { median, low, high } = ratios(plain.seconds, ours.seconds);
  const verdict = median >= GOAL ? `met (${GOAL})` : `**missed** (${GOAL})`;
  const between = `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  console.log(`| ${workers} | ${rate(ours.seconds)} | ${rate(plain.seconds)} | ${between} | ${verdict} |`);
}
