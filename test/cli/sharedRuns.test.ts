/**
 * Runs in a shared folder: processes over the same runs, killed at random and paused at random, as hosts are. `SHARED_RUNS=500` makes it as
 * long as a study is. `SHARED_FOLDERS=/mnt/a:/mnt/b` names two views of one folder, each with a cache of its own, which the processes take by
 * turns: test/support/two-hosts.sh makes them.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { finishedRun } from '../../server/comparison/run';
import type { RunOutcome } from '../../server/protocol/comparison';
import { expandSweep, type SweepRun } from '../../server/sweep/expand';
import type { FromJob, ResolvedRun, ToJob } from '../../server/sweep/messages';
import { prepareSweep } from '../../server/sweep/session';
import { placedRun } from '../../server/sweep/sweep';
import { watchLeases } from '../support/leaseWatch';
import { temporaryFolder } from '../support/models';
import { TINY_CLASSIFIER } from '../support/tinyModels';

const JOB = join(import.meta.dirname, '../../dist/job.js');
const PROCESSES = 8;
const RUNS = Number(process.env.SHARED_RUNS ?? 12);
const METHODS = ['random', 'magnitude', 'lottery-ticket'];
const VIEWS = process.env.SHARED_FOLDERS?.split(delimiter);
/** A process that is silent for half a second is dead to the others; behind caches, which show a sign of life late, for ten seconds. */
const timing = VIEWS ? { heartbeat: 1000, patience: 10 } : { heartbeat: 50, patience: 10 };
const SILENCE = timing.heartbeat * timing.patience;
const { signal } = new AbortController();

/** Runs that last long enough to be met while they train; of many, some are. */
const EXAMPLES = RUNS > 100 ? 64 : 1024;
/** Of many short runs more are to be disturbed. */
const PACE = RUNS > 100 ? 0.3 : 1;
const files = { 'model.json': TINY_CLASSIFIER, 'prunelens.json': `{ "data": "noise:4:3:${EXAMPLES}" }` };

async function planIn(folder: string, name: string) {
  const file = { models: ['model.json'], methods: METHODS, sparsities: [0.5], seeds: RUNS / (METHODS.length + 1) };
  const out = join(folder, name);
  const settings = { epochs: 6, 'batch-size': 16, 'rewind-epoch': 1, 'pruning-rate': 0.4 };
  const plan = expandSweep({ ...file, settings }, { folder, name, out });
  expect(plan.runs).toHaveLength(RUNS);
  return { plan, sweep: await prepareSweep(plan, signal) };
}

