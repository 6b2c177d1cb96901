/** Scores outlive the server, over real LSP with the real compute process. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import { buildServer, eventually, makeWorkspace, startClient, type TestClient } from './client';
import { LENET, SETTINGS } from './lenet';

const OPTIONS = { settings: { backend: 'cpu' } };
let cache: string;
let folder: string;
let source: string;

beforeAll(async () => {
  await buildServer();
  cache = await mkdtemp(join(tmpdir(), 'prunelens-cache-'));
  vi.stubEnv('XDG_CACHE_HOME', cache);
  folder = await makeWorkspace([LENET], { 'prunelens.json': SETTINGS });
  source = await readFile(join(folder, LENET), 'utf8');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

/** Ends the server as an editor does that is closed, and leaves its folder. */
async function end(client: TestClient): Promise<void> {
  const ended = new Promise((done) => client.process.once('exit', done));
  await client.connection.sendRequest('shutdown');
  await client.connection.sendNotification('exit');
  await ended;
  client.connection.dispose();
}

const modelOf = (client: TestClient) => `${client.file(LENET)}#default`;
const summary = async (client: TestClient) =>
  (await client.lenses(LENET)).map(({ command }) => command?.title).find((title) => / kept/.test(title ?? ''));
const tileOf = async (client: TestClient, scoreId: string) => {
  const area = { row: 0, column: 0, rows: 300, columns: 784, height: 30, width: 60 };
  return client.request(serverRequests.tile, { scoreId, weight: 'fc1/kernel', sparsity: 0.95, ...area });
};

test('scores are there again with their heatmap, without being made anew; not of another architecture', async () => {
  const first = await startClient(folder, OPTIONS);
  first.open(LENET, source);
  const model = modelOf(first);
  await first.run(serverCommands.score, { model, method: 'magnitude' });
  const { score } = await first.run(serverCommands.score, { model, method: 'snip' });
  await first.run(serverCommands.setSparsity, { model, sparsity: 0.95 });
  const before = await first.request(serverRequests.heatmap, { model });
  const tile = await tileOf(first, score.scoreId);
  const [title, hints] = [await summary(first), await first.hints(LENET)];
  await eventually(async () => (await readdir(join(cache, 'prunelens/scores'))).length === 3);
  await end(first);

  const second = await startClient(folder, OPTIONS);
  second.open(LENET, source);
  await eventually(async () => (await summary(second)) === title);
  expect((await second.hints(LENET)).map(({ label }) => label)).toEqual(hints.map(({ label }) => label));
  const after = await second.request(serverRequests.heatmap, { model });
  expect([after.shown, after.sparsity, after.stale]).toEqual(['snip', 0.95, false]);
  expect(after.scores.map(({ method, seconds }) => [method, seconds])).toEqual(
    before.scores.map(({ method, seconds }) => [method, seconds]),
  );
  const shown = after.scores.find(({ method }) => method === 'snip')!;
  expect(await tileOf(second, shown.scoreId)).toEqual(tile);
  await end(second);

  // By the heatmap alone, which may be what is open; data that has changed meanwhile is seen, too.
  const third = await startClient(folder, OPTIONS);
  expect((await third.request(serverRequests.heatmap, { model })).scores).toHaveLength(2);
  await end(third);
  await writeFile(join(folder, 'prunelens.json'), SETTINGS.replace('"mnist"', '"noise"'));
  const fourth = await startClient(folder, OPTIONS);
  expect((await fourth.request(serverRequests.heatmap, { model })).scores.map(({ method }) => method)).toEqual([
    'magnitude',
  ]);
  await end(fourth);

  await writeFile(join(folder, LENET), source.replace('[300, 100]', '[200, 100]'));
  const fifth = await startClient(folder, OPTIONS);
  expect((await fifth.request(serverRequests.heatmap, { model })).scores).toEqual([]);
  await end(fifth);
});
