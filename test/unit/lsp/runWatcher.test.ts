/** Lists of runs where the system tells of no changes, as on network file systems when another machine writes. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { writeJsonAtomic } from '../../../server/files/atomic';
import { createRunWatcher } from '../../../server/lsp/model/runWatcher';
import { writeLabel } from '../../../server/runs/marks';
import * as reading from '../../../server/runs/read';
import { beginRun, completeRun } from '../../support/clusterRuns';
import { temporaryFolder } from '../../support/models';

const { system } = vi.hoisted(() => ({ system: { canWatch: false } }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    watch(...given: Parameters<typeof fs.watch>) {
      if (!system.canWatch) throw new Error('This system cannot watch.');
      return fs.watch(...given);
    },
  };
});

it('follow what other machines do in a shared folder', async () => {
  const folder = join(temporaryFolder({}), 'runs');
  const told: string[][] = [];
  const watcher = createRunWatcher({
    places: async () => [{ folder, name: 'runs' }],
    onChanged: (runs) => told.push(runs.map(({ state, finishedEpochs }) => `${state} ${finishedEpochs}`)),
    poll: 30,
  });
  onTestFinished(() => watcher.dispose());
  // The folder is made later.
  expect(await watcher.list()).toEqual([]);
  const run = join(folder, 'net', 'snip-0.9-0-0123abcd');
  beginRun(run, 1);
  await expect.poll(() => told.at(-1)).toEqual(['running 1']);
  beginRun(run, 2);
  await expect.poll(() => told.at(-1)).toEqual(['running 2']);
  completeRun(run);
  await expect.poll(() => told.at(-1)).toEqual(['finished 3']);
  // The empty lease is about to be removed; another run is in a folder two levels deep.
  rmSync(`${run}.lease`, { recursive: true });
  const other = join(folder, 'study', 'net', 'snip-0.9-1-0123abcd');
  beginRun(other, 0, 'magnitude');
  await expect.poll(() => told.at(-1)?.toSorted()).toEqual(['finished 3', 'running 0']);
  rmSync(`${other}.lease`, { recursive: true });
  await expect.poll(() => told.at(-1)).toEqual(['finished 3']);
});

const outcome = { model: 'net', method: 'snip', sparsity: 0.9, seed: 0, final: { testLoss: 1 } };

it.each([
  ['watched', true, 1e6],
  ['looked at now and then', false, 30],
])('tell of further results of a comparison, where they are %s', async (_, canWatch, poll) => {
  system.canWatch = canWatch;
  onTestFinished(() => {
    system.canWatch = false;
  });
  const folder = temporaryFolder({});
  const comparison = join(folder, 'compare');
  mkdirSync(comparison);
  let tellings = 0;
  const watcher = createRunWatcher({
    places: async () => [{ folder, name: 'runs' }],
    onChanged() {
      tellings++;
    },
    poll,
  });
  onTestFinished(() => watcher.dispose());
  const write = async (runs: number) => {
    const rows = Array.from({ length: runs }, () => outcome);
    await writeJsonAtomic(join(comparison, 'results.json'), {
      format: 'prunelens-comparison-1',
      methods: [],
      runs: rows,
    });
  };
  await write(0);
  watcher.changed();
  await expect.poll(() => tellings).toBe(1);
  for (let runs = 1; runs <= 3; runs++) {
    await write(runs);
    await expect.poll(() => tellings).toBe(runs + 1);
    expect((await watcher.comparisons()).map(({ rows }) => rows.length)).toEqual([runs]);
  }
});

it('read finished runs once, until something is written there', async () => {
  const folder = temporaryFolder({});
  const run = join(folder, 'net', 'snip-0.9-0-0123abcd');
  mkdirSync(join(folder, 'net'));
  beginRun(run, 1);
  completeRun(run);
  const read = vi.spyOn(reading, 'findRunConfig');
  const watcher = createRunWatcher({ places: async () => [{ folder, name: 'runs' }], onChanged() {}, poll: 1e6 });
  onTestFinished(() => watcher.dispose());
  const reads = () => read.mock.calls.filter(([path]) => path === run).length;
  for (let time = 0; time < 3; time++) await watcher.list();
  expect(reads()).toBe(1);
  await sleep(5);
  await writeLabel(run, 'the good one');
  expect((await watcher.list()).map(({ label }) => label)).toEqual(['the good one']);
  expect(reads()).toBe(2);
});

it('list further folders beside the own one, and say which is not there', async () => {
  const [own, cluster, missing] = ['own', 'cluster', 'missing'].map((name) => join(temporaryFolder({}), name));
  for (const folder of [own, cluster]) {
    beginRun(join(folder, 'net', 'snip-0.9-0-0123abcd'), 3);
    completeRun(join(folder, 'net', 'snip-0.9-0-0123abcd'));
  }
  let tellings = 0;
  const watcher = createRunWatcher({
    places: async () => [
      { folder: own, name: '.prunelens/runs' },
      { folder: cluster, name: '/mnt/cluster', isFurther: true },
      { folder: missing, name: '/mnt/gone', isFurther: true },
      // Named twice.
      { folder: cluster, name: '../cluster', isFurther: true },
    ],
    onChanged() {
      tellings++;
    },
    poll: 30,
  });
  onTestFinished(() => watcher.dispose());
  const rows = await watcher.table();
  expect(rows.map(({ runsFolder }) => runsFolder).toSorted()).toEqual(['.prunelens/runs', '/mnt/cluster']);
  const problems = async () => (await watcher.folders()).map(({ problem }) => problem);
  expect(await problems()).toEqual([undefined, undefined, 'The runs folder /mnt/gone is not there.']);
  beginRun(join(missing, 'net', 'snip-0.9-1-0123abcd'), 1);
  await expect.poll(() => tellings).toBeGreaterThan(0);
  expect(await problems()).toEqual([undefined, undefined, undefined]);
  expect(await watcher.list()).toHaveLength(3);
});