/** Does all runs in some order, in a process that may be killed; one of which a run fails ends, and `failures` has why. */
function startProcess(
  runs: readonly ResolvedRun[],
  failures: string[],
): { readonly child: ChildProcess; readonly ended: Promise<void> } {
  const child = fork(JOB, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const left = runs.toSorted(() => Math.random() - 0.5);
  const send = (message: ToJob) => child.connected && child.send(message, () => {});
  const next = () => {
    const run = left.pop();
    if (run) send({ kind: 'run', run });
    else if (child.connected) child.disconnect();
  };
  child.on('message', (answer: FromJob) => {
    if (answer.kind === 'failed') {
      failures.push(answer.error);
      child.kill('SIGKILL');
    }
    if (answer.kind === 'ready' || answer.kind === 'finished') next();
  });
  send({ kind: 'open', asked: { backend: 'reference' } });
  return { child, ended: new Promise((resolve) => child.on('exit', () => resolve())) };
}

/** Milliseconds at which a process was paused last, and at which it went on. */
interface Rest {
  start: number;
  end?: number;
}

/** A process that was seen late was silent for less than it takes to count as dead: by a beat, and by what a cache is behind. */
const LONG_REST = 0.6 * SILENCE;

/** Whether a process has ended, or was paused until now, or until a short time ago, for so long that others may take its lease. */
function isAway(children: ReadonlyMap<number, ChildProcess>, rests: ReadonlyMap<number, Rest>, pid: number): boolean {
  const child = children.get(pid);
  if (!child || child.exitCode !== null || child.signalCode !== null) return true;
  const rest = rests.get(pid);
  if (!rest) return false;
  const now = performance.now();
  return (rest.end ?? now) - rest.start >= LONG_REST && now - (rest.end ?? now) < SILENCE;
}

/** Kills and pauses processes until all runs are done; those that were killed are replaced. Each has the runs of one of the views. */
async function disturb(
  views: readonly (readonly ResolvedRun[])[],
  isDone: () => Promise<boolean>,
  folder: string,
  failures: string[],
) {
  const children = new Map<number, ChildProcess>();
  const rests = new Map<number, Rest>();
  const start = (index: number) => {
    const started = startProcess(views[index % views.length], failures);
    children.set(started.child.pid!, started.child);
    return started;
  };
  const isPaused = ({ pid }: ChildProcess) => rests.has(pid!) && rests.get(pid!)!.end === undefined;
  const leases = watchLeases(folder, (pid) => isAway(children, rests, pid));
  const processes = Array.from({ length: PROCESSES }, (_, index) => start(index));
  let [kills, pauses] = [0, 0];
  while (failures.length === 0 && !(await isDone())) {
    await sleep(PACE * SILENCE * (0.3 + 0.7 * Math.random()));
    const index = Math.floor(Math.random() * PROCESSES);
    const { child } = processes[index];
    if (child.exitCode !== null || child.signalCode !== null) {
      processes[index] = start(index);
    } else if (Math.random() < 0.25) {
      child.kill('SIGKILL');
      kills++;
      processes[index] = start(index);
    } else if (!isPaused(child)) {
      // Some wake up before they are given up, some long after.
      child.kill('SIGSTOP');
      pauses++;
      const rest: Rest = { start: performance.now() };
      rests.set(child.pid!, rest);
      setTimeout(
        () => {
          rest.end = performance.now();
          child.kill('SIGCONT');
        },
        SILENCE * (0.2 + 3.8 * Math.random()),
      );
    }
  }
  leases.stop();
  for (const { child } of processes) child.kill('SIGCONT');
  await Promise.all(processes.map(({ ended }) => ended));
  return { kills, pauses, takeovers: leases.takeovers(), stolen: leases.stolen() };
}

type Planned = Awaited<ReturnType<typeof planIn>>;

const finishedOf = ({ sweep }: Planned, run: SweepRun) => finishedRun(placedRun(sweep, run, { backend: 'reference' }));

/** Does all runs in processes that nothing disturbs. What runs of a seed share, one process has. */
async function doAlone({ plan, sweep }: Planned): Promise<void> {
  const failures: string[] = [];
  const processes = Array.from({ length: PROCESSES }, (_, index) => {
    const own = plan.runs.filter(({ key }) => key.seed % PROCESSES === index);
    return startProcess(
      own.map((run) => sweep.resolve(run)),
      failures,
    ).ended;
  });
  await Promise.all(processes);
  expect(failures).toEqual([]);
}

/** Tells whether all runs are done; those that were are not looked at again. */
function doneIn(planned: Planned): () => Promise<boolean> {
  const left = [...planned.plan.runs];
  return async () => {
    while (left.length > 0 && (await finishedOf(planned, left.at(-1)!))) left.pop();
    return left.length === 0;
  };
}

/** The runs of the shared sweep in each of the views: one where none are named. */
async function sharedIn(folder: string): Promise<readonly Planned[]> {
  if (!VIEWS) return [await planIn(folder, 'shared')];
  // They show one folder.
  for (const [name, content] of Object.entries(files)) writeFileSync(join(VIEWS[0], name), content);
  return Promise.all(VIEWS.map((view) => planIn(view, 'shared')));
}

/** What a run has come to, whoever did it, from whichever view of the folder, and however long it took. */
const resultOf = (outcome: RunOutcome | undefined) =>
  JSON.parse(JSON.stringify(outcome, (key, value) => (key === 'seconds' || key === 'file' ? undefined : value)));

it(
  'have one result each, whoever did them and however often it was interrupted',
  async () => {
    const folder = temporaryFolder(files);
    const alone = await planIn(folder, 'alone');
    await doAlone(alone);
    const outcomesOf = async (planned: Planned) =>
      (await Promise.all(planned.plan.runs.map((run) => finishedOf(planned, run)))) as RunOutcome[];
    const expected = await outcomesOf(alone);

    const views = await sharedIn(folder);
    const [shared] = views;
    const runsOf = ({ plan, sweep }: Planned) =>
      plan.runs.map((run): ResolvedRun => ({ ...sweep.resolve(run), timing }));
    const place = join(shared.plan.out, 'runs', 'model');
    const failures: string[] = [];
    const { kills, pauses, takeovers, stolen } = await disturb(views.map(runsOf), doneIn(shared), place, failures);
    expect(failures).toEqual([]);
    expect(Math.min(kills, pauses)).toBeGreaterThan(0);
    if (RUNS > 100) console.log(`${RUNS} runs, ${kills} kills, ${pauses} pauses, ${takeovers} leases taken over`);
    // A busy machine may keep a process from its heartbeat for half a second, not for ten.
    if (VIEWS) expect(stolen).toEqual([]);

    const outcomes = await outcomesOf(shared);
    expect(outcomes.map(resultOf)).toEqual(expected.map(resultOf));
    const metrics = ({ plan: { out } }: Planned, { folder: run }: RunOutcome) =>
      readFileSync(join(out, run, 'metrics.jsonl'), 'utf8');
    for (const [i, outcome] of outcomes.entries()) {
      expect(metrics(shared, outcome)).toBe(metrics(alone, expected[i]));
    }
    // One folder a run. A lease is left only by a process that was killed when its run was complete, and is of such a run.
    const names = readdirSync(place);
    const runs = names.filter((name) => /-[0-9a-f]{8}$/.test(name));
    expect(runs).toHaveLength(RUNS);
    const leased = names.filter((name) => name.endsWith('.lease')).map((name) => name.slice(0, -'.lease'.length));
    expect(leased.filter((name) => !runs.includes(name))).toEqual([]);
    expect(leased.length).toBeLessThan(PROCESSES);
  },
  Math.max(240_000, RUNS * 5000),
);
