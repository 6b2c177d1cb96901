/** Lines of the table of runs, from folders as training writes them. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunRow } from '../../../server/protocol/runTable/row';
import { readMarks, writeNotes } from '../../../server/runs/marks';
import { createRowReader } from '../../../server/runs/rows';
import { createRunLister, readTimedMetrics } from '../../../server/runs/summaries';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'prunelens-rows-'));
});
afterEach(() => rm(root, { recursive: true }));

interface StoredRun {
  readonly origin?: object;
  readonly training?: object;
  readonly epochs?: readonly object[];
  readonly finished?: boolean;
  /** More of `config.json` and `result.json`. */
  readonly config?: object;
  readonly result?: object;
}

async function storeRun(name: string, stored: StoredRun) {
  const { origin = {}, training = {}, epochs = [], finished = true, config: more, result } = stored;
  const run = join(root, name);
  await mkdir(run, { recursive: true });
  const config = {
    format: 'prunelens-run-1',
    network: 'net',
    backend: 'onnx',
    device: 'CPU',
    host: 'here',
    file: '/models/net.ts',
    data: { name: 'digits', trainExamples: 100, testExamples: 20 },
    origin,
    training: {
      epochs: 2,
      seed: 0,
      batchSize: 16,
      optimizer: { kind: 'sgd', learningRate: 0.1 },
      schedule: { kind: 'constant' },
      ...training,
    },
    started: '2026-01-31T12:30:00Z',
    macs: 123,
    git: { commit: 'abc', branch: 'main', dirty: true },
    ...more,
  };
  await writeFile(join(run, 'config.json'), JSON.stringify(config));
  await writeFile(join(run, 'metrics.jsonl'), epochs.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (finished) await writeFile(join(run, 'result.json'), JSON.stringify({ seconds: 12.5, ...result }));
  return run;
}

/** Two epochs, the first of which is the better one. */
const epochs = (name: string, first: number, second: number) =>
  [first, second].map((value, at) => ({ epoch: at + 1, trainLoss: 1, testLoss: 0.5 + at, [`test${name}`]: value }));

async function rowsIn(folder: string): Promise<ReadonlyMap<string, RunRow>> {
  const rows = await createRowReader()(await createRunLister(() => false)(folder), [{ folder, name: 'runs' }]);
  return new Map(rows.map((row) => [row.run.slice(folder.length + 1), row]));
}

it('have the best and the last value of what the run is judged by, its settings and what pruning left', async () => {
  await storeRun('compare/a', {
    origin: { method: 'snip', sparsity: 0.9 },
    epochs: epochs('Accuracy', 0.9, 0.8),
  });
  await writeFile(join(root, 'compare/a.pruning.json'), JSON.stringify({ prunable: 200, kept: 20, effectiveKept: 18 }));
  await storeRun('b', { epochs: epochs('MeanAbsoluteError', 0.4, 0.5), training: { optimizer: undefined } });
  const rows = await rowsIn(root);
  expect(rows.get(join('compare', 'a'))).toMatchObject({
    data: 'digits',
    trainExamples: 100,
    optimizer: 'sgd',
    learningRate: 0.1,
    batchSize: 16,
    metric: 'accuracy',
    best: 0.9,
    bestEpoch: 1,
    final: 0.8,
    effectiveSparsity: 0.91,
    seconds: 12.5,
    macs: 123,
    commit: 'abc',
    branch: 'main',
    dirty: true,
    group: 'compare',
  });
  const other = rows.get('b');
  expect(other).toMatchObject({ metric: 'meanAbsoluteError', best: 0.4, bestEpoch: 1, final: 0.5 });
  for (const key of ['learningRate', 'effectiveSparsity', 'group', 'difference']) expect(other).not.toHaveProperty(key);
});

it('have the effective sparsity of a run of its own: of its masks, or of those of the end where training has changed them', async () => {
  await storeRun('stays', { config: { effectiveSparsity: 0.9 } });
  await storeRun('changes', { result: { effectiveSparsity: 0.8 } });
  await storeRun('old', {});
  const rows = await rowsIn(root);
  expect([...rows].map(([name, { effectiveSparsity }]) => [name, effectiveSparsity]).toSorted()).toEqual([
    ['changes', 0.8],
    ['old', undefined],
    ['stays', 0.9],
  ]);
});

it('have the multiplications of the masks of the end and of the training, where the run tells them', async () => {
  const cost = { inference: 40, denseInference: 200, training: 9000, denseTraining: 20000 };
  await storeRun('changes', { training: { dynamic: { method: 'rigl' } }, result: { cost } });
  await storeRun('still-changes', { training: { dynamic: { method: 'rigl' } }, finished: false });
  await storeRun('old', {});
  const rows = await rowsIn(root);
  expect([...rows].map(([name, { macs, trainingMacs }]) => [name, macs, trainingMacs]).toSorted()).toEqual([
    ['changes', 40, 9000],
    ['old', 123, undefined],
    ['still-changes', undefined, undefined],
  ]);
});

it('are compared with the dense run of the same seed, else with the mean of all that are trained alike', async () => {
  const accuracy = (value: number) => ({ epochs: epochs('Accuracy', value, value) });
  await storeRun('dense-0', { origin: { method: 'dense' }, ...accuracy(0.9) });
  await storeRun('dense-1', { ...accuracy(0.8), training: { seed: 1 } });
  await storeRun('dense-longer', { ...accuracy(0.99), training: { epochs: 9 } });
  await storeRun('dense-begun', { ...accuracy(0.5), finished: false });
  const masked = { origin: { method: 'snip', sparsity: 0.9 } };
  await storeRun('same-seed', { ...masked, ...accuracy(0.7), training: { seed: 1 } });
  await storeRun('no-seed', { ...masked, ...accuracy(0.7), training: { seed: 2 } });
  await storeRun('changing', { ...masked, ...accuracy(0.7), training: { seed: 1, dynamic: { method: 'rigl' } } });
  await storeRun('alone', { ...masked, ...accuracy(0.7), training: { epochs: 5 } });
  const rows = await rowsIn(root);
  expect(rows.get('same-seed')!.difference).toBeCloseTo(-0.1);
  expect(rows.get('changing')!.difference).toBeCloseTo(-0.1);
  expect(rows.get('no-seed')!.difference).toBeCloseTo(-0.15);
  for (const name of ['alone', 'dense-0', 'dense-1']) expect(rows.get(name)).not.toHaveProperty('difference');
});

it('tell the runs folder that they are in where there are several, one of them within another', async () => {
  await storeRun('own/a', {});
  await storeRun('own/cluster/study/b', {});
  const places = ['own', 'own/cluster'].map((name) => ({ folder: join(root, name), name }));
  const runs = await createRunLister(() => false)(join(root, 'own'));
  const several = await createRowReader()(runs, places);
  const told = several.map(({ run, runsFolder, group }) => [run.slice(root.length + 1), runsFolder, group]);
  expect(told.toSorted()).toEqual([
    [join('own', 'a'), 'own', undefined],
    [join('own', 'cluster', 'study', 'b'), 'own/cluster', 'study'],
  ]);
  for (const row of await createRowReader()(runs, places.slice(0, 1))) expect(row).not.toHaveProperty('runsFolder');
});

it('take damaged folders for what they still tell', async () => {
  const run = await storeRun('a', { training: { optimizer: 'adam', batchSize: 'many' } });
  await writeFile(join(run, 'metrics.jsonl'), 'no JSON\n');
  await writeFile(join(run, 'result.json'), '[]');
  await writeFile(join(run, 'notes.json'), '{"tags":[1,"good"],"pinned":"yes"}');
  const row = (await rowsIn(root)).get('a')!;
  expect(row).toMatchObject({ data: 'digits', finishedEpochs: 0, notes: { tags: ['good'] } });
  for (const key of ['seconds', 'batchSize', 'optimizer', 'final']) expect(row).not.toHaveProperty(key);
});

it('have notes that change one by one, and no file where nothing is noted', async () => {
  const run = await storeRun('a', {});
  await writeNotes(run, { tags: [' paper', 'paper', ''], pinned: true });
  await writeNotes(run, { text: ' Diverged. ' });
  expect((await readMarks(run)).notes).toEqual({ tags: ['paper'], pinned: true, text: 'Diverged.' });
  await writeNotes(run, { archived: true, pinned: false, text: '' });
  expect((await rowsIn(root)).get('a')!.notes).toEqual({ tags: ['paper'], archived: true });
  await writeNotes(run, { tags: [], archived: false });
  expect((await rowsIn(root)).get('a')).not.toHaveProperty('notes');
  expect(await readdir(run)).not.toContain('notes.json');
});

it('tells how long epochs took once a run has ended', async () => {
  const run = await storeRun('a', { epochs: epochs('Accuracy', 0.9, 0.8) });
  expect(await readTimedMetrics(run)).not.toHaveProperty('epochSeconds');
  await writeFile(join(run, 'result.json'), JSON.stringify({ epochs: [{ seconds: 10 }, { seconds: 20 }] }));
  expect(await readTimedMetrics(run)).toMatchObject({
    run,
    epochSeconds: [10, 20],
    epochs: [{ epoch: 1 }, { epoch: 2 }],
  });
});
