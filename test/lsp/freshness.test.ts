/** Scores follow from every file that a model is made from, over real LSP with the real compute process. */
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import { buildServer, eventually, makeWorkspace, startClient, type TestClient } from './client';

let client: TestClient;
beforeAll(buildServer);
afterEach(() => client.stop());

const MODEL = `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import config from './config.json';
import { width } from './sizes';

const rate = Number(/units: (\\d+)/.exec(readFileSync(join(__dirname, 'net.yaml'), 'utf8'))![1]);

export default function build(): tf.LayersModel {
  const model = tf.sequential();
  model.add(tf.layers.dense({ inputShape: [8], units: config.units, name: 'a' }));
  model.add(tf.layers.dense({ units: width, name: 'b' }));
  model.add(tf.layers.dense({ units: rate, name: 'c' }));
  model.add(tf.layers.dense({ units: 3, activation: 'softmax', name: 'd' }));
  return model;
}
`;
const FILES: Record<string, string> = {
  'net.ts': MODEL,
  'config.json': '{ "units": 7 }',
  'sizes.ts': 'export const width = 5;\n',
  'net.yaml': 'units: 6\n',
};

const model = () => `${client.file('net.ts')}#default`;
const heatmap = () => client.request(serverRequests.heatmap, { model: model() });
const write = async (name: string, text: string) => {
  await writeFile(client.file(name), text);
  await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri: client.uri(name), type: 2 }],
  });
};

test.each([
  ['imported JSON', 'config.json', '{ "units": 9 }'],
  ['a helper module', 'sizes.ts', 'export const width = 4;\n'],
  ['YAML that the code reads', 'net.yaml', 'units: 8\n'],
])(
  '%s makes scores stale when it changes, and fresh when it changes back',
  async (_, name, text) => {
    client = await startClient(await makeWorkspace([], FILES), {
      settings: { backend: 'cpu', rescore: { method: 'off', delay: 50 } },
    });
    client.open('net.ts', MODEL);
    await client.run(serverCommands.score, { model: model(), method: 'magnitude' });
    expect((await heatmap()).stale).toBe(false);
    await write(name, text);
    await eventually(async () => (await heatmap()).stale);
    await new Promise((done) => setTimeout(done, 1500));
    expect((await heatmap()).stale).toBe(true);
    await write(name, FILES[name]);
    await eventually(async () => !(await heatmap()).stale);
  },
  60_000,
);

test('a model that cannot be built for what it reads is built once that is mended', async () => {
  const { 'config.json': config, ...others } = FILES;
  client = await startClient(await makeWorkspace([], others), {
    settings: { backend: 'cpu', rescore: { method: 'off', delay: 50 } },
  });
  client.open('net.ts', MODEL);
  await expect(client.run(serverCommands.score, { model: model(), method: 'magnitude' })).rejects.toThrow(
    'config.json',
  );
  await eventually(() => client.diagnostics.get(client.uri('net.ts'))?.length === 1);
  await write('config.json', config);
  await eventually(() => client.diagnostics.get(client.uri('net.ts'))?.length === 0);
});
