/** The language server over real LSP with the real compute process: LeNet-300-100 on MNIST. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clientNotifications, serverCommands, serverNotifications, serverRequests } from '../../server/protocol/editor';
import { buildServer, type ClientOptions, eventually, makeWorkspace, startClient, type TestClient } from './client';

const LENET = 'lenet-300-100.ts';
const SETTINGS = '{\n  // Digits.\n  "data": [{ "models": "lenet-*.ts", "data": "mnist" }]\n}\n';

let client: TestClient;
let source: string;
const model = () => `${client.file(LENET)}#default`;
const labels = async () => (await client.hints(LENET)).map(({ label }) => String(label));
const lineOf = (text: string) => source.split('\n').findIndex((line) => line.includes(text));

async function start(options: ClientOptions = {}, files: Record<string, string> = { 'prunelens.json': SETTINGS }) {
  client = await startClient(await makeWorkspace([LENET, 'keras-convnet.json'], files), {
    ...options,
    settings: { backend: 'cpu', ...options.settings },
  });
  source = await readFile(client.file(LENET), 'utf8');
  client.open(LENET, source);
}

beforeAll(buildServer);

describe('a workspace with LeNet-300-100', () => {
  beforeEach(() => start());
  afterEach(() => client.stop());

  test('shows lenses without running anything', async () => {
    const lenses = await client.lenses(LENET);
    expect(lenses.map(({ command }) => command?.title)).toEqual([
      'Score at init',
      'Prune…',
      'Train masked',
      'Compare methods',
    ]);
    expect(new Set(lenses.map(({ range }) => range.start.line))).toEqual(new Set([lineOf('export default function')]));
    expect(lenses[0].command?.command).toBe('prunelens.server.score');
    const models = await client.request(serverRequests.models, {});
    expect(models.map(({ label, kind }) => [label, kind])).toEqual([
      ['keras-convnet.json', 'keras-json'],
      [LENET, 'builder'],
    ]);
    const symbols = await client.connection.sendRequest<{ name: string }[]>('workspace/symbol', { query: 'lenet' });
    expect(symbols.map(({ name }) => name)).toEqual([LENET]);
    const status = await client.request(serverRequests.status, {});
    expect(status.worker).toBe('stopped');
  });

  test('scores with progress, shows hints, follows the slider, and scores by another seed beside it', async () => {
    const { selection } = await client.run(serverCommands.score, {
      model: model(),
      method: 'snip',
    });
    expect([selection.prunable, selection.kept]).toEqual([266_200, 5324]);
    const kinds = client.progress.map(({ value }) => value.kind);
    expect([kinds[0], kinds.at(-1)]).toEqual(['begin', 'end']);
    expect(kinds.filter((kind) => kind !== 'report')).toEqual(['begin', 'end']);

    const hints = await client.hints(LENET);
    expect(hints.map(({ position }) => position.line)).toEqual([lineOf('`fc$'), lineOf("name: 'logits'")]);
    expect(hints[0].label).toMatch(/^[\d.]+–[\d.]+ % pruned, 2 layers$/);
    expect(hints[1].label).toMatch(/^kept [\d,]+ of 1,000 · [\d.]+ % pruned$/);
    expect(hints[0].tooltip).toMatchObject({
      value: expect.stringMatching(/PruneLens[\s\S]*`fc1`: kept[\s\S]*`fc2`: kept/),
    });
    const [, summary] = await client.lenses(LENET);
    expect(summary.command?.title).toBe('SNIP · 98 % · 5,324 of 266,200 kept');

    const before = await labels();
    await client.run(serverCommands.setSparsity, { model: model(), sparsity: 0.9 });
    expect(await labels()).not.toEqual(before);
    expect((await client.lenses(LENET))[1].command?.title).toBe('SNIP · 90 % · 26,620 of 266,200 kept');
    await eventually(() => client.notifications.some(({ method }) => method === 'workspace/inlayHint/refresh'));

    const hover = await client.hover(LENET, lineOf("name: 'logits'"));
    expect(hover?.contents).toMatchObject({
      value: expect.stringMatching(/logits.*Dense.*output 10[\s\S]*█[\s\S]*MACs: 1 k dense/),
    });
    const heatmap = await client.request(serverRequests.heatmap, { model: model() });
    expect([heatmap.shown, heatmap.sparsity, heatmap.stale]).toEqual(['snip', 0.9, false]);

    // By another seed, beside what is shown.
    const [shown] = heatmap.scores;
    const other = await client.request(serverRequests.seedScore, { model: model(), seed: 7 });
    expect([shown.seed, other.seed, other.method]).toEqual([0, 7, 'snip']);
    const masks = { scoreId: shown.scoreId, otherScoreId: other.scoreId, sparsity: 0.9 };
    const { iou, otherKept } = await client.request(serverRequests.overlap, masks);
    expect(otherKept).toBe(26_620);
    expect(iou).toBeGreaterThan(0.02);
    expect(iou).toBeLessThan(0.6);
    // It is made once, and changes nothing of what is shown.
    expect(await client.request(serverRequests.seedScore, { model: model(), seed: 7 })).toEqual(other);
    expect((await client.request(serverRequests.heatmap, { model: model() })).scores).toMatchObject([
      { scoreId: shown.scoreId },
    ]);
  });

  test('scores again while the model is edited, and keeps the last result of a broken one', async () => {
    await client.run(serverCommands.score, { model: model(), method: 'magnitude' });
    const before = await labels();

    client.edit(LENET, 'const CLASSES = 10;', '// A comment.\n\nconst CLASSES = 10;');
    expect(await labels()).toEqual(before.map((label) => `stale · ${label}`));
    expect((await client.hints(LENET))[1].position.line).toBe(lineOf("name: 'logits'") + 2);
    // Only a comment: the result holds.
    await eventually(async () => (await labels())[0] === before[0]);

    client.edit(LENET, '[300, 100]', '[200, 100]');
    await eventually(async () => (await client.lenses(LENET))[1].command?.title.includes('of 177,800 kept'));
    const good = await labels();
    expect(good[0]).not.toContain('stale');

    client.edit(LENET, 'units, activation', 'units: -units, activation');
    const [problem] = await eventually(() => {
      const found = client.diagnostics.get(client.uri(LENET))?.filter(({ severity }) => severity === 1);
      return found?.length ? found : undefined;
    });
    expect(problem).toMatchObject({ source: 'PruneLens', code: 'build' });
    expect(problem.range.start.line).toBe(lineOf('`fc$') + 2);
    expect(await labels()).toEqual(good.map((label) => `stale · ${label}`));

    client.edit(LENET, 'units: -units, activation', 'units, activation');
    await eventually(async () => (await labels()).join() === good.join());
    await eventually(() => client.diagnostics.get(client.uri(LENET))?.every(({ severity }) => severity !== 1));
  });

  test('warns of collapsed layers', async () => {
    await client.run(serverCommands.score, { model: model(), method: 'magnitude', sparsity: 0.9999 });
    const [collapse] = await eventually(() => {
      const found = client.diagnostics.get(client.uri(LENET))?.filter(({ code }) => code === 'collapse');
      return found?.length ? found : undefined;
    });
    expect(collapse.severity).toBe(2);
    expect(collapse.message).toMatch(/keeps? none/);
    await client.run(serverCommands.setSparsity, { model: model(), sparsity: 0.5 });
    await eventually(() => client.diagnostics.get(client.uri(LENET))?.every(({ code }) => code !== 'collapse'));
  });

  test('trains, tells of the run, and stops', async () => {
    const training = client.run(serverCommands.train, {
      model: model(),
      method: 'magnitude',
      epochs: 50,
    });
    training.catch(() => {});
    await eventually(
      () => client.notifications.some(({ method }) => method === serverNotifications.training.method),
      60_000,
    );
    const runs = await eventually(async () => {
      const list = await client.request(serverRequests.runs, {});
      return list.length > 0 ? list : undefined;
    });
    expect(runs[0]).toMatchObject({ state: 'running', method: 'magnitude', epochs: 50 });
    // Others are answered meanwhile.
    expect(await client.hints(LENET)).toHaveLength(2);
    const { token } = client.progress.findLast(({ value }) => value.kind === 'report')!;
    await client.connection.sendNotification('window/workDoneProgress/cancel', { token });
    await training.catch(() => {});
    await eventually(() => client.progress.some((event) => event.token === token && event.value.kind === 'end'));
    const [stopped] = await client.request(serverRequests.runs, {});
    expect(stopped.state).not.toBe('failed');
    const metrics = await client.request(serverRequests.runMetrics, { run: stopped.run });
    expect(metrics.run).toBe(stopped.run);
    await client.run(serverCommands.renameRun, { run: stopped.run, label: 'First' });
    await client.run(serverCommands.noteRun, { run: stopped.run, tags: ['paper'], pinned: true });
    const notes = { tags: ['paper'], pinned: true };
    expect((await client.request(serverRequests.runs, {}))[0]).toMatchObject({ label: 'First', notes });
    const [row] = await client.request(serverRequests.runTable, {});
    expect(row).toMatchObject({ run: stopped.run, label: 'First', notes, data: 'mnist', optimizer: 'sgd' });
    await client.run(serverCommands.deleteRun, { run: stopped.run });
    expect(existsSync(stopped.run)).toBe(false);
  });

  test('goes on with a training whose process is killed', async () => {
    const training = client.run(serverCommands.train, { model: model(), dense: true, epochs: 3 });
    const finished = async () => {
      const [run] = await client.request(serverRequests.runs, {});
      return run;
    };
    await eventually(async () => ((await finished())?.finishedEpochs ?? 0) > 0);
    const children = (await readFile(`/proc/${client.process.pid}/task/${client.process.pid}/children`, 'utf8')).trim();
    for (const pid of children.split(' ')) process.kill(Number(pid), 'SIGKILL');
    expect(await training).toMatchObject({ state: 'finished', finishedEpochs: 3 });
    expect(await finished()).toMatchObject({ state: 'finished', finishedEpochs: 3 });
  });

  test('scores again where the process that held the score is gone', async () => {
    await client.run(serverCommands.score, { model: model(), method: 'magnitude' });
    await client.run(serverCommands.restartWorker, {});
    const selection = await client.run(serverCommands.setSparsity, { model: model(), sparsity: 0.5 });
    expect(selection.kept).toBe(133_100);
  });

  test('leaves no process behind when it is killed', async () => {
    await client.run(serverCommands.score, { model: model(), method: 'magnitude' });
    const children = (await readFile(`/proc/${client.process.pid}/task/${client.process.pid}/children`, 'utf8')).trim();
    expect(children).not.toBe('');
    client.process.kill('SIGKILL');
    await eventually(() => children.split(' ').every((pid) => !existsSync(`/proc/${pid}`)));
  });

  test('answers wrong requests with errors and lives on', async () => {
    await expect(client.run(serverCommands.score, {} as { model: string })).rejects.toThrow('needs "model"');
    await expect(client.run(serverCommands.setSparsity, { model: model(), sparsity: 2 })).rejects.toThrow(
      'not possible',
    );
    await expect(client.run(serverCommands.setSparsity, { model: model(), sparsity: 0.5 })).rejects.toThrow('no score');
    await expect(client.run(serverCommands.score, { model: model(), method: 'none' })).rejects.toThrow(/none/);
    expect(client.progress.filter(({ value }) => value.kind === 'begin').length).toBe(
      client.progress.filter(({ value }) => value.kind === 'end').length,
    );
    expect(await client.lenses(LENET)).toHaveLength(4);
  });
});

describe('special workspaces', () => {
  afterEach(() => client.stop());

  test('an untrusted one shows Keras models only and runs nothing', async () => {
    await start({ initializationOptions: { trusted: false } });
    expect(await client.lenses(LENET)).toEqual([]);
    client.open('keras-convnet.json', await readFile(client.file('keras-convnet.json'), 'utf8'));
    // Scored and drawn they are, but nothing is trained here.
    expect(await client.lenses('keras-convnet.json')).toHaveLength(2);
    await expect(client.run(serverCommands.score, { model: model(), method: 'magnitude' })).rejects.toThrow(
      'This workspace is not trusted',
    );
    await client.connection.sendNotification(clientNotifications.trustGranted.method, {});
    expect(await client.lenses(LENET)).toHaveLength(4);
    expect(await client.lenses('keras-convnet.json')).toHaveLength(4);
  });

  test('where nothing says the data, it is asked for once and written down', async () => {
    await start({}, {});
    client.answers.push('MNIST', 'Write');
    await client.run(serverCommands.score, { model: model(), method: 'snip' });
    expect(client.questions).toHaveLength(2);
    const written = JSON.parse(await readFile(client.file('prunelens.json'), 'utf8'));
    expect(written).toEqual({ data: [{ models: `./${LENET}`, data: 'mnist' }] });
    await client.run(serverCommands.score, { model: model(), method: 'grasp' });
    expect(client.questions).toHaveLength(2);
  });

  test('a dismissed question cancels', async () => {
    await start({}, {});
    await expect(client.run(serverCommands.score, { model: model(), method: 'snip' })).rejects.toMatchObject({
      code: -32800,
    });
    expect(client.progress.at(-1)?.value.kind).toBe('end');
  });
});
