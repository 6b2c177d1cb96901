/** Scores on disk: what comes back, and what is forgotten. */
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PreparedModel } from '../../../server/request/model';
import { createKeptScores } from '../../../server/worker/scores/kept';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prunelens-kept-'));
});
afterEach(() => rm(folder, { recursive: true }));

const MODEL = { network: { parameters: [{ name: 'a/kernel', shape: [2, 2] }] } } as unknown as PreparedModel;
const scoreOf = (values: number[]) => ({
  saliency: {
    scores: new Map([['a/kernel', Float32Array.from(values)]]),
    kept: new Map([['a/kernel', 3]]),
    diagnostics: { warnings: ['Doubtful.'] },
  },
  seconds: 1.5,
});

it('brings back what was written, scores of removed weights too', async () => {
  const kept = createKeptScores(folder);
  const score = scoreOf([1, -2, Number.NEGATIVE_INFINITY, 0]);
  await kept.write('one', MODEL, score);
  expect(await kept.read('one')).toEqual(score);
  expect(await kept.read('another')).toBeUndefined();
});

it('takes a damaged file for none', async () => {
  await writeFile(join(folder, 'one.safetensors'), 'no tensors');
  expect(await createKeptScores(folder).read('one')).toBeUndefined();
});

it('forgets what was used longest ago beyond its limit', async () => {
  const kept = createKeptScores(folder, 600);
  for (const [at, key] of ['one', 'two'].entries()) {
    await kept.write(key, MODEL, scoreOf([1, 2, 3, 4]));
    await utimes(join(folder, `${key}.safetensors`), at + 1, at + 1);
  }
  await kept.read('one');
  await kept.write('three', MODEL, scoreOf([1, 2, 3, 4]));
  expect((await readdir(folder)).toSorted()).toEqual(['one.safetensors', 'three.safetensors']);
});
