/** Ways to be connected, to be asked, and to have several folders; over real LSP with the real compute process. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { clientRequests, serverCommands, serverRequests } from '../../server/protocol/editor';
import { buildServer, eventually, makeWorkspace } from './client';
import { LENET, type Lenet, NOISE, startLenet } from './lenet';

let client: Lenet;
beforeAll(buildServer);
afterEach(() => client.stop());

const score = (model: string, method = 'magnitude') => client.run(serverCommands.score, { model, method });

test('node IPC serves as the standard streams do, and the server ends with its channel', async () => {
  client = await startLenet({ transport: 'node-ipc' });
  expect(await client.lenses(LENET)).toHaveLength(4);
  await score(client.model);
  expect(await client.summary()).toBe('Magnitude · 98 % · 5,324 of 266,200 kept');
  expect(client.progress.map(({ value }) => value.kind)).toContain('begin');
  const [worker] = await client.workers();
  expect(worker).toBeGreaterThan(0);
  const ended = new Promise((resolve) => client.process.once('exit', resolve));
  client.process.disconnect();
  await ended;
  await eventually(() => !isAlive(worker));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('several workspace folders', () => {
  test('have each a compute process and runs of their own, which go with the folder', async () => {
    const second = await makeWorkspace([LENET]);
    client = await startLenet({ moreFolders: [second], settings: NOISE }, {});
    const other = `${join(second, LENET)}#default`;
    const models = await client.request(serverRequests.models, {});
    expect(models.map(({ model }) => model).sort()).toEqual([client.model, other].sort());

    await score(client.model);
    expect(await client.workers()).toHaveLength(1);
    await score(other);
    const [one, two] = await client.workers();
    expect(two).toBeGreaterThan(0);

    const train = (model: string) => client.run(serverCommands.train, { model, method: 'magnitude', epochs: 1 });
    const runs = await Promise.all([train(client.model), train(other)]);
    expect(runs.map(({ run }) => run.startsWith(client.folder))).toEqual([true, false]);
    expect(runs[1].run.startsWith(join(second, '.prunelens', 'runs'))).toBe(true);
    expect(await client.request(serverRequests.runs, {})).toHaveLength(2);

    // What one loses the other keeps.
    process.kill(one, 'SIGKILL');
    await eventually(async () => !(await client.workers()).includes(one));
    const select = (model: string) => client.request(serverRequests.select, { model, sparsity: 0.5, paths: false });
    expect((await select(other)).kept).toBe(133_100);
    expect((await select(client.model)).kept).toBe(133_100);

    await client.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
      event: { added: [], removed: [{ uri: pathToFileURL(second).href, name: 'second' }] },
    });
    await eventually(() => !isAlive(two));
    expect(await client.request(serverRequests.runs, {})).toHaveLength(1);
    const added = await makeWorkspace([LENET]);
    onTestFinished(() => rm(added, { recursive: true, force: true }));
    await client.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
      event: { added: [{ uri: pathToFileURL(added).href, name: 'added' }], removed: [] },
    });
    const now = await client.request(serverRequests.models, {});
    expect(now.map(({ model }) => model)).toContain(`${join(added, LENET)}#default`);
  });
});

describe('the question for the data of a model', () => {
  const ask = (answer: { data: string; write: boolean } | null) => {
    const asked: { model: string; inputShape: number[] }[] = [];
    client.connection.onRequest(clientRequests.chooseData.method, (params: (typeof asked)[number]) => {
      asked.push(params);
      return answer;
    });
    return asked;
  };

  test('is asked of the extension, once for two actions, and its answer is written down', async () => {
    client = await startLenet({ initializationOptions: { chooseData: true } }, {});
    const asked = ask({ data: 'noise:28x28x1:10:512', write: true });
    await Promise.all([score(client.model, 'snip'), score(client.model, 'grasp')]);
    expect(asked).toEqual([{ model: client.model, inputShape: [28, 28, 1] }]);
    expect(client.questions).toEqual([]);
    const written = JSON.parse(await readFile(client.file('prunelens.json'), 'utf8'));
    expect(written).toEqual({ data: [{ models: `./${LENET}`, data: 'noise:28x28x1:10:512' }] });
    await client.run(serverCommands.train, { model: client.model, dense: true, epochs: 1 });
    expect(asked).toHaveLength(1);
  });

  test('that is left without an answer cancels the work, and is asked anew next time', async () => {
    client = await startLenet({ initializationOptions: { chooseData: true } }, {});
    const asked = ask(null);
    await expect(score(client.model, 'snip')).rejects.toMatchObject({ code: -32800 });
    await expect(client.run(serverCommands.train, { model: client.model, dense: true })).rejects.toMatchObject({
      code: -32800,
    });
    expect(asked).toHaveLength(2);
    const { jobs } = await client.request(serverRequests.status, {});
    expect(jobs).toEqual([]);
  });

  test('is not asked where the editor’s settings name the data', async () => {
    client = await startLenet({ initializationOptions: { chooseData: true }, settings: NOISE }, {});
    const asked = ask(null);
    await score(client.model, 'snip');
    expect(asked).toEqual([]);
  });
});
