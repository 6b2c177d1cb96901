/** Commands that take time: their progress, cancelling them, what they write, and losing the process in the middle. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readNpz } from '../../server/files/npz';
import { readSafetensors } from '../../server/files/safetensors';
import { type ServerStatus, serverCommands, serverNotifications, serverRequests } from '../../server/protocol/editor';
import type { CommandType, ParamsOf } from '../../server/protocol/messages';
import type { MaskFormat } from '../../server/protocol/worker';
import { buildServer, eventually } from './client';
import { LENET, type Lenet, NOISE, startLenet } from './lenet';

let client: Lenet;
beforeAll(buildServer);
beforeEach(async () => {
  client = await startLenet({ settings: NOISE }, {});
});
afterEach(() => client.stop());

const runs = () => client.request(serverRequests.runs, {});

/** Starts a command and waits for news of its progress, which says that it is computing. */
async function begin<Command extends CommandType>(command: Command, argument: ParamsOf<Command>, news = /./) {
  const known = new Set(client.progress.map(({ token }) => token));
  const result = client.run(command, argument).then(
    (value) => ({ value }),
    (error: { code: number; message: string }) => ({ error }),
  );
  const { token } = await eventually(() =>
    client.progress.find((event) => !known.has(event.token) && news.test(event.value.message ?? '')),
  );
  const events = () => client.progress.filter((event) => event.token === token).map(({ value }) => value);
  return { token, result, events };
}

describe('progress and cancelling', () => {
  const slow = { method: 'iterative-snip', sparsity: 0.98 };
  test.each<[keyof typeof serverCommands, object, string]>([
    ['score', slow, `Scoring ${LENET} by Iterative SNIP`],
    ['prune', slow, `Pruning ${LENET}`],
    ['train', { method: 'magnitude', epochs: 1000 }, `Training ${LENET}`],
    ['compare', { methods: ['magnitude'], sparsities: [0.9], epochs: 1000 }, `Comparing methods on ${LENET}`],
  ])(
    'of %s',
    async (command, argument, title) => {
      const isTraining = command === 'train';
      const news = isTraining ? /epoch 1/ : /./;
      const { token, result, events } = await begin<CommandType>(
        serverCommands[command],
        { model: client.model, ...argument },
        news,
      );
      expect(events()[0]).toMatchObject({ kind: 'begin', title, cancellable: true });
      const { jobs } = await client.request(serverRequests.status, {});
      expect(jobs[0].title).not.toContain('#default');
      await client.connection.sendNotification('window/workDoneProgress/cancel', { token });
      const { error } = (await result) as { error?: { code: number } };
      // A training that is stopped has something to show; all else is told as cancelled.
      if (isTraining) expect((await runs())[0].state).toBe('interrupted');
      else expect(error?.code).toBe(-32800);
      expect(events().at(-1)?.kind).toBe('end');
      expect(events().filter(({ kind }) => kind === 'end')).toHaveLength(1);
      await eventually(async () => (await client.request(serverRequests.status, {})).jobs.length === 0);
      // The process is there for the next one.
      await client.run(serverCommands.score, { model: client.model, method: 'magnitude' });
    },
    60_000,
  );

  test('of work that waits its turn', async () => {
    const first = await begin(serverCommands.train, { model: client.model, dense: true, epochs: 1000 });
    const compared = { model: client.model, methods: ['magnitude'], sparsities: [0.9], epochs: 1 };
    const waiting = client.run(serverCommands.compare, compared).catch((error) => error);
    const queued = await eventually(async () =>
      (await client.request(serverRequests.status, {})).jobs.find(({ state }) => state === 'queued'),
    );
    expect(queued.position).toBe(1);
    const told = () => client.progress.some(({ value }) => value.message === `Queued behind Training ${LENET}`);
    await eventually(async () => told());

    // Another one is moved before it.
    const dense = { model: client.model, dense: true, epochs: 1 };
    const urgent = client.run(serverCommands.train, dense).catch((error) => error);
    const waitingJobs = async () =>
      (await client.request(serverRequests.status, {})).jobs.filter(({ state }) => state === 'queued');
    const [, last] = await eventually(async () => ((await waitingJobs()).length === 2 ? waitingJobs() : undefined));
    await client.run(serverCommands.moveFirst, { job: last.id });
    expect((await waitingJobs()).map(({ id }) => id)).toEqual([last.id, queued.id]);
    await expect(client.run(serverCommands.moveFirst, { job: 'none' })).rejects.toThrow('no such job');

    await client.run(serverCommands.cancel, { job: queued.id });
    expect(await waiting).toMatchObject({ code: -32800 });

    // While the queue is paused, the end of the running one starts no other.
    await client.run(serverCommands.pauseQueue, { paused: true });
    await client.connection.sendNotification('window/workDoneProgress/cancel', { token: first.token });
    await first.result;
    expect(await client.request(serverRequests.status, {})).toMatchObject({
      paused: true,
      jobs: [{ state: 'queued' }],
    });
    await client.run(serverCommands.pauseQueue, { paused: false });
    expect(await urgent).toMatchObject({ state: 'finished', finishedEpochs: 1 });
  });

  test('of a score, which does not wait for a training', async () => {
    const training = { model: client.model, method: 'magnitude', sparsity: 0.9, epochs: 1000 };
    const first = await begin(serverCommands.train, training, /epoch 1/);
    const scored = await client.run(serverCommands.score, { model: client.model, method: 'snip', sparsity: 0.9 });
    expect(scored.selection.kept).toBe(26_620);
    const { jobs } = await client.request(serverRequests.status, {});
    expect(jobs).toMatchObject([{ title: `Training ${LENET}`, state: 'running' }]);
    expect(await client.workers()).toHaveLength(2);
    await client.connection.sendNotification('window/workDoneProgress/cancel', { token: first.token });
    expect(await first.result).toMatchObject({ value: { state: 'interrupted', method: 'magnitude', sparsity: 0.9 } });
  });
});

