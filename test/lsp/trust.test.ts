/** A workspace that is not trusted, over real LSP: none of its code runs, however a command or a request names a model. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clientNotifications, serverCommands, serverRequests } from '../../server/protocol/editor';
import type { CommandType } from '../../server/protocol/messages';
import { type EvilWorkspace, writeEvilWorkspace } from '../support/evil';
import { buildServer, makeWorkspace, startClient, type TestClient } from './client';

let client: TestClient;
let evil: EvilWorkspace;

beforeAll(buildServer);
beforeEach(async () => {
  const folder = await makeWorkspace([]);
  evil = await writeEvilWorkspace(folder);
  client = await startClient(folder, { settings: { backend: 'cpu' }, initializationOptions: { trusted: false } });
});
afterEach(() => client.stop());

/** The message that an action is refused with; undefined where it is not. */
async function refusal(action: Promise<unknown>): Promise<string | undefined> {
  return action.then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/** Everything that takes a model's name, with what it needs beside it. */
const COMMANDS: readonly (readonly [keyof typeof serverCommands, object])[] = [
  ['score', { method: 'magnitude' }],
  ['prune', { method: 'magnitude', sparsity: 0.5 }],
  ['train', { dense: true, epochs: 1 }],
  ['train', { method: 'magnitude', sparsity: 0.5, epochs: 1 }],
  ['compare', { methods: ['magnitude'], sparsities: [0.5], epochs: 1 }],
  ['learn', { name: 'learned', iterations: 1, epochs: 1 }],
  ['search', { method: 'magnitude', options: { rounds: 1, epochs: 1 } }],
  ['shrink', { method: 'magnitude', sparsity: 0.5, folder: 'small' }],
  ['exportMasks', { method: 'magnitude', format: 'npz', file: 'masks.npz' }],
  ['setSparsity', { sparsity: 0.5 }],
];

describe('a workspace that is not trusted', () => {
  test('runs no module for a command, whatever the model is called', async () => {
    for (const model of evil.names) {
      for (const [command, argument] of COMMANDS) {
        const message = await refusal(client.run<CommandType>(serverCommands[command], { model, ...argument }));
        expect([command, model, message]).toEqual([
          command,
          model,
          expect.stringMatching(/^[^\n]*(?:not trusted|does not exist|has no score)/),
        ]);
      }
      const resume = { model, run: evil.runs[0], resume: true };
      expect(await refusal(client.run(serverCommands.train, resume))).toMatch(/not trusted|does not exist/);
      expect(existsSync(evil.marker)).toBe(false);
    }
  });

  test('runs no module for a request', async () => {
    for (const model of evil.names) {
      const heatmap = client.request(serverRequests.heatmap, { model });
      expect(await refusal(heatmap)).toMatch(/not trusted|does not exist/);
      const select = client.request(serverRequests.select, { model, sparsity: 0.5, paths: false });
      expect(await refusal(select)).toMatch(/has no score/);
      const values = { method: 'magnitude', sparsity: 0.5 };
      for (const request of [
        client.request(serverRequests.form, { model, kind: 'train' }),
        client.request(serverRequests.trainingCosts, { model, kind: 'train', values }),
      ]) {
        expect(await refusal(request)).toMatch(/not trusted|does not exist/);
      }
      // It tells what is wrong, and that is that nothing may be loaded.
      const checked = await client
        .request(serverRequests.checkForm, { model, kind: 'train', values })
        .catch(() => undefined);
      if (checked) expect(JSON.stringify(checked.mistakes)).toMatch(/not trusted|does not exist/);
    }
    expect(existsSync(evil.marker)).toBe(false);
  });

  test('runs no module that the folder of a run names', async () => {
    for (const run of evil.runs) {
      const argument = { run, format: 'npz' as const, file: 'masks.npz' };
      const message = await refusal(client.run(serverCommands.exportRunMasks, argument));
      expect([run, message]).toEqual([run, expect.stringMatching(/not trusted|does not exist/)]);
    }
    expect(existsSync(evil.marker)).toBe(false);
  });

  test('trains nothing, not even a model that is data, and offers no training', async () => {
    const source = readFileSync(resolve(__dirname, '../../samples/keras-convnet.json'), 'utf8');
    writeFileSync(client.file('net.json'), source);
    client.open('net.json', source);
    const titles = (await client.lenses('net.json')).map(({ command }) => command?.title);
    expect(titles).toEqual(['Score at init', 'Prune…']);
    const model = client.file('net.json');
    for (const [command, argument] of COMMANDS.filter(([name]) =>
      ['train', 'compare', 'learn', 'search'].includes(name),
    )) {
      const message = await refusal(client.run<CommandType>(serverCommands[command], { model, ...argument }));
      expect([command, message]).toEqual([command, expect.stringMatching(/not trusted, so nothing is trained/)]);
    }
  });

  test('opens no data that is code for a model that is none', async () => {
    const python = client.file('.venv/bin/python');
    mkdirSync(dirname(python), { recursive: true });
    writeFileSync(python, `#!/bin/sh\ntouch ${evil.marker}\n`, { mode: 0o755 });
    writeFileSync(client.file('items.py'), 'items = [(0, 0)]\n');
    writeFileSync(client.file('net.json'), readFileSync(resolve(__dirname, '../../samples/keras-convnet.json')));
    const model = client.file('net.json');
    const data = [`${client.file('items.py')}#items`, 'torchvision:MNIST', 'noise'];
    const checks = await client.request(serverRequests.checkData, { model, data });
    const refused = expect.stringMatching(/not trusted, so PruneLens does not run the code of its data/);
    expect(checks.map(({ problem }) => problem)).toEqual([refused, refused, undefined]);
    for (const name of data.slice(0, 2)) {
      writeFileSync(client.file('prunelens.json'), JSON.stringify({ data: name }));
      const scored = client.run(serverCommands.score, { model, method: 'snip' });
      expect(await refusal(scored)).toMatch(/not trusted, so PruneLens does not run the code of its data/);
    }
    expect(existsSync(evil.marker)).toBe(false);
  });

  test('reads a .json as JSON, whatever it links to', async () => {
    const message = await refusal(client.run(serverCommands.score, { model: evil.link, method: 'magnitude' }));
    expect(message).toMatch(/JSON/);
    expect(existsSync(evil.marker)).toBe(false);
  });

  test('starts no Python, whoever names it, and does once it is trusted', async () => {
    const python = client.file('python');
    writeFileSync(python, `#!/bin/sh\ntouch ${evil.marker}\necho 'prunelens-probe {"python":"3.12.1"}'\n`);
    chmodSync(python, 0o755);
    const problem = async () => (await client.request(serverRequests.python, {})).problem;
    client.settings = { ...client.settings, python };
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    expect(await problem()).toMatch(/not trusted, so no Python is started/);
    const choices = [{ folderUri: client.uri('.'), path: python }];
    await client.connection.sendNotification(clientNotifications.pythonChosen.method, { choices });
    expect(await problem()).toMatch(/not trusted, so no Python is started/);
    expect(await refusal(client.run(serverCommands.setupTensorflow, {}))).toMatch(
      /not trusted, so no Python is started/,
    );
    expect((await client.request(serverRequests.backends, {})).length).toBeGreaterThan(0);
    expect(existsSync(evil.marker)).toBe(false);
    await client.connection.sendNotification(clientNotifications.trustGranted.method, {});
    expect(await client.request(serverRequests.python, {})).toMatchObject({
      path: python,
      origin: 'the Python extension',
      version: '3.12.1',
      problem: expect.stringContaining('has no torch'),
    });
    expect(existsSync(evil.marker)).toBe(true);
  });

  test('runs the same module once it is trusted', async () => {
    const [model] = evil.names;
    const argument = { model, method: 'magnitude' };
    expect(await refusal(client.run(serverCommands.score, argument))).toMatch(/not trusted/);
    await client.connection.sendNotification(clientNotifications.trustGranted.method, {});
    expect(await refusal(client.run(serverCommands.score, argument))).toBeUndefined();
    expect(existsSync(evil.marker)).toBe(true);
    // What is refused above for runs is nothing else than trust.
    rmSync(evil.marker);
    const exported = { run: evil.runs[1], format: 'npz' as const, file: 'masks.npz' };
    expect(await refusal(client.run(serverCommands.exportRunMasks, exported))).toBeUndefined();
    expect(existsSync(evil.marker)).toBe(true);
  });
});
