/** A job does its run from one message alone, with the outcome that the run has in the sweep's own process. */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createReferenceExecutor } from '../../server/executors/reference';
import { expandSweep } from '../../server/sweep/expand';
import { createInProcessWorker } from '../../server/sweep/inProcess';
import type { FromJob, ToJob } from '../../server/sweep/messages';
import { prepareSweep } from '../../server/sweep/session';
import { temporaryFolder } from '../support/models';
import { TINY_CLASSIFIER } from '../support/tinyModels';

const JOB = join(import.meta.dirname, '../../dist/job.js');

/** Starts a job; `ask` sends a message and waits for an answer that is no progress. */
function startJob() {
  const child = fork(JOB, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return (message: ToJob) =>
    new Promise<FromJob>((resolve) => {
      const onMessage = (answer: FromJob) => {
        if (answer.kind === 'progress') return;
        child.off('message', onMessage);
        resolve(answer);
      };
      child.on('message', onMessage);
      child.send(message);
    });
}

const signal = new AbortController().signal;

async function sweepIn(folder: string, out: string) {
  const file = { models: ['model.json'], methods: ['snip'], sparsities: [0.5], dense: false };
  const plan = expandSweep(
    { ...file, settings: { epochs: 2, 'batch-size': 16 } },
    { folder, name: 'sweep', out: join(folder, out) },
  );
  return { run: plan.runs[0], sweep: await prepareSweep(plan, signal) };
}

const files = { 'model.json': TINY_CLASSIFIER, 'prunelens.json': '{ "data": "noise", "seed": 3 }' };
const untimed = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, entry) => (key === 'seconds' ? undefined : entry)));

it('has the outcome of the same run in one process, without looking at settings', async () => {
  const folder = temporaryFolder(files);
  const inProcess = await sweepIn(folder, 'one');
  const worker = createInProcessWorker(createReferenceExecutor(), inProcess.sweep, signal);
  const expected = await worker.run(inProcess.run, () => {});

  const { run, sweep } = await sweepIn(folder, 'two');
  writeFileSync(join(folder, 'prunelens.json'), 'no JSON');
  const ask = startJob();
  expect(await ask({ kind: 'open', asked: { backend: 'reference' } })).toMatchObject({ kind: 'ready' });
  const answer = await ask({ kind: 'run', run: sweep.resolve(run) });
  expect(untimed(answer)).toEqual({ kind: 'finished', outcome: untimed(expected) });
});

it('refuses a model that is not the one that was planned any more', async () => {
  const folder = temporaryFolder(files);
  const { run, sweep } = await sweepIn(folder, 'out');
  const resolved = sweep.resolve(run);
  writeFileSync(resolved.request.specifier, TINY_CLASSIFIER.replace('"units":6', '"units":7'));
  const ask = startJob();
  await ask({ kind: 'open', asked: { backend: 'reference' } });
  const answer = await ask({ kind: 'run', run: resolved });
  expect(answer).toMatchObject({ kind: 'failed', error: expect.stringContaining('was changed while the sweep is') });
});