describe('losing the compute process in the middle of a score', () => {
  test('is told, and each restart after a crash waits longer', async () => {
    const states: ServerStatus[] = [];
    client.connection.onNotification(
      serverNotifications.statusChanged.method,
      (status: ServerStatus) => void states.push(status),
    );
    const downTimes: number[] = [];
    for (let crash = 0; crash < 3; crash++) {
      const { result, events } = await begin(serverCommands.score, {
        model: client.model,
        method: 'iterative-snip',
      });
      const [worker] = await client.workers();
      const lost = performance.now();
      process.kill(worker, 'SIGKILL');
      const { error } = (await result) as { error: { message: string } };
      expect(error.message).toContain('The compute process was lost while it worked on this');
      expect(error.message).toContain('SIGKILL');
      expect(events().at(-1)?.kind).toBe('end');
      await eventually(async () => (await client.workers()).some((pid) => pid !== worker));
      downTimes.push(performance.now() - lost);
    }
    expect(states.some(({ worker, problem }) => worker === 'restarting' && problem?.includes('SIGKILL'))).toBe(true);
    // 250, 500 and 1000 milliseconds, and what a busy machine adds.
    expect(downTimes[2]).toBeGreaterThan(1000);
    const { selection } = await client.run(serverCommands.score, {
      model: client.model,
      method: 'snip',
    });
    expect(selection.kept).toBe(5324);
  });
});

