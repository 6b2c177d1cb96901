/** The form of an editor and the work that it asks for, over real LSP: what is said and checked, what it takes, and that options count. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FormKind } from '../../server/protocol/catalogue/derive';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import { epochSeconds } from '../../server/protocol/form';
import { TINY_CODE } from '../support/tinyModels';
import { buildServer, makeWorkspace, startClient, type TestClient } from './client';

const SETTINGS = '{\n  // Made up.\n  "data": "noise:4x4x1:3:256",\n  "batchSize": 32\n}\n';

let client: TestClient;
beforeAll(async () => {
  await buildServer();
  const folder = await makeWorkspace([], { 'tiny.ts': TINY_CODE, 'prunelens.json': SETTINGS });
  client = await startClient(folder, { settings: { backend: 'cpu' } });
});
afterAll(() => client.stop());

const model = () => `${client.file('tiny.ts')}#default`;
const form = (kind: FormKind = 'train') => client.request(serverRequests.form, { model: model(), kind });
const check = (values: object, kind: FormKind = 'train') =>
  client.request(serverRequests.checkForm, { model: model(), kind, values: { ...values } });
const configOf = (run: string) => JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
const settings = () => readFileSync(client.file('prunelens.json'), 'utf8');

test('tells what is said elsewhere, and checks as the command does', async () => {
  const { name, said, options, methods } = await form();
  expect(name).toBe('tiny.ts');
  expect(said).toEqual({
    data: { value: 'noise:4x4x1:3:256', origin: 'prunelens.json', file: client.file('prunelens.json'), line: 3 },
    batchSize: { value: 32, origin: 'prunelens.json', file: client.file('prunelens.json'), line: 4 },
    backend: { value: 'cpu', origin: 'the setting prunelens.backend' },
  });
  expect(options.map((option) => option.name)).toEqual(expect.arrayContaining(['epochs', 'lr', 'steps']));
  expect(methods.map((method) => method.name)).toContain('dense');
  const right = await check({ method: 'snip', sparsity: 0.9, optimizer: 'adam' });
  expect(right).toMatchObject({ mistakes: [], values: { epochs: 10, batchSize: 32, lr: 0.001, optimizer: 'adam' } });
  const { mistakes } = await check({ method: 'none', sparsity: 1, epochs: 0 });
  expect(mistakes.map(({ flag }) => flag)).toEqual(['epochs', 'method', 'sparsity']);
  const together = await check({ method: 'snip', sparsity: 0.9, optimizer: 'adam', momentum: 0.5 });
  expect(together.mistakes).toMatchObject([{ flag: 'momentum' }]);
  const nothing = await check({ method: 'snip', sparsity: 0.9, exclude: ['*'] });
  expect(nothing.mistakes).toMatchObject([{ message: expect.stringContaining('No layer of tiny is left') }]);
  expect((await check({ name: 'tiny' }, 'learn')).mistakes).toEqual([]);
  expect(
    (await check({ methods: ['snip', 'snop'], sparsities: [] }, 'compare')).mistakes.map(({ flag }) => flag),
  ).toEqual(['methods', 'sparsities']);
});

test('measures what trainings take', async () => {
  const values = { method: 'snip', sparsity: 0.9 };
  const costs = await client.request(serverRequests.trainingCosts, { model: model(), kind: 'train', values });
  expect(costs).toMatchObject({ backend: 'cpu', batchSize: 32, measuredExamples: 32, trainExamples: 256 });
  expect(costs.stepSeconds).toBeGreaterThan(0);
  expect(costs.testSeconds).toBeGreaterThan(0);
  // Weights, momentum and masks of 12 x 16 + 12 x 3 at least.
  expect(costs.stepBytes).toBeGreaterThan(3 * 4 * (12 * 16 + 12 * 3));
  expect(epochSeconds(costs)).toBeLessThan(5);
  const larger = { ...values, batchSize: 64, limit: 128 };
  const others = await client.request(serverRequests.trainingCosts, { model: model(), kind: 'train', values: larger });
  expect(others).toMatchObject({ batchSize: 64, trainExamples: 128 });
  expect(others.stepBytes).toBeGreaterThan(costs.stepBytes);
});

test('trains with options, which a resumed run has again', async () => {
  const options = { epochs: 2, optimizer: 'adam', lr: 0.01, seed: 5, batchSize: 64 };
  const { run, seed } = await client.run(serverCommands.train, {
    model: model(),
    method: 'magnitude',
    sparsity: 0.5,
    options,
  });
  expect(seed).toBe(5);
  const config = configOf(run);
  expect(config.origin).toMatchObject({ method: 'magnitude', sparsity: 0.5, options });
  expect(config.training).toMatchObject({
    epochs: 2,
    batchSize: 64,
    seed: 5,
    optimizer: { kind: 'adam', learningRate: 0.01 },
  });
  const more = await client.run(serverCommands.train, { model: model(), run, resume: true });
  expect(more).toMatchObject({ state: 'finished', finishedEpochs: 2 });
  // Options that no score follows from leave the scores as they are.
  const dense = await client.run(serverCommands.train, {
    model: model(),
    dense: true,
    options: { epochs: 1, lr: 0.2 },
  });
  expect(configOf(dense.run).training.optimizer.learningRate).toBe(0.2);
  const wrong = client.run(serverCommands.train, { model: model(), dense: true, options: { epochs: 'many' } });
  await expect(wrong).rejects.toThrow('It must be a whole number, 1 or more.');
  const unknown = client.run(serverCommands.compare, { model: model(), options: { rounds: 3 } });
  await expect(unknown).rejects.toThrow('There is no option "rounds"');
});

test('trains by a method that changes masks, also when it goes on', async () => {
  const options = { epochs: 2, updateEvery: 2, initialMask: 'random' };
  const { run, method } = await client.run(serverCommands.train, {
    model: model(),
    method: 'rigl',
    sparsity: 0.5,
    options,
  });
  expect(method).toBe('rigl');
  expect(configOf(run)).toMatchObject({
    origin: { method: 'rigl', sparsity: 0.5, options },
    training: { dynamic: { method: 'rigl', updateEvery: 2 } },
  });
  expect(readFileSync(join(run, 'updates.jsonl'), 'utf8').trim().split('\n').length).toBeGreaterThan(1);
  expect(existsSync(join(run, 'final-masks.safetensors'))).toBe(true);
  const again = await client.run(serverCommands.train, { model: model(), run, resume: true });
  expect(again).toMatchObject({ state: 'finished', finishedEpochs: 2 });
});

test('writes the file of a sweep, which runs as many networks as it is told', async () => {
  const values = {
    methods: ['snip', 'rigl'],
    sparsities: [0.5],
    file: 'sweeps/tiny.yaml',
    epochs: 1,
    lr: [0.1, 0.05],
    updateEvery: 2,
    seeds: 2,
    exclude: ['logits'],
  };
  const told = await check(values, 'sweep');
  // Two rates and two seeds of the dense network and of two methods.
  expect(told).toMatchObject({ mistakes: [], runs: 12, values: { epochs: 1, lr: 0.1 } });
  const { file } = await client.run(serverCommands.writeSweep, { model: model(), values });
  expect(file).toBe(client.file('sweeps/tiny.yaml'));
  expect(readFileSync(file, 'utf8')).toBe(
    [
      'models: [../tiny.ts]',
      'methods: [snip, rigl]',
      'sparsities: [0.5]',
      'seeds: 2',
      'exclude: [logits]',
      'settings:',
      '  epochs: 1',
      '  lr: [0.1, 0.05]',
      '  update-every: 2',
      '',
    ].join('\n'),
  );
  const { rows } = await client.run(serverCommands.sweep, { file });
  expect(rows).toHaveLength(12);
  const none = await check({ ...values, exclude: ['none*'] }, 'sweep');
  expect(none.mistakes).toMatchObject([{ flag: 'exclude', message: expect.stringContaining('matches no layer') }]);
  const wrong = await check({ ...values, lr: [0.1, 0], weights: 'nowhere.safetensors', file: 'tiny' }, 'sweep');
  expect(wrong.mistakes.map(({ flag }) => flag)).toEqual(['lr', 'file', 'weights']);
});

test('searches, in a folder with runs and results', async () => {
  const { folder, conclusion, found } = await client.run(serverCommands.search, {
    model: model(),
    method: 'magnitude',
    options: { rounds: 2, epochs: 1, tolerance: 0.9 },
  });
  expect(conclusion).toMatch(/^magnitude keeps the test accuracy within 90.*up to/);
  const results = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
  expect(results).toMatchObject({ format: 'prunelens-search-1', rounds: 2, tolerance: 0.9 });
  expect(found).toBe(results.found.sparsity);
  expect(client.progress.some(({ value }) => /Run 2 of 3: magnitude at/.test(value.message ?? ''))).toBe(true);
  const rows = await client.request(serverRequests.runTable, {});
  expect(rows.filter(({ run }) => run.startsWith(folder))).toHaveLength(3);
});

test('makes a model smaller, and asks before it replaces anything', async () => {
  const asked = { model: model(), method: 'magnitude', sparsity: 0.5, folder: 'small' };
  const made = await client.run(serverCommands.shrink, asked);
  expect(made.folder).toBe(client.file('small'));
  expect(readdirSync(made.folder)).toContain('model.json');
  expect(made.keptParameters).toBeLessThan(made.parameters);
  expect(made.sentences[0]).toMatch(/^Parameters: 243 → \d+ \([\d.]+ % less\)\.$/);
  // What was written here, as it was, is replaced without a question.
  const questions = client.questions.length;
  await client.run(serverCommands.shrink, { ...asked, sparsity: 0.25 });
  expect(client.questions).toHaveLength(questions);
  writeFileSync(join(made.folder, 'model.json'), '{}');
  await expect(client.run(serverCommands.shrink, asked)).rejects.toMatchObject({ code: -32800 });
  expect(readFileSync(join(made.folder, 'model.json'), 'utf8')).toBe('{}');
  client.answers.push('Replace');
  await client.run(serverCommands.shrink, asked);
  expect(existsSync(join(made.folder, 'model.json'))).toBe(true);
  expect(readFileSync(join(made.folder, 'model.json'), 'utf8')).not.toBe('{}');
});

test('writes what is chosen into prunelens.json, which says it from then on', async () => {
  const written = await client.run(serverCommands.writeSettings, {
    model: model(),
    options: { epochs: 4, lr: 0.02, seeds: 3 },
  });
  expect(written).toEqual({ file: client.file('prunelens.json'), written: ['epochs', 'optimizer.learningRate'] });
  expect(settings()).toContain('// Made up.');
  const { said } = await form();
  expect(said.epochs).toMatchObject({ value: 4, origin: 'prunelens.json' });
  expect(said.lr).toMatchObject({ value: 0.02 });
  const none = client.run(serverCommands.writeSettings, { model: model(), options: { limit: 3 } });
  await expect(none).rejects.toThrow('None of these options');
});
