/** Supervision of a real compute process: order of jobs, cancelling, crashes, hangs, and its end. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ServerStatus } from '../../server/protocol/editor';
import { UserError } from '../../server/protocol/errors';
import type { TrainParams, WorkerProgress } from '../../server/protocol/worker';
import { CancelledError, UnknownScoreError } from '../../server/worker/failures';
import type { Supervisor } from '../../server/worker/supervisor';
import { sample, temporaryFolder } from '../support/models';
import { startSupervisor, until, workerFile } from '../support/workerFiles';

const LENET = sample('lenet-300-100.ts');
const SCORE = { model: LENET, method: 'magnitude', sparsity: 0.9, backend: 'cpu' } as const;

function training(run: string, more: Partial<TrainParams> = {}): TrainParams {
  return { model: LENET, backend: 'cpu', data: 'noise:28x28x1:10:12800', epochs: 200, run, ...more };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts a training and waits for its first steps. */
async function startTraining(supervisor: Supervisor, params: TrainParams, signal?: AbortSignal) {
  const reports: WorkerProgress[] = [];
  const onProgress = (progress: WorkerProgress) => void reports.push(progress);
  const result = supervisor.call('train', params, { title: 'Train', onProgress, ...(signal && { signal }) });
  result.catch(() => {});
  await until(() => reports.some(({ training }) => training?.step !== undefined), 'the first training step');
  return { result, reports };
}

