#!/usr/bin/env node
/**
 * Images a second that are read of a Python data set with 1 and 2 workers, against a plain DataLoader with as many, in turns:
 * `npm run bench:reading -- [--python PYTHON] [--rounds N] [--photographs FOLDER]`. FOLDER is one that `photographs.py` has drawn, in place
 * of images that are in memory; it needs torchvision.
 */
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
    photographs: { type: 'string' },
  },
});

/** Image files in a folder, at any depth. */
const countImages = (folder) => readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.jpg')).length;

const { photographs } = options;
const place = photographs === undefined ? undefined : resolve(photographs);
const { name, parts, count, plainArgs } = place
  ? {
      name: `torchvision:ImageFolder@${place}`,
      parts: 'train',
      count: countImages(join(place, 'train')),
      plainArgs: [join(root, 'test', 'bench', 'photographs.py'), 'read', place],
    }
  : { name: `${FILE}#train_set`, parts: 'train,test', count: COUNT, plainArgs: [FILE] };

const script = await bundle('reading.ts');
const rate = (seconds) => Math.round(count / spread(seconds).median).toLocaleString('en');

console.log('| workers | PruneLens, images/s | DataLoader, images/s | ratio (spread) | goal | memory |');
console.log('| --: | --: | --: | --- | --- | --- |');
for (const workers of ['1', '2']) {
  const { ours, plain } = await alternate(
    {
      ours: { command: 'node', args: [script, options.python, name, parts, workers], cwd: root },
      plain: { command: options.python, args: [...plainArgs, workers], cwd: root },
    },
    Number(options.rounds),
  );
  const failure = ours.failure ?? plain.failure;
  if (failure) throw new Error(failure);
  // Images a second of ours to those of the plain one.
  const { median, low, high } = ratios(plain.seconds, ours.seconds);
  const verdict = median >= GOAL ? `met (${GOAL})` : `**missed** (${GOAL})`;
  const between = `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  const peaks = `${Math.round(ours.peakMegabytes)} MB, ${Math.round(plain.peakMegabytes)} MB`;
  console.log(`| ${workers} | ${rate(ours.seconds)} | ${rate(plain.seconds)} | ${between} | ${verdict} | ${peaks} |`);
}
