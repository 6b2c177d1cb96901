/** Following a sweep on Slurm until all its results are there and its jobs have left the queue. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeJsonAtomic } from '../../files/atomic';
import type { SweepResults } from '../../protocol/sweep';
import type { SweepPlan } from '../expand';
import { createSweepResults } from '../results';
import { type SweepObserver, writeResults } from '../sweep';
import type { QueuedTask, Scheduler } from './commands';
import { slurmFiles } from './files';
import { type Holding, holdLease } from './holding';
import { planOf } from './manifest';
import { type Found, findFailures, findInterrupted, findOutcomes, findProgress } from './state';
import { noteJobs, queuedTasks, readJobs, submitTasks } from './submit';
import type { Manifest } from './types';

export interface WatchOptions {
  readonly manifest: Manifest;
  readonly scheduler: Scheduler;
  readonly signal: AbortSignal;
  readonly observer: SweepObserver;
  note(text: string): void;
  /** Submit tasks that have not been submitted, or were interrupted. Else it is looked on where another command follows the sweep. */
  readonly submits: boolean;
  /** Whether an abort cancels the jobs. */
  cancels(): boolean;
  /** Submit tasks again whose runs have failed, or that have ended without a result. */
  readonly retry: boolean;
  /** Milliseconds between two looks; 5000 by default. */
  readonly poll?: number;
}

/** Watchers of files do not see what other hosts write, so files are looked at. */
const POLL = 5000;
/** Looks without a task in the queue after which it has ended: its last files may show up later on another host. */
const ABSENT = 3;
/** Submissions of a task beside the first. */
const MOST_RETRIES = 3;
/** Lines of a log that are told. */
const LAST_LINES = 10;
/** More runs than this, and the files of results are written less often than after each look. */
const MANY = 2000;
const RESULTS_INTERVAL = 60_000;

interface Watching extends WatchOptions {
  readonly plan: SweepPlan;
  readonly found: Found;
  /** Looks in a row that a task was not in the queue. */
  readonly absent: Map<number, number>;
  readonly retries: Map<number, number>;
  readonly started: Set<number>;
  readonly holding: Holding;
  /** Whether there is a queue to look at. */
  readonly hasQueue: boolean;
}

function resultsOf({ manifest, plan, found }: Watching): SweepResults {
  const inOrder = <T>(map: ReadonlyMap<number, T>) => plan.runs.flatMap((_, index) => map.get(index) ?? []);
  return createSweepResults({
    plan,
    networks: new Map(manifest.networks.map((network) => [network.label, network])),
    backend: manifest.backend,
    device: `Slurm, ${manifest.threads} thread${manifest.threads === 1 ? '' : 's'} a run`,
    runs: inOrder(found.outcomes),
    failures: inOrder(found.failures),
  });
}

/** Runs of a task of which nothing is known. */
function openRuns({ manifest, found }: Watching, task: number): number[] {
  return manifest.tasks[task].filter((run) => !found.outcomes.has(run) && !found.failures.has(run));
}

function openTasks(watching: Watching): number[] {
  return watching.manifest.tasks.flatMap((_, task) => (openRuns(watching, task).length > 0 ? [task] : []));
}

/** Looks at the files of results, and tells what is new. @returns whether something is. */
async function look(watching: Watching): Promise<boolean> {
  const { manifest, plan, found, observer, started } = watching;
  const outcomes = await findOutcomes(manifest, found);
  for (const index of outcomes) {
    found.failures.delete(index);
    observer.finished?.(plan.runs[index], found.outcomes.get(index)!);
  }
  const failures = await findFailures(manifest, found);
  for (const index of failures) observer.failed?.(plan.runs[index], found.failures.get(index)!.error);
  for (const { host, runs } of await findProgress(manifest)) {
    for (const [name, progress] of Object.entries(runs)) {
      const index = Number(name);
      if (found.outcomes.has(index) || found.failures.has(index)) continue;
      if (!started.has(index)) observer.started?.(plan.runs[index], host);
      started.add(index);
      observer.progress?.(plan.runs[index], progress);
    }
  }
  return outcomes.length + failures.length > 0;
}

