/** PyTorch models over real LSP: lenses, scores at the lines of layers, mistakes at theirs, and no Python where it is not trusted. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serverCommands } from '../../server/protocol/editor';
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
beforeAll(buildServer, 120_000);
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
  test('has lenses, hints at the lines of layers, and mistakes at theirs', { timeout: 400_000 }, async () => {
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
    const [mistake] = await eventually(() => (mistakes().length > 0 ? mistakes() : undefined), 120_000);
    expect([mistake.range.start.line, mistake.message]).toEqual([
      line('return self.fc'),
      expect.stringContaining('RuntimeError'),
    ]);
    // The last good result stays.
    expect(await hinted()).toEqual([line('range(2)'), line('self.fc = ')]);
  });

  test('runs no Python where the workspace is not trusted', { timeout: 60_000 }, async () => {
    const model = await start(false);
    expect(await client.lenses('net.py')).toEqual([]);
    await expect(client.run(serverCommands.score, { model, method: 'magnitude' })).rejects.toThrow(/not trusted/);
  });
});
