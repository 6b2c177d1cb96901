/** Sweeps on Slurm without one: packing, the script, the queue's answers, and following tasks that a fake scheduler loses. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkLocal, isForSlurm, slurmOptions } from '../../../server/cli/sweep/cluster';
import { expandSweep } from '../../../server/sweep/expand';
import { parseSweep } from '../../../server/sweep/read';
import { parseLongest, parseQueue, type QueuedTask, type Scheduler } from '../../../server/sweep/slurm/commands';
import { slurmFiles } from '../../../server/sweep/slurm/files';
import { planOf, resolveRun } from '../../../server/sweep/slurm/manifest';
import { arraysOf, formatIndices, packRuns } from '../../../server/sweep/slurm/pack';
import { batchScript, checkPaths, processorsOf, quoted } from '../../../server/sweep/slurm/script';
import { readJobs, submitTasks, writeManifest } from '../../../server/sweep/slurm/submit';
import type { Manifest } from '../../../server/sweep/slurm/types';
import { watchSweep } from '../../../server/sweep/slurm/watch';
import { temporaryFolder } from '../../support/models';

// Its page is made by the build.
vi.mock('../../../server/reports/comparison', () => ({ createReport: () => '' }));

const SWEEP = {
  models: ['net.ts'],
  methods: ['random', 'snip', 'lottery-ticket'],
  sparsities: [0.5, 0.9],
  seeds: 2,
  backend: 'cpu',
};

function manifestIn(out: string, pack = 2): Manifest {
  const { runs, ...sweep } = expandSweep(SWEEP, { folder: out, name: 'sweep', out });
  const all = runs.map((_, index) => index);
  const [label] = sweep.networks.map((network) => network.label);
  const layers = [{ name: 'out', macs: 8 }];
  const network = {
    label,
    data: 'noise',
    settings: {},
    dataset: { name: 'noise' },
    model: { network: { file: 'net.ts', layers } },
  };
  return {
    format: 'prunelens-slurm-1',
    name: 'prunelens-test',
    plan: '',
    backend: 'cpu',
    folder: out,
    out,
    runsFolder: join(out, 'runs'),
    sharesRuns: false,
    node: '/usr/bin/node',
    command: join(out, 'prunelens.js'),
    asked: { backend: 'cpu' },
    threads: 2,
    timing: { heartbeat: 20, patience: 500 },
    options: { pack, sideBySide: 1, sbatch: ['--account=lab'], arrayLimit: 5, setup: 'module load node' },
    sweep,
    networks: [network],
    requests: [],
    runs: runs.map(({ key }, index) => ({
      key,
      request: 0,
      folder: `${key.model}/${key.method}-${key.sparsity}-${key.seed}-0000000${index % 10}`,
      hash: String(index),
    })),
    ...packRuns(runs, all, pack),
  };
}

/** As if a node had done the run. */
function finish({ runs, runsFolder }: Manifest, index: number): void {
  const path = join(runsFolder, runs[index].folder, 'outcome.json');
  mkdirSync(dirname(path), { recursive: true });
  const pruning = { prunable: 8, kept: 4, effectiveKept: 4, collapsed: [], layers: [], seconds: 1 };
  const final = { epoch: 1, trainLoss: 1, trainAccuracy: 0.5, testLoss: 1, testAccuracy: 0.5, learningRate: 0.1 };
  const outcome = { pruning, final, seconds: 2 };
  writeFileSync(path, JSON.stringify({ format: 'prunelens-outcome-1', hash: runs[index].hash, run: {}, outcome }));
}

