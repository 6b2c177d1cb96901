/** A regression in the editor: it is scored and trained as a classifier is, and told by its own metrics. */
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serverCommands, serverNotifications, serverRequests } from '../../server/protocol/editor';
import { buildServer, makeWorkspace, startClient, type TestClient } from './client';

const NAME = 'friedman.ts';
let client: TestClient;

beforeAll(async () => {
  await buildServer();
  const settings = { data: 'data/friedman.npz', batchSize: 32, optimizer: { kind: 'adam', learningRate: 0.003 } };
  const folder = await makeWorkspace([NAME], { 'prunelens.json': JSON.stringify(settings) });
  await mkdir(join(folder, 'data'));
  const data = resolve(import.meta.dirname, '../../samples/data/friedman.npz');
  await cp(data, join(folder, 'data', 'friedman.npz'));
  client = await startClient(folder, { settings: { backend: 'cpu' } });
  client.open(NAME, await readFile(client.file(NAME), 'utf8'));
});
afterAll(() => client.stop());

it('has lenses and hints, a run with R² and the mean absolute error, and no accuracy anywhere', async () => {
  const model = `${client.file(NAME)}#default`;
  await client.run(serverCommands.score, { model, method: 'snip', sparsity: 0.9 });
  const titles = (await client.lenses(NAME)).map(({ command }) => command?.title);
  expect(titles).toContain('SNIP · 90 % · 480 of 4,800 kept');
  const hints = (await client.hints(NAME)).map(({ label }) => String(label));
  expect(hints.some((hint) => /^kept \d+ of 640 · /.test(hint))).toBe(true);

  await client.run(serverCommands.train, { model, dense: true, epochs: 4 });
  const [run] = await client.request(serverRequests.runs, {});
  expect(run.testR2).toBeGreaterThan(0.2);
  expect(run.testMeanAbsoluteError).toBeLessThan(5);
  const told = client.notifications.filter(({ method }) => method === serverNotifications.training.method);
  expect(JSON.stringify(told)).toContain('"testR2"');
  const shown = [titles, hints, run, told, client.progress.map(({ value }) => value)];
  expect(JSON.stringify(shown)).not.toMatch(/accuracy/i);
});
