/** PyTorch models over real LSP: lenses, scores at the lines of layers, mistakes at theirs, and no Python where it is not trusted. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serverCommands, serverRequests } from '../../server/protocol/editor';
import { TEST_PYTHON, whyNoPython } from '../support/python';
import { buildServer, eventually, makeWorkspace, startClient, type TestClient } from './client';

const missing = whyNoPython();

const NET = `import torch.nn as nn

class Net(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.layers = nn.Sequential(
            *[nn.Linear(8, 8) for _ in range(2)],
        )
        self.fc = nn.Linear(8, classes)

    def forward(self, x):
        return self.fc(self.layers(x))
`;

const SETTINGS = JSON.stringify({
  data: 'noise',
  python: TEST_PYTHON,
  models: [{ file: 'net.py', inputs: [{ shape: [8] }] }],
});

let client: TestClient;
beforeAll(buildServer);
afterEach(() => client.stop());

async function start(trusted: boolean): Promise<string> {
  const folder = await makeWorkspace([], { 'net.py': NET, 'prunelens.json': SETTINGS });
  client = await startClient(folder, {
    settings: { backend: 'cpu' },
    ...(!trusted && { initializationOptions: { trusted: false } }),
  });
  client.open('net.py', NET);
  return `${client.file('net.py')}#Net`;
}

const line = (text: string) => NET.split('\n').findIndex((one) => one.includes(text));

describe.skipIf(missing !== undefined)(`PyTorch${missing ? ` (left out because ${missing})` : ''}`, () => {
  test('has lenses, hints at the lines of layers, and mistakes at theirs', async () => {
    const model = await start(true);
    const lenses = await client.lenses('net.py');
    expect(lenses.map(({ range, command }) => [range.start.line, command?.title])).toEqual([
      [2, 'Score at init'],
      [2, 'Prune…'],
      [2, 'Train masked'],
      [2, 'Compare methods'],
    ]);
    await client.run(serverCommands.score, { model, method: 'magnitude', sparsity: 0.5 });
    const hinted = async () => [...new Set((await client.hints('net.py')).map(({ position }) => position.line))];
    expect(await hinted()).toEqual([line('range(2)'), line('self.fc = ')]);

    client.edit('net.py', 'nn.Linear(8, classes)', 'nn.Linear(9, classes)');
    const mistakes = () => client.diagnostics.get(client.uri('net.py')) ?? [];
    const [mistake] = await eventually(() => (mistakes().length > 0 ? mistakes() : undefined));
    expect([mistake.range.start.line, mistake.message]).toEqual([
      line('return self.fc'),
      expect.stringContaining('RuntimeError'),
    ]);
    // The last good result stays.
    expect(await hinted()).toEqual([line('range(2)'), line('self.fc = ')]);
  });

  test('is made as prunelens.json says, which is written where it is asked for', async () => {
    const text = NET.replace('classes=3', 'classes');
    const folder = await makeWorkspace([], {
      'net.py': text,
      'prunelens.json': `{ "data": "noise", "python": ${JSON.stringify(TEST_PYTHON)} }`,
    });
    client = await startClient(folder, { settings: { backend: 'cpu' } });
    client.open('net.py', text);
    const model = `${client.file('net.py')}#Net`;
    const setUp = (construct: string, inputs: readonly string[]) =>
      client.run(serverCommands.setUp, { model, construct, inputs });
    await expect(setUp('Other(3)', ['8'])).rejects.toThrow('does not call Net');
    await expect(setUp('Net(3)', ['eight'])).rejects.toThrow('"eight" is not an input');
    const { file } = await setUp('Net(4)', ['8']);
    const written = () => JSON.parse(readFileSync(file, 'utf8')).models;
    expect(written()).toEqual([{ file: 'net.py', construct: 'Net(4)', inputs: [{ shape: [8] }] }]);
    // What it takes alone: it is made as before.
    await client.run(serverCommands.setUp, { model, inputs: ['7'] });
    expect(written()).toEqual([{ file: 'net.py', construct: 'Net(4)', inputs: [{ shape: [7] }] }]);
    // Saying it again replaces it.
    await setUp('Net(5)', ['8']);
    expect(written()).toEqual([{ file: 'net.py', construct: 'Net(5)', inputs: [{ shape: [8] }] }]);
    const { score } = await client.run(serverCommands.score, { model, method: 'magnitude', sparsity: 0.5 });
    expect(score.weights.at(-1)?.shape).toContain(5);
  });

  test('asks what a model takes where nothing says it', async () => {
    const python = JSON.stringify(TEST_PYTHON);
    const folder = await makeWorkspace([], {
      'net.py': NET,
      'prunelens.json': `{ "data": "noise", "python": ${python} }`,
    });
    client = await startClient(folder, { settings: { backend: 'cpu' } });
    client.open('net.py', NET);
    const model = `${client.file('net.py')}#Net`;
    const score = () => client.run(serverCommands.score, { model, method: 'magnitude', sparsity: 0.5 });
    const failure = await score().catch(({ data }) => data);
    expect(failure).toMatchObject({ about: 'inputs', model, location: { line: line('def forward') + 1 } });
    const { file } = await client.run(serverCommands.setUp, { model, inputs: ['8'] });
    expect(JSON.parse(readFileSync(file, 'utf8')).models).toEqual([{ file: 'net.py', inputs: [{ shape: [8] }] }]);
    expect((await score()).score.weights).toHaveLength(3);
  });

  test('scores follow from every file that it reads, and lines that are not run say so', async () => {
    const files: Record<string, string> = {
      'net.py': `import json
import torch.nn as nn
from parts import width

print('trains for hours')

def make():
    with open('net.json') as file:
        classes = json.load(file)['classes']
    return nn.Sequential(nn.Linear(8, width), nn.Linear(width, classes))
`,
      'parts.py': 'width = 5\n',
      'net.json': '{"classes": 3}',
      'prunelens.json': SETTINGS,
    };
    const folder = await makeWorkspace([], files);
    client = await startClient(folder, { settings: { backend: 'cpu', rescore: { method: 'off', delay: 50 } } });
    client.open('net.py', files['net.py']);
    const model = `${client.file('net.py')}#make`;
    await client.run(serverCommands.score, { model, method: 'magnitude', sparsity: 0.5 });
    expect(JSON.stringify(await client.hover('net.py', 4))).toContain('not run for net.py#make');
    expect(await client.hover('net.py', 6)).toBeNull();
    const isStale = async () => (await client.request(serverRequests.heatmap, { model })).stale;
    expect(await isStale()).toBe(false);
    const write = async (name: string, text: string) => {
      writeFileSync(client.file(name), text);
      const changes = [{ uri: client.uri(name), type: 2 }];
      await client.connection.sendNotification('workspace/didChangeWatchedFiles', { changes });
    };
    for (const [name, text] of [
      ['parts.py', 'width = 6\n'],
      ['net.json', '{"classes": 4}'],
    ]) {
      await write(name, text);
      await eventually(isStale);
      await write(name, files[name]);
      await eventually(async () => !(await isStale()));
    }
  });

  test('runs no Python where the workspace is not trusted', async () => {
    const model = await start(false);
    expect(await client.lenses('net.py')).toEqual([]);
    await expect(client.run(serverCommands.score, { model, method: 'magnitude' })).rejects.toThrow(/not trusted/);
  });
});
