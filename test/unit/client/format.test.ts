/** Words and numbers of the extension. */
import { describe, expect, it } from 'vitest';
import {
  backendDescription,
  comparisonDescription,
  duration,
  endText,
  jobProgress,
  percent,
  pythonTexts,
  runDescription,
  runDetails,
  statusLine,
} from '../../../client/format';
import { jobsByRun } from '../../../client/jobs';
import { createRestartPolicy } from '../../../client/restartPolicy';
import { runGroups } from '../../../client/views/runGroups';
import type { JobStatus, ServerStatus } from '../../../server/protocol/editor';
import type { RunSummary } from '../../../server/protocol/results';

const RUN: RunSummary = {
  run: '/ws/.prunelens/runs/a',
  label: 'a',
  renamed: true,
  masked: true,
  state: 'running',
  method: 'prospr',
  sparsity: 0.98,
  epochs: 10,
  finishedEpochs: 3,
  testAccuracy: 0.97123,
};

const job = (more: Partial<JobStatus> = {}): JobStatus => ({
  id: 'j1',
  title: 'Scoring lenet.ts',
  state: 'running',
  position: 0,
  ...more,
});

const status = (more: Partial<ServerStatus> = {}): ServerStatus => ({ worker: 'ready', jobs: [], ...more });

const training = (run: string) => ({ run, epoch: 1, loss: 1, accuracy: 0.5 });

it('tells what a run has reached, as far as that is known', () => {
  const row = { ...RUN, metric: 'accuracy', final: 0.9712, difference: -0.012 };
  expect(endText('a', row)).toBe('a has ended: accuracy 97.12 %, −1.20 pp to dense.');
  expect(endText('a', { ...row, difference: undefined })).toBe('a has ended: accuracy 97.12 %.');
  expect(endText('a', undefined)).toBe('a has ended.');
});

