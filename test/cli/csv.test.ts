/** CSV data on the command line: columns chosen by flags, by name and in prunelens.json, and what is recorded of them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const MODEL = at('houses.ts');
writeFileSync(
  MODEL,
  `import * as tf from '@tensorflow/tfjs';
export default tf.sequential({
  layers: [
    tf.layers.dense({ inputShape: [2], units: 8, activation: 'relu' }),
    tf.layers.dense({ units: 1 }),
  ],
});
`,
);
const rows = Array.from({ length: 60 }, (_, i) => `${i},${i % 7},${1000 * (i % 5)},${(i % 7) - (i % 5) / 2}`);
writeFileSync(at('houses.csv'), ['id,rooms,age,price', ...rows].join('\n'));
const DATA = ['--data', at('houses.csv')];
const COMMON = ['--backend', 'cpu', '--batch-size', '8'];
const OPTIMIZER = ['--optimizer', 'adamw', '--lr', '0.05', '--clip-gradient', '1', '--decay-exclude', 'bias,norm'];

it('columns, scaling and optimizer are recorded, and a run is not resumed with others', async () => {
  const train = ['train', MODEL, ...DATA, ...COMMON, ...OPTIMIZER, '--epochs', '20', '--out', at('run'), '--json'];
  const { code, stdout, stderr } = await prunelens([...train, '--input-columns', 'rooms,age']);
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining('"price", is the label; --label-columns chooses others.'),
  ]);
  const { epochs, final } = JSON.parse(stdout);
  expect(final.testLoss).toBeLessThan(epochs[0].testLoss / 2);
  const { training, data } = JSON.parse(readFileSync(at('run', 'config.json'), 'utf8'));
  expect(training.optimizer).toMatchObject({ kind: 'adamw', clipGradient: 1, decayExclude: ['bias', 'norm'] });
  expect(data).toEqual({ name: 'houses.csv?inputs=rooms,age&scaling=standard', trainExamples: 42, testExamples: 18 });
  const other = await prunelens([...train, '--input-columns', 'age,rooms', '--resume']);
  expect(other.code).not.toBe(0);
  expect(other.stderr).toContain('inputs=age,rooms');
});

it('columns in prunelens.json hold for the model, and flags win', async () => {
  writeFileSync(at('prunelens.json'), '{ "columns": { "inputs": ["rooms", "agee"], "labels": ["price"] } }');
  const score = ['score', MODEL, '--method', 'snip', ...DATA, ...COMMON, '--json'];
  const wrong = await prunelens(score);
  expect([wrong.code, wrong.stdout]).toEqual([2, '']);
  expect(wrong.stderr).toContain('houses.csv has no column "agee"; there is "age".');
  expect((await prunelens([...score, '--input-columns', 'rooms,age'])).code).toBe(0);
});
