/** A sweep on a real Slurm of one node: packed, interrupted, requeued, left alone and picked up, with the results of a local one. */
import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { prunelens, temporaryFolder } from '../support/command';
import { csvOf } from '../support/csv';
import { whyNoSlurm } from '../support/slurm';
import { TINY_CLASSIFIER } from '../support/tinyModels';

const reason = whyNoSlurm();
const folder = temporaryFolder();
const at = (...names: string[]) => join(folder, ...names);
const call = async (command: string, ...args: string[]) => (await promisify(execFile)(command, args)).stdout;

/** Two seeds of the dense network, three methods and two kinds of tickets, which begin with the dense network; those of `rewind-epoch` 99 fail. */
const RUNS = 2 * (1 + 2 * 3 + 2 * 2);
const FAILING = 4;

writeFileSync(at('model.json'), TINY_CLASSIFIER);
writeFileSync(
  at('sweep.yaml'),
  `models: [model.json]
data: noise
methods: [random, snip, magnitude, lottery-ticket]
sparsities: [0.5, 0.9]
seeds: 2
backend: reference
run-on: { scheduler: local, pack: 3 }
settings: { epochs: 8, batch-size: 16, rewind-epoch: [1, 99] }
`,
);

/** Folder of the sweep on Slurm, which shell and sbatch have to be told rightly. */
const CLUSTER = `cluster, 50% "of" it's $HOME ü`;

const sweep = (out: string, args: readonly string[], onStderr?: (text: string, child: ChildProcess) => void) =>
  prunelens(['sweep', at('sweep.yaml'), '--out', at(out), ...args], {
    env: { PRUNELENS_THREADS: '1' },
    ...(onStderr && { onStderr }),
  });

/** The number of the job that does a task, once its log says that it has begun. */
async function begunJob(out: string): Promise<string> {
  for (;;) {
    const folder = at(out, 'slurm', 'logs');
    const logs = existsSync(folder) ? readdirSync(folder) : [];
    const begun = logs.find((name) => readFileSync(join(folder, name), 'utf8').includes('are to be done'));
    if (begun) return begun.replace('.log', '');
    await sleep(200);
  }
}

/** Slurm lets a requeued task wait for two minutes: here it waits a second or two, which its node needs to be done with it. */
function hurryRequeued(): () => void {
  let waiting: readonly string[] = [];
  const timer = setInterval(async () => {
    const pending = await call('squeue', '--array', '--noheader', '--states', 'PENDING', '--format', '%F_%K %r').catch(
      () => '',
    );
    const before = waiting;
    waiting = Array.from(pending.matchAll(/^(\S+) BeginTime$/gm), ([, task]) => task);
    for (const task of waiting.filter((one) => before.includes(one))) {
      await call('scontrol', 'update', `JobId=${task}`, 'StartTime=now').catch(() => '');
    }
  }, 2000);
  return () => clearInterval(timer);
}

async function restartController(): Promise<void> {
  process.kill(Number(readFileSync('/run/slurm/slurmctld.pid', 'utf8')), 'SIGTERM');
  await sleep(3000);
  await call('slurmctld');
}

describe.skipIf(reason !== undefined)(
  `a sweep on Slurm${reason === undefined ? '' : `, left out because ${reason}`}`,
  () => {
    it('has the results of a local one, whatever happens to its tasks and to the command', {
      timeout: 600_000,
    }, async () => {
      onTestFinished(() => call('scancel', '--user', userInfo().username).then(() => {}));
      onTestFinished(hurryRequeued());
      const local = await sweep('local', []);
      expect([local.code, local.stderr]).toEqual([1, expect.stringContaining(`${FAILING} of ${RUNS} runs failed`)]);

      const begun = sweep(CLUSTER, ['--on', 'slurm'], (text, child) => {
        // A busy machine may tell of several runs at once.
        if (/\[[1-9]\d*\//.test(text)) child.kill('SIGKILL');
      });
      await sleep(3000);
      const interrupted = await begunJob(CLUSTER);
      // It tries again until the task is there, so that it may signal it once more when it has been requeued and has hardly begun.
      const signalled = call('scancel', '--signal=USR1', '--batch', interrupted).catch(() => '');
      expect((await begun).code).toBeNull();
      await restartController();
      const { code, stdout, stderr } = await prunelens(['sweep', 'status', at(CLUSTER), '--json']);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`${FAILING} of ${RUNS} runs failed`)]);
      expect(stderr).toContain('cannot be rewound to epoch 99 of 8');
      expect(JSON.parse(stdout).runs).toHaveLength(RUNS - FAILING);
      expect(readFileSync(at(CLUSTER, 'slurm', 'logs', `${interrupted}.log`), 'utf8')).toContain('JOB REQUEUE');

      expect(csvOf(at(CLUSTER, 'results.csv'))).toEqual(csvOf(at('local', 'results.csv')));
      const names = (out: string) => readdirSync(at(out, 'runs', 'model')).filter((name) => /-[0-9a-f]{8}$/.test(name));
      expect(names(CLUSTER).sort()).toEqual(names('local').sort());
      expect(readdirSync(at(CLUSTER, 'runs', 'model')).filter((name) => name.endsWith('.lease'))).toEqual([]);
      await signalled;
      expect(await call('squeue', '--noheader')).toBe('');
      expect(await call('ps', '-eo', 'args')).not.toContain(`sweep task ${at(CLUSTER)}`);
    });
  },
);