describe('masks for other tools', () => {
  type Export = (wanted: { readonly format: MaskFormat; readonly file: string }) => Promise<{ readonly file: string }>;

  const exported = async (run: Export, format: MaskFormat, name: string) => {
    const known = client.progress.length;
    const result = await run({ format, file: name });
    expect(result.file).toBe(client.file(name));
    const kinds = client.progress.slice(known).map(({ value }) => value.kind);
    expect([kinds[0], kinds.at(-1)]).toEqual(['begin', 'end']);
    return result.file;
  };

  /** Each format has the same masks; returns how many weights they keep. */
  async function checkFormats(run: Export): Promise<number> {
    const write = (format: MaskFormat, name: string) => exported(run, format, name);
    const keras = await readSafetensors(await write('safetensors', 'keras.safetensors'));
    const pytorch = await readSafetensors(await write('safetensors-pytorch', 'pytorch.safetensors'));
    const npz = await readNpz(await write('npz', 'masks.npz'));
    const snippet = readFileSync(await write('pytorch-snippet', 'apply.py'), 'utf8');
    const beside = await readSafetensors(client.file('apply.safetensors'));
    expect(keras.metadata).toMatchObject({ method: 'magnitude', sparsity: '0.9', seed: '0' });
    expect([...pytorch.tensors.keys()].sort()).toEqual(['fc1.weight', 'fc2.weight', 'logits.weight']);
    expect([...beside.tensors]).toEqual([...pytorch.tensors]);
    const mask = keras.tensors.get('fc2/kernel')!;
    expect([mask.shape, pytorch.tensors.get('fc2.weight')!.shape]).toEqual([
      [300, 100],
      [100, 300],
    ]);
    const turned = pytorch.tensors.get('fc2.weight')!.data;
    for (let input = 0; input < 300; input += 7) {
      for (let output = 0; output < 100; output += 3) {
        expect(turned[output * 300 + input]).toBe(mask.data[input * 100 + output]);
      }
    }
    expect(Array.from(npz.get('fc2/kernel')!.data)).toEqual(Array.from(mask.data));
    expect(snippet).toContain('Magnitude at 0.9 sparsity');
    expect(snippet).toContain('def apply(model');
    const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);
    return [...keras.tensors.values()].reduce((total, { data }) => total + sum(data), 0);
  }

  test('are those of a score, at its sparsity', async () => {
    const model = client.model;
    await expect(client.run(serverCommands.exportMasks, { model, format: 'npz', file: 'masks.npz' })).rejects.toThrow(
      'no score to export masks of',
    );
    await client.run(serverCommands.score, { model, method: 'magnitude', sparsity: 0.9 });
    expect(await checkFormats((wanted) => client.run(serverCommands.exportMasks, { model, ...wanted }))).toBe(26_620);
  });

  test('replace what the server wrote itself, and other files only where the user agrees', async () => {
    const { model } = client;
    await client.run(serverCommands.score, { model, method: 'magnitude', sparsity: 0.9 });
    const exportAs = (format: MaskFormat, file: string, replace?: boolean) =>
      client.run(serverCommands.exportMasks, { model, format, file, ...(replace && { replace }) });
    // The weights that lie beside a snippet are the user's.
    writeFileSync(client.file('net.safetensors'), 'weights');
    await expect(exportAs('pytorch-snippet', 'net.py')).rejects.toMatchObject({ code: -32800 });
    expect(readFileSync(client.file('net.safetensors'), 'utf8')).toBe('weights');
    expect(existsSync(client.file('net.py'))).toBe(false);
    await expect(exportAs('safetensors', 'net.safetensors')).rejects.toMatchObject({ code: -32800 });
    expect(client.questions).toEqual(
      Array(2).fill('net.safetensors exists already and was not written by this export. Replace?'),
    );

    client.answers.push('Replace');
    const { files } = await exportAs('pytorch-snippet', 'net.py');
    expect(files).toEqual([client.file('net.py'), client.file('net.safetensors')]);
    // Again, with nothing changed since, and where the editor's dialog has asked.
    await exportAs('pytorch-snippet', 'net.py');
    writeFileSync(client.file('other.npz'), 'mine');
    await exportAs('npz', 'other.npz', true);
    expect(client.questions).toHaveLength(3);
  });

  test('are those of a run, also when its scores are gone', async () => {
    const { run } = await client.run(serverCommands.train, {
      model: client.model,
      method: 'magnitude',
      sparsity: 0.9,
      epochs: 1,
    });
    await client.run(serverCommands.restartWorker, {});
    expect(await checkFormats((wanted) => client.run(serverCommands.exportRunMasks, { run, ...wanted }))).toBe(26_620);
    const dense = await client.run(serverCommands.train, {
      model: client.model,
      dense: true,
      epochs: 1,
    });
    await expect(
      client.run(serverCommands.exportRunMasks, { run: dense.run, format: 'npz', file: 'masks.npz' }),
    ).rejects.toThrow('has no masks');
  });
});