/** The end of the log of a task's last job; undefined where it was not submitted here. */
async function lastLines({ out }: Manifest, task: number) {
  const job = (await readJobs(out)).findLast(({ tasks }) => tasks.includes(task));
  if (!job) return undefined;
  const path = join(slurmFiles(out).logs, `${job.id}_${task - job.offset}.log`);
  const text = await readFile(path, 'utf8').catch(() => '');
  return { path, lines: text.trimEnd().split('\n').slice(-LAST_LINES) };
}

/** What Slurm writes to the log of a job that somebody has cancelled; where a time limit or a preemption has, it tells that. */
const CANCELLED = /\*\*\* JOB \d+ ON \S+ CANCELLED AT \S+ \*\*\*/;

/** Whether somebody has cancelled the last job of a task while it ran. */
async function isCancelled(manifest: Manifest, task: number): Promise<boolean> {
  return (await lastLines(manifest, task))?.lines.some((line) => CANCELLED.test(line)) ?? false;
}

/** Says of the runs of a task that it has ended without them. */
async function giveUp({ manifest }: Watching, task: number, runs: readonly number[]): Promise<void> {
  const end = await lastLines(manifest, task);
  const said = end?.lines.some((line) => line !== '')
    ? ` The end of its log ${end.path}:\n${end.lines.map((line) => `  ${line}`).join('\n')}`
    : ' It has left no log: somebody may have cancelled it before it began.';
  const what = (await isCancelled(manifest, task)) ? 'was cancelled while it ran' : 'has ended without a result';
  const error = `Task ${task} ${what}.${said}`;
  for (const run of runs) {
    await writeJsonAtomic(slurmFiles(manifest.out).failure(run), { ...manifest.runs[run].key, error });
  }
}

/** Submits tasks again that have left the queue although they have something to do, or gives them up where nobody else does. */
async function settle(
  watching: Watching,
  queue: readonly QueuedTask[],
  interrupted: ReadonlySet<number>,
): Promise<void> {
  const { manifest, scheduler, absent, retries, submits, retry, holding } = watching;
  if (holding.who() === 'this') await noteJobs(manifest.out, queue);
  const queued = await queuedTasks(manifest.out, queue);
  // Slurm starts those again by itself; where somebody cancels them before, they are not to go on.
  for (const task of interrupted) {
    if (queued.get(task)?.state === 'PENDING') await rm(slurmFiles(manifest.out).interruption(task), { force: true });
  }
  // A script that was only written may be submitted by hand, at any time.
  const submitted = new Set((await readJobs(manifest.out)).flatMap(({ tasks }) => tasks));
  const again: number[] = [];
  for (const task of openTasks(watching)) {
    const looks = queued.has(task) ? 0 : (absent.get(task) ?? 0) + 1;
    absent.set(task, looks);
    if (looks < ABSENT) continue;
    const tried = retries.get(task) ?? 0;
    const goesOn = interrupted.has(task) && !(await isCancelled(manifest, task));
    if (submits && (goesOn || (retry && tried < MOST_RETRIES))) {
      if (!goesOn) retries.set(task, tried + 1);
      absent.set(task, 0);
      again.push(task);
    } else if (!goesOn && submitted.has(task) && holding.who() === 'this')
      await giveUp(watching, task, openRuns(watching, task));
  }
  if (again.length > 0) await submitTasks(manifest, again, scheduler, queued);
}

