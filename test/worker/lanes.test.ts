/** Two compute processes as one engine: what lasts does not hold up what is quick, and neither takes the other down. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { WorkerProgress } from '../../server/protocol/worker';
import type { Engine, Lane } from '../../server/worker/engine';
import { createLanes } from '../../server/worker/lanes';
import { createSupervisor, type Supervisor } from '../../server/worker/supervisor';
import { sample, temporaryFolder } from '../support/models';
import { until, workerFile } from '../support/workerFiles';

const LENET = sample('lenet-300-100.ts');
const SCORE = { model: LENET, method: 'magnitude', sparsity: 0.9, backend: 'cpu' } as const;

async function startLanes() {
  const file = await workerFile();
  const lost: Lane[] = [];
  const processes = new Map<Lane, Supervisor>();
  const engine: Engine = createLanes(
    (lane, options) => {
      const supervisor = createSupervisor({ workerFile: file, ...options });
      processes.set(lane, supervisor);
      return supervisor;
    },
    { cwd: process.cwd(), isTrusted: () => true, onLost: (lane) => lost.push(lane) },
  );
  onTestFinished(() => engine.dispose());
  return { engine, lost, processes };
}

const masksOnTheirWay = () => readdirSync(tmpdir()).filter((name) => name.startsWith('prunelens-masks-'));

it('a training has a process of its own, with the masks of a score in the other one', async () => {
  const before = masksOnTheirWay();
  const { engine, lost, processes } = await startLanes();
  const { scoreId } = await engine.call('score', SCORE);
  expect([...processes.keys()]).toEqual(['scores']);

  const reports: WorkerProgress[] = [];
  const controller = new AbortController();
  const training = engine.call(
    'train',
    {
      model: LENET,
      backend: 'cpu',
      data: 'noise:28x28x1:10:12800',
      epochs: 200,
      run: join(temporaryFolder({}), 'run'),
      masks: { scoreId, sparsity: 0.95 },
    },
    { signal: controller.signal, title: 'Train', onProgress: (progress) => reports.push(progress) },
  );
  await until(() => reports.some((report) => report.training?.step !== undefined), 'the first training step');
  expect(engine.status()).toMatchObject({ worker: 'busy', jobs: [{ title: 'Train', state: 'running' }] });
  expect(processes.get('work')!.pid()).not.toBe(processes.get('scores')!.pid());

  // A score is made meanwhile, and its process may be lost: the training goes on.
  expect((await engine.call('score', { ...SCORE, seed: 2 })).method).toBe('magnitude');
  process.kill(processes.get('scores')!.pid()!, 'SIGKILL');
  await until(() => lost.length > 0, 'the loss');
  const count = reports.length;
  await until(() => reports.length > count, 'more training');
  expect(lost).toEqual(['scores']);

  controller.abort();
  expect(await training).toMatchObject({ state: 'interrupted', method: 'magnitude', sparsity: 0.95 });
  expect(masksOnTheirWay()).toEqual(before);
});

it('masks of a score that is gone are refused as such', async () => {
  const { engine, processes } = await startLanes();
  const run = join(temporaryFolder({}), 'run');
  const training = engine.call('train', { model: LENET, run, masks: { scoreId: 'gone', sparsity: 0.9 } });
  await expect(training).rejects.toThrow(/score/i);
  expect([...processes.keys()]).toEqual(['scores']);
});
