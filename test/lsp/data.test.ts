/** Which data a model is for: what fits, what is asked, and what counts, over real LSP with the real compute process. */
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { clientRequests, serverCommands, serverRequests } from '../../server/protocol/editor';
import { buildServer, eventually } from './client';
import { LENET, type Lenet, startLenet } from './lenet';

let client: Lenet;
beforeAll(buildServer);
afterEach(() => client.stop());

interface Question {
  readonly model: string;
  readonly writes?: true;
}

/** Answers questions in their order; the last answer counts for all that follow. */
const answering = (...answers: { data: string; write: boolean }[]) => {
  const asked: Question[] = [];
  client.connection.onRequest(clientRequests.chooseData.method, (params: Question) => {
    asked.push(params);
    return answers[Math.min(asked.length, answers.length) - 1] ?? null;
  });
  return asked;
};
const start = (files: Record<string, string> = {}) =>
  startLenet({ initializationOptions: { chooseData: true } }, files);
const score = (method: string, model = client.model) => client.run(serverCommands.score, { model, method });
const heatmap = () => client.request(serverRequests.heatmap, { model: client.model });
const NOISE = 'noise:28x28x1:10:512';

async function writeSettings(text: string | undefined): Promise<void> {
  const file = client.file('prunelens.json');
  if (text === undefined) await rm(file);
  else await writeFile(file, text);
  await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri: client.uri('prunelens.json'), type: text === undefined ? 3 : 2 }],
  });
}

test('data of Python is offered where prunelens.json names it', async () => {
  client = await start({ 'train.py': 'train_set = make()\n' });
  client.open('prunelens.json', '{ "data": "" }');
  const offered = await client.connection.sendRequest<readonly { readonly label: string }[]>(
    'textDocument/completion',
    {
      textDocument: { uri: client.uri('prunelens.json') },
      position: { line: 0, character: 11 },
    },
  );
  expect(offered.map(({ label }) => label)).toEqual(expect.arrayContaining(['train.py#train_set', 'mnist']));
});

describe('data that does not fit', () => {
  test('is told with the reason, and nothing is written or kept of it', async () => {
    client = await start();
    const checks = await client.request(serverRequests.checkData, {
      model: client.model,
      data: ['mnist', 'cells', 'nowhere.csv'],
    });
    expect(checks[0]).toEqual({ data: 'mnist' });
    expect(checks[1].problem).toContain('[28, 28, 1]');
    expect(checks[2].problem).toContain('nowhere.csv');

    const asked = answering({ data: 'cells', write: true }, { data: NOISE, write: false });
    const failure = await score('snip').catch((error) => error.data);
    expect(failure).toMatchObject({ about: 'data', model: client.model, message: expect.stringContaining('cells') });
    await expect(readFile(client.file('prunelens.json'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await score('snip')).score.data).toBe(NOISE);
    expect(asked).toHaveLength(2);
  });

  test('is not offered first to a model of token ids, nor anything of images', async () => {
    client = await start();
    const root = resolve(__dirname, '../../samples');
    await cp(join(root, 'reviews.ts'), client.file('reviews.ts'));
    const model = `${client.file('reviews.ts')}#default`;
    const data = ['mnist', 'noise', join(root, 'data/reviews.npz')];
    const checks = await client.request(serverRequests.checkData, { model, data });
    expect(checks.map(({ problem }) => problem === undefined)).toEqual([false, true, true]);
  });
});

describe('one answer', () => {
  test('is for all models of the folder that it fits', async () => {
    client = await start();
    await cp(client.file(LENET), client.file('other.ts'));
    const asked = answering({ data: NOISE, write: false });
    await score('snip');
    await score('snip', `${client.file('other.ts')}#default`);
    expect(asked).toHaveLength(1);
  });
});

describe('what prunelens.json says', () => {
  test('counts before what was chosen; its edit and its removal mark scores at once', async () => {
    client = await start();
    const asked = answering({ data: NOISE, write: false });
    await score('snip');
    await writeSettings('{ "data": "mnist" }');
    await eventually(async () => (await heatmap()).stale);
    expect((await score('snip')).score.data).toBe('mnist');
    expect((await heatmap()).stale).toBe(false);
    await writeSettings('{ "data": "noise" }');
    await eventually(async () => (await heatmap()).stale);
    await writeSettings('{ "data": "mnist" }');
    await eventually(async () => !(await heatmap()).stale);
    await writeSettings(undefined);
    await eventually(async () => (await heatmap()).stale);
    expect(asked).toHaveLength(1);
  });

  test('is changed by choosing other data, and asked for again where it was written and is removed', async () => {
    client = await start();
    const asked = answering(
      { data: 'mnist', write: true },
      { data: NOISE, write: false },
      { data: 'mnist', write: false },
    );
    await score('snip');
    await client.run(serverCommands.chooseData, { model: client.model });
    expect(asked[1].writes).toBe(true);
    const written = JSON.parse(await readFile(client.file('prunelens.json'), 'utf8'));
    expect(written).toEqual({ data: [{ models: `./${LENET}`, data: NOISE }] });
    expect((await heatmap()).stale).toBe(true);
    await writeSettings(undefined);
    expect((await score('snip')).score.data).toBe('mnist');
    expect(asked).toHaveLength(3);
  });
});

const NET = `import * as tf from '@tensorflow/tfjs';
export default tf.sequential({
  layers: [tf.layers.dense({ inputShape: [2], units: 8 }), tf.layers.dense({ units: 3, activation: 'softmax' })],
});
`;

test('data files that change mark scores, and restore them when they change back', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${i % 5},${'abc'[i % 3]}`);
  const table = (last: string) => ['x,y,label', ...rows, last, ''].join('\n');
  client = await start({ 'prunelens.json': '{ "data": "points.csv" }', 'points.csv': table('1,2,a'), 'net.ts': NET });
  const model = `${client.file('net.ts')}#default`;
  const isStale = async () => (await client.request(serverRequests.heatmap, { model })).stale;
  await score('snip', model);
  const write = async (text: string) => {
    await writeFile(client.file('points.csv'), text);
    await client.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: client.uri('points.csv'), type: 2 }],
    });
  };
  expect(await isStale()).toBe(false);
  await write(table('1,2,b'));
  await eventually(isStale);
  await write(table('1,2,a'));
  await eventually(async () => !(await isStale()));
});

describe('epochs', () => {
  test('of a form are those that prunelens.json says for the model, the default without it, and a mistake in it is told', async () => {
    client = await start();
    const epochs = async () => {
      const { said } = await client.request(serverRequests.form, { model: client.model, kind: 'train' });
      return said.epochs?.value;
    };
    expect(await epochs()).toBeUndefined();
    await writeSettings('{ "epochs": 3, "overrides": [{ "models": "other-*.ts", "epochs": 5 }] }');
    expect(await epochs()).toBe(3);
    await writeSettings('{ "epochs": 3, "overrides": [{ "models": "lenet-*.ts", "epochs": 7 }] }');
    expect(await epochs()).toBe(7);
    await writeSettings('{ "epochs": "many" }');
    await expect(epochs()).rejects.toThrow(/epochs/);
  });
});