describe('runs that somebody else trains', () => {
  /** A run folder whose config.json is that of a real run. */
  async function foreignRun(name: string, trainer?: { pid: number; host: string }): Promise<string> {
    const folder = client.file(join('.prunelens', 'runs', name));
    mkdirSync(folder, { recursive: true });
    const config = {
      format: 'prunelens-run-1',
      network: 'lenet',
      file: client.file(LENET),
      backend: 'cpu',
      origin: { method: 'magnitude', sparsity: 0.9 },
      training: { epochs: 5, seed: 0 },
      started: new Date().toISOString(),
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    if (trainer) {
      writeFileSync(join(folder, 'process.json'), JSON.stringify(trainer));
      const lock = { format: 'prunelens-lock-1', host: trainer.host, since: config.started };
      const processes = [{ pid: trainer.pid, started: null }];
      writeFileSync(join(folder, 'prunelens.lock'), JSON.stringify({ ...lock, processes }));
    }
    return folder;
  }

  test('go on while their process lives, and are interrupted when it does not', async () => {
    const trainer = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const run = await foreignRun('foreign', { pid: trainer.pid!, host: hostname() });
    await foreignRun('elsewhere', { pid: 1, host: 'another-machine' });
    await foreignRun('left');
    const states = async () => Object.fromEntries((await runs()).map(({ run, state }) => [basename(run), state]));
    expect(await states()).toEqual({ foreign: 'running', elsewhere: 'running', left: 'interrupted' });
    await expect(client.run(serverCommands.deleteRun, { run })).rejects.toThrow('is going on');
    const resumed = client.run(serverCommands.train, { model: client.model, run, resume: true });
    await expect(resumed).rejects.toThrow(`Another process (${trainer.pid}) has been writing to`);
    expect(existsSync(join(run, 'failure.json'))).toBe(false);
    const ended = new Promise((resolve) => trainer.once('exit', resolve));
    trainer.kill('SIGKILL');
    await ended;
    expect((await states()).foreign).toBe('interrupted');
    await client.run(serverCommands.renameRun, { run, label: 'Mine' });
    // Runs of the same are told apart by their start, and a name that was given stays.
    const labels = (await runs()).map(({ label, renamed = false }) => [label, renamed]);
    expect(labels).toContainEqual(['Mine', true]);
    const others = labels.filter(([label]) => label !== 'Mine');
    const text = expect.stringMatching(/^lenet-300-100 · magnitude · 90 % · seed 0 · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(others).toEqual([
      [text, false],
      [text, false],
    ]);
    await client.run(serverCommands.deleteRun, { run });
    expect(existsSync(run)).toBe(false);
    await expect(client.run(serverCommands.renameRun, { run, label: 'Gone' })).rejects.toThrow('no run in');
  });

  test('of this server say so in their folder while they go on', async () => {
    const { token, result } = await begin(serverCommands.train, { model: client.model, dense: true, epochs: 1000 });
    const [{ run }] = await eventually(async () => {
      const list = await runs();
      return list.length > 0 && existsSync(join(list[0].run, 'process.json')) ? list : undefined;
    });
    // Runs are not for version control.
    expect(readFileSync(client.file('.prunelens/.gitignore'), 'utf8')).toMatch(/^\*$/m);
    const { pid } = JSON.parse(readFileSync(join(run, 'process.json'), 'utf8'));
    expect(await client.workers()).toContain(pid);
    await client.connection.sendNotification('window/workDoneProgress/cancel', { token });
    await result;
    expect(existsSync(join(run, 'process.json'))).toBe(false);
  });
});