describe('packing', () => {
  it('puts runs that share scores together, and what needs another run into a second array', () => {
    const { runs } = expandSweep(SWEEP, { folder: '/', name: 'sweep', out: '/out' });
    const { tasks, stages } = packRuns(
      runs,
      runs.map((_, index) => index),
      2,
    );
    expect(stages).toEqual([
      { first: 0, count: 5 },
      { first: 5, count: 2 },
    ]);
    const names = tasks.map((task) => task.map((run) => `${runs[run].key.method} ${runs[run].key.seed}`).join(', '));
    expect(names.slice(5)).toEqual(['lottery-ticket 0, lottery-ticket 0', 'lottery-ticket 1, lottery-ticket 1']);
    expect(tasks.flat().sort((a, b) => a - b)).toEqual(runs.map((_, index) => index));
    expect(packRuns(runs, [], 2)).toEqual({ tasks: [], stages: [] });
  });

  it('makes several arrays where one cannot be so long', () => {
    expect(arraysOf({ first: 3, count: 25 }, 10)).toEqual([
      { first: 3, count: 10 },
      { first: 13, count: 10 },
      { first: 23, count: 5 },
    ]);
    expect(formatIndices([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8');
  });
});

describe('options', () => {
  it('are those of the command, then of the file, then of the beginning', () => {
    const text = `models: [net.ts]\nmethods: [snip]\nsparsities: [0.5]\nrun-on: { partition: a, pack: 4, sbatch: [--qos=low] }\n`;
    const runOn = parseSweep(text, 'sweep.yaml')['run-on'];
    expect(isForSlurm({}, runOn)).toBe(true);
    expect(isForSlurm({ on: 'local' }, runOn)).toBe(false);
    expect(isForSlurm({}, { scheduler: 'local' })).toBe(false);
    expect(isForSlurm({}, undefined)).toBe(false);
    const chosen = slurmOptions({ partition: 'b', sbatch: ['--mem=1G'] }, runOn, {
      pack: 1,
      sideBySide: 2,
      time: '1',
      sbatch: [],
    });
    expect(chosen).toEqual({ partition: 'b', pack: 4, sideBySide: 2, time: '1', sbatch: ['--qos=low', '--mem=1G'] });
    expect(() => slurmOptions({ sideBySide: 2 })).toThrow('more than the 1 of a task');
    expect(() => slurmOptions({ partition: 'a\nrm' })).toThrow('several lines');
    expect(() => slurmOptions({ sbatch: ['account=lab'] })).toThrow('"account=lab" is no option of sbatch');
    for (const own of ['--job-name=x', '-Jx', ' -J x', '--output x', '--signal=USR2']) {
      expect(() => slurmOptions({ sbatch: [own] })).toThrow(
        /PruneLens sets (--job-name|-J|--output|--signal) of sbatch itself/,
      );
    }
    expect(slurmOptions({ sbatch: ['--nice=5', '-A lab'] }).sbatch).toEqual(['--nice=5', '-A lab']);
  });

  it('are refused with their line where they are none', () => {
    const text = 'models: [net.ts]\nmethods: [snip]\nsparsities: [0.5]\nrun-on: { packs: 4 }\n';
    expect(() => parseSweep(text, 'sweep.yaml')).toThrow('There is no "packs" in "run-on"');
  });

  it('say how many processors a task has', () => {
    expect(processorsOf([])).toBe(1);
    expect(processorsOf(['--cpus-per-task=4', '--mem=1G'])).toBe(4);
    expect(processorsOf(['-c 8'])).toBe(8);
  });
});

it('the script has its options, its setup, and how to submit it', () => {
  const script = batchScript(manifestIn('/shared/my sweep'), 3);
  const lines = script.split('\n');
  expect(lines[0]).toBe('#!/bin/bash');
  expect(lines).toEqual(
    expect.arrayContaining(['#SBATCH --account=lab', '#SBATCH --cpus-per-task=2', 'module load node']),
  );
  expect(lines.filter((line) => line.startsWith('#   sbatch'))).toEqual([
    "#   sbatch --array=0-2%5 '/shared/my sweep/slurm/sweep.sbatch' 0",
    "#   sbatch --array=0-1%5 '/shared/my sweep/slurm/sweep.sbatch' 3",
    "#   sbatch --array=0-1%5 --dependency=afterany:JOBS_OF_THE_FIRST '/shared/my sweep/slurm/sweep.sbatch' 5",
  ]);
  expect(quoted("it's")).toBe("'it'\\''s'");
  // A signal may come while the setup is under way.
  expect(script.indexOf('trap ')).toBeLessThan(script.indexOf('module load node'));
});

it.skipIf(process.platform === 'win32')('the script names paths as sbatch and the shell read them', () => {
  const out = join(temporaryFolder({}), `50% "of" it's $HOME ü`);
  mkdirSync(join(out, 'slurm'), { recursive: true });
  const script = batchScript({ ...manifestIn(out), node: '/bin/sh', command: '/bin/sh' }, 3);
  const escaped = out.replaceAll('"', '\\"');
  expect(script.split('\n')).toEqual(
    expect.arrayContaining([
      `#SBATCH --chdir="${escaped}"`,
      `#SBATCH --output="${escaped.replace('%', '%%')}/slurm/logs/%A_%a.log"`,
    ]),
  );
  writeFileSync(slurmFiles(out).script, script.replace('module load node', ''));
  const { stderr, status } = spawnSync('bash', [slurmFiles(out).script], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining(`does not see the manifest: ${slurmFiles(out).manifest}\n`),
  ]);
});

it.skipIf(process.platform === 'win32')('paths that no script can name are refused', () => {
  expect(() => checkPaths(['/home/a\nb'], '/out')).toThrow('No batch script can name "/home/a\\nb"');
  expect(() => checkPaths([], '/out\\%j')).toThrow('Slurm writes no log into /out\\%j');
  expect(() => checkPaths([`/50% "of" it's $HOME ü`, 'C:\\node.exe'], '/out')).not.toThrow();
});

it.skipIf(process.platform === 'win32').each([
  ['before there is a program', (ready: string) => `touch ${ready}`, () => ''],
  [
    'when its program does not listen yet, and is gone before the shell looks',
    () => 'kill() { builtin kill "$@" && { [ "$1" = -0 ] || sleep 0.3; }; }',
    (ready: string) => `touch ${ready}`,
  ],
  [
    'when another process soon has the number of its program',
    // As if that lived for ever.
    () => 'kill() { [ "$1" = -0 ] || builtin kill "$@"; }',
    (ready: string) => `touch ${ready}`,
  ],
])('a task that is signalled %s is requeued', async (_, setup, begin) => {
  const out = temporaryFolder({
    'bin/squeue': '#!/bin/sh\necho RUNNING\n',
    // As Slurm does, it ends the script.
    'bin/scontrol': '#!/bin/sh\necho "$@" >"$(dirname "$0")/called"\nkill -9 $PPID\n',
    'slurm/interrupted/none': '',
  });
  for (const name of ['squeue', 'scontrol']) chmodSync(join(out, 'bin', name), 0o755);
  const manifest = { ...manifestIn(out), node: '/bin/sh', command: join(out, 'program.sh') };
  writeFileSync(slurmFiles(out).manifest, '');
  const ready = join(out, 'ready');
  writeFileSync(manifest.command, `${begin(ready)}\nexec sleep 60\n`);
  const options = { ...manifest.options, setup: setup(ready) };
  writeFileSync(slurmFiles(out).script, batchScript({ ...manifest, options }, 3));
  const env = { PATH: `${join(out, 'bin')}:${process.env.PATH}`, SLURM_ARRAY_TASK_ID: '2', SLURM_JOB_ID: '77' };
  const script = spawn('bash', [slurmFiles(out).script, '3'], { env, stdio: 'ignore' });
  onTestFinished(() => void script.kill('SIGKILL'));
  const ended = new Promise((resolve) => script.on('exit', (...how) => resolve(how)));
  while (!existsSync(ready)) await sleep(10);
  script.kill('SIGUSR1');
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(readFileSync(join(out, 'bin', 'called'), 'utf8')).toBe('requeue 77\n');
  expect(existsSync(slurmFiles(out).interruption(5))).toBe(true);
});

it('answers of squeue are read, and others left out', () => {
  const text = `12 3 RUNNING
12 4 PENDING /a b/1 2/sweep.sbatch
slurm_load_jobs error
13 N/A RUNNING
14 0 RUNNING /a/sweep.sbatch 0
15 1 PENDING /a b/1 2/sweep.sbatch 1001
`;
  expect(parseQueue(text)).toEqual([
    { job: '12', index: 3, state: 'RUNNING' },
    { job: '12', index: 4, state: 'PENDING' },
    { job: '14', index: 0, state: 'RUNNING', offset: 0 },
    { job: '15', index: 1, state: 'PENDING', offset: 1001 },
  ]);
});

it('the length of arrays is what Slurm says, and none is an error', () => {
  expect(parseLongest('MaxArraySize            = 10001\nMaxBatchRequeue = 5\n')).toBe(10001);
  expect(parseLongest('')).toBe(1001);
  expect(() => parseLongest('MaxArraySize            = 0\n')).toThrow('takes no job arrays');
});

it('flags for Slurm are refused where the runs are done here', () => {
  expect(() => checkLocal({ on: 'local', resume: true, sideBySide: 2 })).not.toThrow();
  expect(() => checkLocal({ arrayLimit: 3 })).toThrow('--array-limit is for sweeps on Slurm');
  expect(() => checkLocal({ sbatch: ['--qos=low'] })).toThrow('--sbatch is for sweeps on Slurm');
});

/** A scheduler that does `work` with each task at once, and forgets it. */
function fakeScheduler(work: (task: number, submission: number) => void) {
  const submissions: { readonly options: readonly string[]; readonly tasks: number[] }[] = [];
  let silent = 0;
  const scheduler: Scheduler = {
    isHere: async () => true,
    longestArray: async () => 3,
    async submit(options, _script, offset) {
      const [, indices] = /^--array=([\d,-]+)/.exec(options[0])!;
      const tasks = indices.split(',').flatMap((range) => {
        const [first, last = first] = range.split('-').map(Number);
        return Array.from({ length: last - first + 1 }, (_, i) => offset + first + i);
      });
      submissions.push({ options, tasks });
      for (const task of tasks) work(task, submissions.length);
      return String(100 + submissions.length);
    },
    queue: async () => (silent-- > 0 ? undefined : ([] as QueuedTask[])),
    cancel: async () => {},
  };
  return {
    scheduler,
    submissions,
    silence(looks: number) {
      silent = looks;
    },
  };
}

/** All tasks of `manifestIn`, as they are in the queue when the fake scheduler has taken its three arrays. */
const RUNNING: readonly QueuedTask[] = [
  ...[0, 1, 2].map((index) => ({ job: '101', index, state: 'RUNNING' })),
  ...[0, 1].map((index) => ({ job: '102', index, state: 'RUNNING' })),
  ...[0, 1].map((index) => ({ job: '103', index, state: 'RUNNING' })),
];

const { signal } = new AbortController();
const watching = { signal, observer: {}, note() {}, submits: true, cancels: () => true, retry: false, poll: 5 };

describe('a sweep is followed', () => {
  it('to its results, in arrays of which the later depend on the earlier', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    const { scheduler, submissions } = fakeScheduler((task) => {
      for (const run of manifest.tasks[task]) finish(manifest, run);
    });
    const { runs, failures } = await watchSweep({ ...watching, manifest, scheduler });
    expect([runs.length, failures.length]).toEqual([manifest.runs.length, 0]);
    expect(submissions.map(({ options }) => options)).toEqual([
      ['--array=0-2%5'],
      ['--array=0-1%5'],
      ['--array=0-1%5', '--dependency=afterany:101:102'],
    ]);
    expect(readFileSync(join(out, 'results.csv'), 'utf8').trim().split('\n')).toHaveLength(1 + manifest.runs.length);
    // All is there: nothing is submitted again.
    await watchSweep({ ...watching, manifest, scheduler });
    expect(submissions).toHaveLength(3);
  });

  it('through jobs that were submitted by hand, which are not submitted again', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    const { scheduler, submissions } = fakeScheduler(() => {});
    const byHand = RUNNING.map((task) => ({ ...task, offset: { 101: 0, 102: 3, 103: 5 }[Number(task.job)]! }));
    let looks = 0;
    const queue = async () => {
      if (looks++ < 2) return byHand;
      for (const [task, runs] of manifest.tasks.entries())
        if (task !== 6) for (const run of runs) finish(manifest, run);
      return [];
    };
    mkdirSync(slurmFiles(out).logs, { recursive: true });
    writeFileSync(join(slurmFiles(out).logs, '103_1.log'), 'slurmstepd: oom-kill\n');
    const { runs, failures } = await watchSweep({ ...watching, manifest, scheduler: { ...scheduler, queue } });
    expect(submissions).toEqual([]);
    expect(runs).toHaveLength(manifest.runs.length - 2);
    expect(failures.map(({ error }) => error)).toEqual(
      manifest.tasks[6].map(() => expect.stringMatching(/^Task 6 has ended without a result.*103_1\.log.*oom-kill/s)),
    );
  });

  it('through a first array that was submitted by hand, on which the second one depends', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    const { scheduler, submissions } = fakeScheduler((task) => {
      for (const run of manifest.tasks[task]) finish(manifest, run);
    });
    const byHand = [0, 1, 2, 3, 4].map((index) => ({ job: '77', index, state: 'RUNNING', offset: 0 }));
    let looks = 0;
    const queue = async () => {
      if (looks++ < 2) return byHand;
      for (const task of manifest.tasks.slice(0, 5)) for (const run of task) finish(manifest, run);
      return [];
    };
    const { runs } = await watchSweep({ ...watching, manifest, scheduler: { ...scheduler, queue } });
    expect(runs).toHaveLength(manifest.runs.length);
    expect(submissions.map(({ options }) => options)).toEqual([['--array=0-1%5', '--dependency=afterany:77']]);
  });

  it('through interruptions, which are submitted anew where nobody requeues them', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    const interrupted = new Set([1]);
    const { scheduler, submissions, silence } = fakeScheduler((task) => {
      if (interrupted.delete(task)) return writeFileSync(slurmFiles(out).interruption(task), '');
      for (const run of manifest.tasks[task]) finish(manifest, run);
    });
    silence(2);
    const { runs } = await watchSweep({ ...watching, manifest, scheduler });
    expect(runs).toHaveLength(manifest.runs.length);
    expect(submissions.at(-1)!.tasks).toEqual([1]);
  });

  it('tells tasks that end without a result with the end of their log, and tries them again when asked', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    let isBroken = true;
    const { scheduler, submissions } = fakeScheduler((task, submission) => {
      if (task === 0 && isBroken) {
        return writeFileSync(join(slurmFiles(out).logs, `${100 + submission}_0.log`), 'first\nslurmstepd: oom-kill\n');
      }
      for (const run of manifest.tasks[task]) finish(manifest, run);
    });
    const { runs, failures } = await watchSweep({ ...watching, manifest, scheduler });
    expect(runs).toHaveLength(manifest.runs.length - 2);
    expect(failures.map(({ error }) => error)).toEqual(Array(2).fill(expect.stringContaining('oom-kill')));
    const count = submissions.length;
    // Failures stay what they are until a retry is asked for.
    expect((await watchSweep({ ...watching, manifest, scheduler })).failures).toHaveLength(2);
    expect(submissions).toHaveLength(count);
    isBroken = false;
    const again = await watchSweep({ ...watching, manifest, scheduler, retry: true });
    expect([again.runs.length, again.failures.length]).toEqual([manifest.runs.length, 0]);
  });

  it('without the tasks that somebody has cancelled', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    const log = (text: string) =>
      `slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT 2026-01-01T00:00:00${text} ***\nStopping\n`;
    const causes = new Map([
      [0, ''],
      [1, ' DUE TO PREEMPTION'],
    ]);
    const { scheduler, submissions } = fakeScheduler((task, submission) => {
      const cause = causes.get(task);
      // One that had not begun leaves nothing at all.
      if (task === 2 && isCancelling) return;
      if (cause === undefined) return manifest.tasks[task].forEach((run) => void finish(manifest, run));
      causes.delete(task);
      writeFileSync(join(slurmFiles(out).logs, `${100 + submission}_${task}.log`), log(cause));
      writeFileSync(slurmFiles(out).interruption(task), '');
    });
    let isCancelling = true;
    const { failures } = await watchSweep({ ...watching, manifest, scheduler });
    isCancelling = false;
    expect(submissions.filter(({ tasks }) => tasks.includes(0))).toHaveLength(1);
    expect(submissions.at(-1)!.tasks).toEqual([1]);
    const told = [...new Set(failures.map(({ error }) => error))];
    expect(told).toEqual([
      expect.stringMatching(
        /^Task 0 was cancelled while it ran\. The end of its log.*CANCELLED AT 2026-01-01T00:00:00 \*\*\*/s,
      ),
      'Task 2 has ended without a result. It has left no log: somebody may have cancelled it before it began.',
    ]);
    // All of it goes on when that is asked for.
    expect((await watchSweep({ ...watching, manifest, scheduler, retry: true })).failures).toEqual([]);
  });

  it('without what a former plan has left, whose numbers are of other runs', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    const { scheduler } = fakeScheduler((task) => {
      for (const run of manifest.tasks[task]) finish(manifest, run);
    });
    await writeManifest(manifest, scheduler);
    const failure = JSON.stringify({ ...manifest.runs[0].key, error: 'of before' });
    for (const run of manifest.tasks[1]) writeFileSync(slurmFiles(out).failure(run), failure);
    await writeManifest({ ...manifest, plan: 'another' }, scheduler);
    const { runs, failures } = await watchSweep({ ...watching, manifest, scheduler });
    expect([runs.length, failures]).toEqual([manifest.runs.length, []]);
  });

  it('without a task that was requeued, and cancelled before it went on', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    let looks = 0;
    const { scheduler, submissions } = fakeScheduler((task) => {
      if (task === 1) return writeFileSync(slurmFiles(out).interruption(task), '');
      for (const run of manifest.tasks[task]) finish(manifest, run);
    });
    const requeued = { job: '101', index: 1, state: 'PENDING' };
    const queue = async () => (submissions.length > 0 && looks++ < 3 ? [requeued] : []);
    const { failures } = await watchSweep({ ...watching, manifest, scheduler: { ...scheduler, queue } });
    expect(failures.map(({ error }) => error)).toEqual(
      manifest.tasks[1].map(() => expect.stringContaining('Task 1 has ended without a result')),
    );
    expect(submissions.filter(({ tasks }) => tasks.includes(1))).toHaveLength(1);
  });

  it('by several commands, of which one submits and writes', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    const { scheduler, submissions } = fakeScheduler(() => {});
    let inQueue = true;
    const slow = {
      ...scheduler,
      queue: async () => (submissions.length > 0 && inQueue ? RUNNING : []),
    };
    const first = watchSweep({ ...watching, manifest, scheduler: slow });
    while (submissions.length < 3) await sleep(5);
    const notes: string[] = [];
    const seen: number[] = [];
    const observer = { results: ({ runs }: { readonly runs: readonly unknown[] }) => void seen.push(runs.length) };
    const second = watchSweep({
      ...{ ...watching, manifest, scheduler: slow, submits: false, observer },
      note: (text) => void notes.push(text),
    });
    while (seen.length === 0) await sleep(5);
    expect(notes).toEqual([
      `Another command (process ${process.pid} on ${hostname()}) follows this sweep and writes its results; this one shows them.`,
    ]);
    for (const index of manifest.runs.keys()) finish(manifest, index);
    inQueue = false;
    expect((await first).runs).toHaveLength(manifest.runs.length);
    expect((await second).runs).toHaveLength(manifest.runs.length);
    expect(submissions).toHaveLength(3);
    expect(existsSync(join(slurmFiles(out).folder, 'watch.lease'))).toBe(false);
  });

  it('by the one that took it over, when the other wakes up', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    const { scheduler } = fakeScheduler(() => {});
    const first = watchSweep({ ...watching, manifest, scheduler: { ...scheduler, queue: async () => RUNNING } });
    const lease = join(slurmFiles(out).folder, 'watch.lease');
    while (!existsSync(join(lease, '1', 'beat'))) await sleep(5);
    mkdirSync(join(lease, '2'));
    await expect(first).rejects.toThrow('has taken over');
    // What the other has is there still.
    expect(existsSync(join(lease, '2'))).toBe(true);
  });

  it('and submits nothing before the queue answers, where something may be in it', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    const { scheduler, submissions } = fakeScheduler(() => {});
    await submitTasks(manifest, [...manifest.tasks.keys()], scheduler);
    const before = submissions.length;
    let looks = 0;
    const queue = async () => {
      if (looks++ < 3) return undefined;
      if (looks === 6) for (const index of manifest.runs.keys()) finish(manifest, index);
      return looks < 7 ? RUNNING : [];
    };
    const { runs } = await watchSweep({ ...watching, manifest, scheduler: { ...scheduler, queue } });
    expect(runs).toHaveLength(manifest.runs.length);
    expect(submissions).toHaveLength(before);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('until it is told to end, which cancels its jobs (%s) or not', async (cancels, count) => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    const { scheduler, submissions } = fakeScheduler(() => {});
    const ending = new AbortController();
    let cancelled = 0;
    const fake: Scheduler = {
      ...scheduler,
      queue: async () => (submissions.length > 0 && cancelled === 0 ? RUNNING : []),
      async cancel() {
        cancelled++;
      },
    };
    const watched = watchSweep({
      ...watching,
      manifest,
      scheduler: fake,
      signal: ending.signal,
      cancels: () => cancels,
    });
    while (submissions.length < 3) await sleep(5);
    ending.abort(new Error('enough'));
    await expect(watched).rejects.toThrow('enough');
    expect(cancelled).toBe(count);
    // Jobs that go on are known to the next command.
    expect(await readJobs(out)).toHaveLength(cancels ? 0 : 3);
  });

  it('without submitting, and ends where nothing is in the queue', async () => {
    const out = temporaryFolder({});
    const manifest = manifestIn(out);
    await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
    const { scheduler, submissions } = fakeScheduler(() => {});
    finish(manifest, 0);
    const { runs, failures } = await watchSweep({ ...watching, manifest, scheduler, submits: false });
    expect([runs.length, failures.length, submissions.length]).toEqual([1, 0, 0]);
  });
});

