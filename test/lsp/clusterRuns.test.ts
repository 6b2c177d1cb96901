/** The editor sees runs of a cluster appear in the folder that it shares, without asking for them. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverNotifications, serverRequests } from '../../server/protocol/editor';
import type { RunSummary } from '../../server/protocol/results';
import { beginRun, completeRun } from '../support/clusterRuns';
import { buildServer, eventually, makeWorkspace, startClient, type TestClient } from './client';

let client: TestClient;

beforeAll(async () => {
  await buildServer();
  client = await startClient(await makeWorkspace([]), { settings: { runs: { folder: 'shared/runs' } } });
});
afterAll(() => client.stop());

/** What the server last told of the runs. */
const told = (): readonly RunSummary[] | undefined =>
  client.notifications
    .filter(({ method }) => method === serverNotifications.runsChanged.method)
    .map(({ params }) => (params as { runs: readonly RunSummary[] }).runs)
    .at(-1);

test('a run of another machine is there within seconds, while it is trained and when it is done', async () => {
  expect(await client.request(serverRequests.runs, {})).toEqual([]);
  // Lists that the start of the server asks for are behind it.
  await sleep(1000);
  // It comes as a whole into a folder that was not there, so nothing could watch it.
  const elsewhere = join(client.folder, 'elsewhere');
  beginRun(join(elsewhere, 'runs', 'net', 'snip-0.9-0-0123abcd'), 2);
  renameSync(elsewhere, join(client.folder, 'shared'));
  const [running] = await eventually(() => (told()?.length ? told() : undefined));
  expect(running).toMatchObject({ state: 'running', method: 'snip', finishedEpochs: 2, epochs: 3 });
  completeRun(client.file('shared/runs/net/snip-0.9-0-0123abcd'));
  const [finished] = await eventually(() => (told()?.[0]?.state === 'finished' ? told() : undefined));
  expect(finished).toMatchObject({ finishedEpochs: 3, testAccuracy: 0.5 });
  expect(finished.run).toBe(client.file('shared/runs/net/snip-0.9-0-0123abcd'));
});