/** The queue to begin with: where something was submitted, it is waited for, since all of it would be submitted twice. */
async function firstQueue({ manifest, scheduler, hasQueue, signal, note, poll = POLL }: Watching) {
  for (let looks = 0; ; looks++) {
    const queue = await scheduler.queue(manifest.name);
    if (queue || !hasQueue || (await readJobs(manifest.out)).length === 0) return queue ?? [];
    if (looks === 0) note('squeue does not answer; nothing is submitted before it does.');
    await sleep(poll, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Tasks to begin with: those that have something to do and are not in the queue. */
async function begin(watching: Watching): Promise<void> {
  const { manifest, found, scheduler, submits, retry, note } = watching;
  await findOutcomes(manifest, found);
  if (retry) {
    await findFailures(manifest, found);
    for (const run of found.failures.keys()) await rm(slurmFiles(manifest.out).failure(run), { force: true });
    found.failures.clear();
  }
  await findFailures(manifest, found);
  watching.observer.planned?.(watching.plan, [...found.outcomes.values()]);
  for (const [index, { error }] of found.failures) watching.observer.failed?.(watching.plan.runs[index], error);
  if (!submits) return;
  const queue = await firstQueue(watching);
  await noteJobs(manifest.out, queue);
  const queued = await queuedTasks(manifest.out, queue);
  const wanted = openTasks(watching).filter((task) => !queued.has(task));
  if (wanted.length === 0) return;
  const jobs = await submitTasks(manifest, wanted, scheduler, queued);
  const [tasks, arrays] = [
    `${wanted.length} task${wanted.length === 1 ? '' : 's'}`,
    jobs.length === 1 ? 'job' : 'jobs',
  ];
  note(`Submitted ${tasks} as ${manifest.name} (${arrays} ${jobs.join(', ')}).`);
}

/** Cancels the jobs and waits until they have left the queue. */
async function cancel({ manifest, scheduler, note }: Watching): Promise<void> {
  note(`Cancelling the jobs ${manifest.name}.`);
  await scheduler.cancel(manifest.name);
  await rm(slurmFiles(manifest.out).jobs, { force: true });
  while ((await scheduler.queue(manifest.name))?.length !== 0) await sleep(1000);
}

/** Whether nothing is left to wait for. */
async function isOver(watching: Watching, queue: readonly QueuedTask[] | undefined): Promise<boolean> {
  const { manifest, submits, absent, hasQueue, holding } = watching;
  if (queue !== undefined && queue.length > 0) return false;
  const open = openTasks(watching);
  // Of jobs that were not submitted here, the results are enough.
  if (open.length === 0) return queue !== undefined || !hasQueue || (await readJobs(manifest.out)).length === 0;
  // Where nothing is submitted, tasks that were interrupted and are not in the queue stay open; another command may submit them anew.
  const isAlone = !submits && holding.who() !== 'another';
  return queue !== undefined && isAlone && open.every((task) => (absent.get(task) ?? 0) >= ABSENT);
}

async function follow(watching: Watching): Promise<SweepResults> {
  const { manifest, scheduler, signal, observer, note, plan, found, holding, poll = POLL } = watching;
  let written = Number.NEGATIVE_INFINITY;
  const write = async () => {
    const results = resultsOf(watching);
    const networks = new Map(manifest.networks.map((one) => [one.label, one]));
    if (holding.who() === 'this') await writeResults(plan, networks, results);
    observer.results?.(results);
    written = performance.now();
    return results;
  };
  await begin(watching);
  await write();
  let isSilent = false;
  let isStale = false;
  for (;;) {
    isStale = (await look(watching)) || isStale;
    // First these: one that waits in the queue afterwards was requeued.
    const interrupted = await findInterrupted(manifest);
    const queue = await scheduler.queue(manifest.name);
    if (queue === undefined && !isSilent) note('squeue does not answer; the files of results are followed meanwhile.');
    isSilent = queue === undefined;
    if (queue) await settle(watching, queue, interrupted);
    if (await isOver(watching, queue)) {
      await look(watching);
      return write();
    }
    if (isStale && (found.outcomes.size < MANY || performance.now() - written > RESULTS_INTERVAL)) {
      await write();
      isStale = false;
    }
    signal.throwIfAborted();
    await sleep(poll, undefined, { signal }).catch(() => {});
  }
}

/**
 * Submits what is to be submitted and follows the sweep to its end.
 *
 * @throws the signal's reason when it is interrupted, with what was finished kept; UserError where nothing can be submitted.
 */
export async function watchSweep(options: WatchOptions): Promise<SweepResults> {
  const { manifest, signal, submits, note } = options;
  const path = join(slurmFiles(manifest.out).folder, 'watch.lease');
  const holding = await holdLease(path, { timing: manifest.timing, signal, waits: submits, note });
  const watching: Watching = {
    ...options,
    plan: planOf(manifest),
    found: { outcomes: new Map(), failures: new Map() },
    absent: new Map(),
    retries: new Map(),
    started: new Set(),
    hasQueue: await options.scheduler.isHere(),
    holding,
  };
  try {
    return await follow({ ...watching, signal: AbortSignal.any([signal, holding.signal]) });
  } catch (error) {
    if (signal.aborted && options.cancels()) await cancel(watching);
    throw error;
  } finally {
    await holding.end();
  }
}