describe('numbers', () => {
  it.each([
    [0.98, '98 %'],
    [0.9995, '99.95 %'],
    [0.29, '29 %'],
    [0, '0 %'],
  ])('writes %d as %s', (fraction, text) => expect(percent(fraction)).toBe(text));

  it.each([
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [185, '3 min 5 s'],
    [7800, '2 h 10 min'],
  ])('writes %d seconds as %s', (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe('runs', () => {
  it('says what a run is, how far and how good', () => {
    expect(runDescription(RUN)).toBe('ProsPr, 98 % · running · 3 of 10 epochs · 97.12 % accuracy');
    expect(runDescription({ ...RUN, state: 'finished' })).toBe('ProsPr, 98 % · 97.12 % accuracy');
    const regression = { testAccuracy: undefined, testR2: 0.82135, testMeanAbsoluteError: 0.4 };
    expect(runDescription({ ...RUN, ...regression, state: 'finished' })).toBe('ProsPr, 98 % · R² 0.8214');
    const tokens = { testAccuracy: 0.5, testPerplexity: 12.5, state: 'finished' as const };
    expect(runDescription({ ...RUN, ...tokens })).toBe('ProsPr, 98 % · perplexity 12.5');
    // A name that was not given by the user tells it already.
    expect(runDescription({ ...RUN, renamed: undefined })).toBe('running · 3 of 10 epochs · 97.12 % accuracy');
    const { method: _, sparsity: __, testAccuracy: ___, masked: ____, ...dense } = RUN;
    expect(runDescription({ ...dense, masked: true })).toBe('masked · running · 3 of 10 epochs');
    expect(runDescription({ ...dense, epochs: 1 })).toBe('dense · running · 3 of 1 epoch');
  });

  it('tells the error of a failed run', () => {
    expect(runDetails({ ...RUN, state: 'failed', error: 'The loss is not a number.' })).toContain(
      'The loss is not a number.',
    );
  });

  it('puts runs into groups by state, the newest first', () => {
    const runs = [
      { ...RUN, run: 'old', started: '2026-01-01T00:00:00Z', state: 'finished' as const },
      { ...RUN, run: 'new', started: '2026-01-02T00:00:00Z', state: 'finished' as const },
      { ...RUN, run: 'live' },
    ];
    const groups = runGroups(runs, [{ folder: '/c', rows: [] }]);
    const names = groups.map(
      (node) => 'group' in node && [node.group, node.children.map((one) => 'run' in one && one.run.run)],
    );
    expect(names).toEqual([
      ['Live', ['live']],
      ['Finished', ['new', 'old']],
      ['Comparisons', [false]],
    ]);
    expect(runGroups([], [])).toEqual([]);
  });

  it('sums a comparison up', () => {
    const row = (method: string, sparsity: number) => ({ model: 'm', method, sparsity, seed: 0, testAccuracy: 0.9 });
    const rows = [row('snip', 0.9), row('snip', 0.98), row('prospr', 0.9)];
    expect(comparisonDescription({ folder: '/c', rows })).toBe('SNIP, ProsPr at 90 %, 98 %: 3 runs');
  });
});

describe('status', () => {
  it('says how far a job is', () => {
    expect(jobProgress(job())).toBe('running');
    expect(jobProgress(job({ progress: { job: 'j1', message: '', fraction: 0.429, secondsLeft: 12 } }))).toBe(
      '42 %, 12 s left',
    );
    expect(jobProgress(job({ state: 'queued', position: 2 }))).toBe('number 2 in the queue');
    expect(jobProgress(job({ state: 'cancelling' }))).toBe('cancelling…');
  });

  it('shows the backend when idle, the first job when busy, and what is wrong', () => {
    expect(statusLine(undefined).text).toBe('$(loading~spin) PruneLens');
    expect(statusLine(status({ backend: 'cpu' })).text).toBe('$(layers) PruneLens: cpu');
    const busy = statusLine(status({ worker: 'busy', jobs: [job(), job({ id: 'j2', state: 'queued', position: 1 })] }));
    expect(busy.text).toBe('$(sync~spin) Scoring lenet.ts: running (+1)');
    expect(busy.tooltip).toContain('number 1 in the queue');
    const failed = statusLine(status({ worker: 'failed', problem: 'Node ran out of memory.' }));
    expect(failed).toMatchObject({ severity: 'error', tooltip: 'Node ran out of memory.' });
    expect(statusLine(status({ worker: 'restarting' })).severity).toBe('warning');
  });

  it('knows the job of a run until the job is gone', () => {
    const reported = status({ jobs: [job({ progress: { job: 'j1', message: '', training: training('/r') } })] });
    const known = jobsByRun(new Map(), reported);
    expect(known.get('/r')).toBe('j1');
    expect(jobsByRun(known, status({ jobs: [job()] })).get('/r')).toBe('j1');
    expect(jobsByRun(known, status()).size).toBe(0);
    expect(jobsByRun(known, undefined).size).toBe(0);
  });
});

describe('restarts of the server', () => {
  it('gives up after four ends within three minutes, and tries again when asked to', () => {
    const policy = createRestartPolicy();
    expect([0, 1000, 2000, 3000].map((time) => policy.ended(time))).toEqual([true, true, true, false]);
    policy.reset();
    expect(policy.ended(4000)).toBe(true);
  });

  it('goes on where ends are far apart', () => {
    const policy = createRestartPolicy();
    const times = Array.from({ length: 10 }, (_, index) => index * 100_000);
    expect(times.every((time) => policy.ended(time))).toBe(true);
  });
});

describe('the Python of the user', () => {
  it('is shown with its devices', () => {
    const gpu = { device: 'cuda:0', platform: 'cuda', name: 'NVIDIA H100', memory: 80 * 2 ** 30 } as const;
    const python = {
      path: '/e/python',
      origin: 'the Python extension',
      version: '3.12.1',
      torch: '2.13.0',
      devices: [gpu],
    };
    expect(pythonTexts(python)).toEqual({
      label: 'Python 3.12.1, torch 2.13.0',
      description: 'cuda:0 (NVIDIA H100, 80 GiB, CUDA)',
      tooltip: 'Python 3.12.1, torch 2.13.0\n/e/python, by the Python extension\ncuda:0 (NVIDIA H100, 80 GiB, CUDA)',
      works: true,
    });
  });

  it('is shown with what is missing', () => {
    expect(pythonTexts({ devices: [], problem: 'No Python was found.' })).toEqual({
      label: 'Your Python',
      description: 'No Python was found.',
      tooltip: 'Your Python\nNo Python was found.',
      works: false,
    });
  });
});

it('a backend is shown with its speed, and why it is passed over', () => {
  const backend = { name: 'a', title: 'A', available: true, detail: 'AMD EPYC' };
  expect(backendDescription(backend)).toBe('AMD EPYC');
  const passedOver = 'passed over: b is 2.0 times as fast';
  expect(backendDescription({ ...backend, imagesPerSecond: 84.2, passedOver })).toBe(
    `84 images/s · AMD EPYC · ${passedOver}`,
  );
});
