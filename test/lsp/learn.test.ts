/** Learning a criterion from the editor: progress, cancelling and going on, what it writes, and the offer to use it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import { TINY_CODE } from '../support/tinyModels';
import { buildServer, eventually, makeWorkspace, startClient, type TestClient } from './client';

const SETTINGS = '{\n  // Made up.\n  "data": "noise:4x4x1:3:256"\n}\n';

let client: TestClient;
beforeAll(async () => {
  await buildServer();
  const folder = await makeWorkspace([], { 'tiny.ts': TINY_CODE, 'prunelens.json': SETTINGS });
  client = await startClient(folder, { settings: { backend: 'cpu' } });
});
afterAll(() => client.stop());

const model = () => `${client.file('tiny.ts')}#default`;
const learned = (...names: string[]) => join(client.folder, '.prunelens', 'predictors', ...names);
const changed = (name: string) =>
  client.connection.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri: client.uri(name), type: 2 }],
  });
const learn = (options: object) =>
  client.run(serverCommands.learn, { model: model(), iterations: 3, epochs: 2, ...options });

describe('learning a criterion', () => {
  test('can be cancelled, and goes on', async () => {
    const result = learn({ epochs: 50 }).catch((error) => error);
    const running = await eventually(() =>
      client.progress.find(({ value }) => /Pruning, iteration 1 of 3, epoch/.test(value.message ?? '')),
    );
    await client.connection.sendNotification('window/workDoneProgress/cancel', { token: running.token });
    expect((await result).code).toBe(-32800);
    const [begin] = client.progress.filter(({ token }) => token === running.token);
    expect(begin.value).toMatchObject({ kind: 'begin', title: 'Learning a criterion from tiny.ts', cancellable: true });
    expect(existsSync(learned('tiny.dataset', 'runs'))).toBe(true);
    expect(existsSync(learned('tiny.safetensors'))).toBe(false);
    expect((await learn({ epochs: 50, predictorEpochs: 1 })).dataset).toBe(learned('tiny.dataset'));
  });

  test('writes a predictor and its pictures, and offers it for AutoS', async () => {
    client.answers.push('Use for AutoS');
    const seen = client.progress.length;
    const summary = await learn({ name: 'mine', predictorEpochs: 2 });
    expect(summary).toMatchObject({ predictor: learned('mine.safetensors'), report: learned('mine.json') });
    const values = client.progress.slice(seen).map(({ value }) => value);
    expect(values.at(-1)?.kind).toBe('end');
    const percentages = values.flatMap(({ percentage }) => percentage ?? []);
    expect(percentages).toEqual(percentages.toSorted((a, b) => a - b));
    expect(values.some(({ message }) => /Learning from what survived/.test(message ?? ''))).toBe(true);
    expect(readFileSync(summary.page, 'utf8')).toContain('Which weights survive');

    const entries = await client.request(serverRequests.survivalReports, {});
    expect(entries).toContainEqual({ name: 'mine', report: summary.report });
    const report = await client.request(serverRequests.survival, {
      report: summary.report,
    });
    const [run] = report.runs;
    expect(run.planes.map(({ title }) => title)).toEqual(['initial weight', 'SNIP', 'GraSP', 'ProsPr']);
    for (const { counts } of run.planes) expect(counts.reduce((sum, count) => sum + count)).toBe(16 * 12 + 12 * 3);
    expect(run.predictors[0]).toMatchObject({ title: 'weight and gradient', isSeen: true });
    const other = client.request(serverRequests.survival, { report: client.file('prunelens.json') });
    await expect(other).rejects.toThrow('There are no pictures in');

    const settings = await eventually(() => {
      const text = readFileSync(client.file('prunelens.json'), 'utf8');
      return text.includes('predictor') ? text : undefined;
    });
    expect(settings).toContain('// Made up.');
    expect(settings).toContain('"predictor": ".prunelens/predictors/mine.safetensors"');
    expect(client.questions.slice(-1)).toEqual(['mine.safetensors is learned. Is AutoS to use it in this workspace?']);
    const { score } = await client.run(serverCommands.score, {
      model: model(),
      method: 'autos',
    });
    expect(score.method).toBe('autos');

    const isStale = async () => (await client.request(serverRequests.heatmap, { model: model() })).stale;
    expect(await isStale()).toBe(false);
    // Another predictor under the same name.
    client.answers.push('Not now');
    await learn({ name: 'mine', predictorEpochs: 1 });
    expect(await isStale()).toBe(true);
    await client.run(serverCommands.score, { model: model(), method: 'autos' });
    expect(await isStale()).toBe(false);
    // Another program changes its last number a little.
    const bytes = readFileSync(summary.predictor);
    bytes[bytes.length - 4] ^= 1;
    writeFileSync(summary.predictor, bytes);
    await changed('.prunelens/predictors/mine.safetensors');
    await eventually(isStale);
    await client.run(serverCommands.score, { model: model(), method: 'autos' });
    // A setting that is edited by hand, and back.
    const file = client.file('prunelens.json');
    writeFileSync(file, settings.replace(/"predictor": "[^"]*"/, '"epochs": 1'));
    await changed('prunelens.json');
    await eventually(isStale);
    writeFileSync(file, settings);
    await changed('prunelens.json');
    await eventually(async () => !(await isStale()));

    rmSync(summary.predictor);
    const without = client.run(serverCommands.score, { model: model(), method: 'autos' });
    await expect(without).rejects.toThrow('mine.safetensors');
  });

  test('goes on where its process is lost', async () => {
    const seen = client.progress.length;
    const result = learn({ name: 'lost', epochs: 50, predictorEpochs: 1 });
    await eventually(() =>
      client.progress.slice(seen).find(({ value }) => value.message?.includes('Pruning, iteration 2 of 3, epoch')),
    );
    for (const worker of await client.workers()) process.kill(worker, 'SIGKILL');
    expect((await result).predictor).toBe(learned('lost.safetensors'));
    const told = client.progress.slice(seen).map(({ value }) => value.message ?? '');
    const restart = told.findLastIndex((message) => message.includes('Building the model'));
    // The first iteration is not done again.
    expect(told.slice(restart).filter((message) => message.includes('Pruning, iteration 1 of 3'))).toEqual([]);
  });

  test('refuses names that are none of a file', async () => {
    await expect(learn({ name: '../elsewhere' })).rejects.toThrow('is no name for a predictor');
  });
});
