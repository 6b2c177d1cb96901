/** What has begun on a backend goes on there, where nobody names another. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';
import { TINY_CLASSIFIER } from '../support/tinyModels';

const folder = temporaryFolder();
const model = join(folder, 'model.json');
writeFileSync(model, TINY_CLASSIFIER);
const options = ['--data', 'noise:4:3:64', '--epochs', '1', '--batch-size', '16', '--json'];

it('a run', async () => {
  const train = ['train', model, ...options, '--out', join(folder, 'run')];
  expect((await prunelens([...train, '--backend', 'reference'])).code).toBe(0);
  const { code, stdout } = await prunelens([...train, '--resume']);
  expect([code, JSON.parse(stdout).backend]).toEqual([0, 'reference']);
  const other = await prunelens([...train, '--resume', '--backend', 'cpu']);
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('backend')]);
});

it('a comparison', async () => {
  const compare = ['compare', model, ...options, '--sparsities', '0.5', '--out', join(folder, 'comparison')];
  expect((await prunelens([...compare, '--methods', 'random', '--backend', 'reference'])).code).toBe(0);
  const { code, stdout } = await prunelens([...compare, '--methods', 'random,magnitude', '--resume']);
  const { backend, runs } = JSON.parse(stdout);
  expect([code, backend, runs.length]).toEqual([0, 'reference', 3]);
});

it('a data set of AutoS', async () => {
  const pruning = ['--iterations', '2', '--final-sparsity', '0.5', '--out', join(folder, 'survival')];
  const dataset = ['autos', 'dataset', model, ...options, ...pruning];
  expect((await prunelens([...dataset, '--backend', 'reference'])).code).toBe(0);
  const { code, stdout } = await prunelens([...dataset, '--seeds', '2', '--resume']);
  const { entries } = JSON.parse(stdout) as { entries: { training: { backend: string } }[] };
  expect([code, entries.map(({ training }) => training.backend)]).toEqual([0, ['reference', 'reference']]);
  const other = await prunelens([...dataset, '--resume', '--backend', 'cpu']);
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('backend')]);
});