describe('supervisor', () => {
  it('answers light calls and descriptions while a training runs, and stops it when asked', {
    timeout: 60_000,
  }, async () => {
    const supervisor = await startSupervisor();
    const { scoreId } = await supervisor.call('score', SCORE);
    const controller = new AbortController();
    const run = join(temporaryFolder({}), 'run');
    const masks = { scoreId, sparsity: 0.9 };
    const { result, reports } = await startTraining(supervisor, training(run, { masks }), controller.signal);
    expect(supervisor.status()).toMatchObject({ worker: 'busy', jobs: [{ title: 'Train', state: 'running' }] });

    const { kept } = await supervisor.call('select', { scoreId, sparsity: 0.99, paths: false });
    expect(kept).toBe(2662);
    await supervisor.call('weight', { scoreId, weight: 'fc1/kernel', index: 0, sparsity: 0.9 });
    const area = { row: 0, column: 0, rows: 300, columns: 784, height: 30, width: 30 };
    await supervisor.call('tile', { scoreId, weight: 'fc1/kernel', sparsity: 0.9, ...area });
    await supervisor.call('describe', { model: LENET });
    const before = reports.length;
    await until(() => reports.length > before, 'more training');

    controller.abort();
    const summary = await result;
    expect(summary).toMatchObject({ run, state: 'interrupted', method: 'magnitude', sparsity: 0.9, epochs: 200 });
    // The same process goes on, with its scores.
    await supervisor.call('select', { scoreId, sparsity: 0.5, paths: false });
  });

  it('restarts a killed process, and a training resumes after its last epoch', async () => {
    const states: ServerStatus['worker'][] = [];
    let lost = 0;
    const supervisor = await startSupervisor({
      onStatus: ({ worker }) => states.push(worker),
      onLost: () => lost++,
    });
    const { scoreId } = await supervisor.call('score', SCORE);
    const run = join(temporaryFolder({}), 'run');
    const masks = { scoreId, sparsity: 0.9 };
    const { result, reports } = await startTraining(supervisor, training(run, { masks }));
    await until(() => reports.filter(({ training: step }) => step?.testLoss !== undefined).length >= 2, 'two epochs');
    const pid = supervisor.pid()!;
    process.kill(pid, 'SIGKILL');
    const error = await result.catch((reason) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('SIGKILL');
    expect(supervisor.status()).toMatchObject({ worker: 'restarting', jobs: [] });
    expect(supervisor.status().problem).toContain('SIGKILL');
    await until(() => supervisor.status().worker === 'ready', 'the restart');
    expect(states).toContain('restarting');
    expect(supervisor.pid()).not.toBe(pid);
    expect(lost).toBe(1);
    await expect(supervisor.call('select', { scoreId, sparsity: 0.5, paths: false })).rejects.toBeInstanceOf(
      UnknownScoreError,
    );

    const finished = readFileSync(join(run, 'metrics.jsonl'), 'utf8').match(/"testLoss"/g)!.length;
    const controller = new AbortController();
    const resumed: WorkerProgress[] = [];
    const going = supervisor.call('train', training(run, { masks, resume: true }), {
      signal: controller.signal,
      onProgress: (progress) => void resumed.push(progress),
    });
    await until(() => resumed.some(({ training: step }) => step?.testLoss !== undefined), 'an epoch after resuming');
    controller.abort();
    const { state, finishedEpochs, method } = await going;
    expect([state, method]).toEqual(['interrupted', 'magnitude']);
    expect(finishedEpochs).toBeGreaterThan(2);
    const first = resumed.find(({ training: step }) => step)!.training!.epoch;
    // The metrics can be one epoch ahead of the checkpoint, when the kill came between the two.
    expect([finished, finished + 1]).toContain(first);
  });

  it('kills a process that does not answer a cancel, and goes on with the queue', async () => {
    const supervisor = await startSupervisor({ cancelDeadlineMs: 300 });
    const controller = new AbortController();
    const run = join(temporaryFolder({}), 'run');
    const { result } = await startTraining(supervisor, training(run), controller.signal);
    const waiting = supervisor.call('score', SCORE);
    const pid = supervisor.pid()!;
    process.kill(pid, 'SIGSTOP');
    controller.abort();
    expect(supervisor.status().jobs[0].state).toBe('cancelling');
    await expect(result).rejects.toBeInstanceOf(CancelledError);
    expect(isAlive(pid)).toBe(false);
    expect((await waiting).method).toBe('magnitude');
  });

  it('runs one job at a time, in order, descriptions first; queued ones can be cancelled', {
    timeout: 60_000,
  }, async () => {
    const supervisor = await startSupervisor();
    const ended: string[] = [];
    const controller = new AbortController();
    const begin = (name: 'score' | 'describe', title: string, signal?: AbortSignal) =>
      (name === 'score'
        ? supervisor.call('score', SCORE, { title, ...(signal && { signal }) })
        : supervisor.call('describe', { model: LENET }, { title })
      ).then(() => ended.push(title));
    const jobs = [begin('score', 'first'), begin('score', 'second')];
    const gone = begin('score', 'third', controller.signal);
    jobs.push(begin('describe', 'model'));
    const shown = () => supervisor.status().jobs.map(({ title, position }) => `${position} ${title}`);
    expect(shown()).toEqual(['0 first', '1 model', '2 second', '3 third']);
    controller.abort();
    await expect(gone).rejects.toBeInstanceOf(CancelledError);
    expect(shown()).toEqual(['0 first', '1 model', '2 second']);
    await Promise.all(jobs);
    expect(ended).toEqual(['first', 'model', 'second']);
    expect(supervisor.status().jobs).toEqual([]);
  });

  it('ends a process that takes too much memory, and says so', async () => {
    const supervisor = await startSupervisor({ memoryLimitMiB: 40 });
    const error = await supervisor.call('score', { ...SCORE, method: 'snip' }).catch((reason) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('more than 40 MiB of memory');
  });

  /** A compute process that answers everything at once, and hangs in its thread for good when it is to score. */
  const hangingWorker = () =>
    join(
      temporaryFolder({
        'worker.js': `
          const rpc = require(${JSON.stringify(createRequire(import.meta.url).resolve('vscode-jsonrpc/node'))});
          process.on('disconnect', () => process.exit(0));
          const connection = rpc.createMessageConnection(new rpc.IPCMessageReader(process), new rpc.IPCMessageWriter(process));
          connection.onRequest('score', () => { for (;;); });
          connection.onRequest('train', () => new Promise((resolve) => setTimeout(resolve, 1500, { state: 'finished' })));
          connection.onRequest('tile', () => new Promise(() => {}));
          connection.onRequest('describe', () => new Promise((resolve) => setTimeout(resolve, 600, { name: 'describe' })));
          connection.onRequest((name) => name === 'ping' ? null : { name });
          connection.listen();
          connection.sendNotification('ready');`,
      }),
      'worker.js',
    );

  it('ends a process that hangs, says so, and goes on with a new one', async () => {
    const supervisor = await startSupervisor({ workerFile: hangingWorker(), hangDeadlineMs: 600 });
    // Long work that gives signs of life is left alone.
    expect(await supervisor.call('train', training('run'))).toMatchObject({ state: 'finished' });
    const pid = supervisor.pid()!;
    const hung = supervisor.call('score', SCORE);
    const waiting = supervisor.call('describe', { model: LENET });
    const error = await hung.catch((reason) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('it did not answer for 1 seconds');
    expect(isAlive(pid)).toBe(false);
    expect(supervisor.status()).toMatchObject({ worker: 'restarting' });
    expect(await waiting).toEqual({ name: 'describe' });
    expect(supervisor.pid()).not.toBe(pid);
  });

  it('gives up on a call that is not answered in time, and on that alone', async () => {
    const supervisor = await startSupervisor({ workerFile: hangingWorker(), callDeadlineMs: 300 });
    const area = { row: 0, column: 0, rows: 1, columns: 1, height: 1, width: 1 };
    const tile = { scoreId: 's', weight: 'w', sparsity: 0.5, ...area };
    await expect(supervisor.call('tile', tile)).rejects.toThrow('did not answer "tile" within 0.3 seconds');
    const pid = supervisor.pid();
    await supervisor.call('train', training('run'));
    // A model is loaded for as long as its own deadline says.
    expect(await supervisor.call('describe', { model: LENET })).toEqual({ name: 'describe' });
    expect(supervisor.pid()).toBe(pid);
  });

  it('gives up after several crashes, until it is restarted', async () => {
    const folder = temporaryFolder({ 'worker.js': 'process.exit(3);' });
    const supervisor = await startSupervisor({ workerFile: join(folder, 'worker.js') });
    const calls = [supervisor.call('backends', {}), supervisor.call('describe', { model: LENET })];
    const errors = await Promise.all(calls.map((call) => call.catch((error: Error) => error)));
    for (const error of errors) expect((error as Error).message).toContain('exit code 3');
    await until(() => supervisor.status().worker === 'failed', 'the last attempt');
    await expect(supervisor.call('backends', {})).rejects.toThrow('not started again');
    await supervisor.restart();
    expect(supervisor.status().worker).toBe('starting');
  });

  it('leaves no process behind when it is disposed, or its own process is killed', async () => {
    const supervisor = await startSupervisor();
    await supervisor.call('describe', { model: LENET });
    const pid = supervisor.pid()!;
    await supervisor.dispose();
    expect(isAlive(pid)).toBe(false);

    // A parent that dies without a word.
    const parent = `
      const watch = JSON.stringify({ parent: process.pid, memory: 2 ** 32 });
      const child = require('node:child_process').fork(${JSON.stringify(await workerFile())}, [], {
        env: { ...process.env, PRUNELENS_WATCH: watch },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'] });
      child.once('message', () => { console.log(child.pid); process.kill(process.pid, 'SIGKILL'); });`;
    let output = '';
    try {
      output = execFileSync(process.execPath, ['-e', parent], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    } catch (error) {
      output = (error as { stdout: string }).stdout;
    }
    const orphan = Number(output);
    expect(orphan).toBeGreaterThan(0);
    await until(() => !isAlive(orphan), 'the end of the orphan');
    expect(existsSync(await workerFile())).toBe(true);
  });
});