it('is followed to its end where there is no queue to ask', async () => {
  const out = temporaryFolder({});
  const manifest = manifestIn(out);
  const { scheduler } = fakeScheduler(() => {});
  const away: Scheduler = { ...scheduler, isHere: async () => false, queue: async () => undefined };
  await writeManifest(manifest, away);
  for (const index of manifest.runs.keys()) finish(manifest, index);
  const { runs } = await watchSweep({ ...watching, manifest, scheduler: away, submits: false });
  expect(runs).toHaveLength(manifest.runs.length);
});

it('a manifest is all that a process needs', async () => {
  const out = temporaryFolder({});
  const manifest = { ...manifestIn(out), requests: [{ method: 'snip' }] } as unknown as Manifest;
  const stored = JSON.parse(JSON.stringify(manifest)) as Manifest;
  expect(planOf(stored).runs.map(({ key }) => key)).toEqual(manifest.runs.map(({ key }) => key));
  expect(resolveRun(stored, 3)).toMatchObject({
    key: manifest.runs[3].key,
    method: 'snip',
    timing: manifest.timing,
    out,
  });
  await writeManifest(manifest, fakeScheduler(() => {}).scheduler);
  const { scheduler } = fakeScheduler(() => {});
  expect(await submitTasks(manifest, [0, 2], scheduler)).toEqual(['101']);
  expect(await readJobs(out)).toEqual([{ id: '101', offset: 0, tasks: [0, 2] }]);
  rmSync(slurmFiles(out).folder, { recursive: true });
});
