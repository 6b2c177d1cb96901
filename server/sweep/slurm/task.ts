/** What one task of a job array does: its runs in turn, or some of them side by side, with what it tells of them. */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { readOutcome } from '../../comparison/outcome';
import { writeJsonAtomic } from '../../files/atomic';
import { formatError, UserError } from '../../protocol/errors';
import { slotsFor } from '../devices';
import { createJobProcess } from '../jobProcess';
import { type RunProgress, runQueue, type Worker } from '../queue';
import { describeRun } from '../results';
import { openRunner } from '../runner';
import { slurmFiles } from './files';
import { planOf, readManifest, resolveRun } from './manifest';
import { runsOfProcess } from './pack';
import type { Manifest } from './types';

/** Contents of a file in `running`: how far the runs under way are. */
export interface TaskProgress {
  readonly host: string;
  readonly runs: { readonly [run: number]: RunProgress };
}

/** Milliseconds between two reports. */
const REPORT = 5000;

/** Writes how far runs are, now and then. */
function createReporter(path: string, now: () => ReadonlyMap<number, RunProgress>) {
  let last: Promise<void> = Promise.resolve();
  const report = () => {
    const progress: TaskProgress = { host: hostname(), runs: Object.fromEntries(now()) };
    // Nobody needs it: the run itself tells where it cannot write.
    last = last.then(() => writeJsonAtomic(path, progress)).catch(() => {});
  };
  const timer = setInterval(report, REPORT);
  report();
  return async () => {
    clearInterval(timer);
    await last;
    await rm(path, { force: true });
  };
}

/** @throws UserError where the node computes in another way than all others. */
function checkComputed({ backend, computation }: Manifest, found: Pick<Manifest, 'backend' | 'computation'>): void {
  const describe = (one: Pick<Manifest, 'backend' | 'computation'>) =>
    [one.backend, ...(one.computation ? [one.computation.precision] : [])].join(' in ');
  if (describe({ backend, ...(computation && { computation }) }) === describe(found)) return;
  throw new UserError(
    `The sweep was planned for ${describe({ backend, ...(computation && { computation }) })}, and ${hostname()} computes by ${describe(found)}.`,
    { hint: 'Name backend, device and precision in the file of the sweep.' },
  );
}

async function openWorkers(
  manifest: Manifest,
  left: number,
  jobFile: string,
  signal: AbortSignal,
): Promise<readonly Worker[]> {
  const { asked, options, threads } = manifest;
  const plan = planOf(manifest);
  const resolve = (run: (typeof plan.runs)[number]) =>
    resolveRun(
      manifest,
      manifest.runs.findIndex(({ key }) => key === run.key),
    );
  const together = runsOfProcess(manifest);
  if (together === options.sideBySide) {
    const { computed, lanes, close } = await openRunner(asked, signal, Math.min(together, left));
    checkComputed(manifest, computed);
    return lanes.map((doRun, lane) => ({
      name: hostname(),
      run: (run, onProgress) => doRun(resolve(run), onProgress),
      close: async () => {
        if (lane === 0) await close();
      },
    }));
  }
  const slots = slotsFor(asked.backend, options.sideBySide, [], threads * options.sideBySide);
  return Promise.all(
    slots.map((slot) => createJobProcess({ program: jobFile, asked, resolve, slot, signal, onSpawn: async () => {} })),
  );
}

/**
 * Does the runs of a task that are not done yet. A run that fails is told in `failures` and left out.
 *
 * @param say Hears what becomes of the runs, for the log.
 * @returns how many have failed.
 * @throws the signal's reason where it is interrupted, with finished epochs kept and a note that it wants to go on.
 */
export async function runTask(
  path: string,
  task: number,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<number> {
  const manifest = await readManifest(path);
  const { out, runsFolder, folder, runs } = manifest;
  const files = slurmFiles(out);
  const numbers = manifest.tasks[task];
  if (!numbers) throw new UserError(`${path} has no task ${task}: it has ${manifest.tasks.length}.`);
  process.chdir(folder);
  await rm(files.interruption(task), { force: true });
  const left: number[] = [];
  for (const index of numbers) {
    await mkdir(dirname(join(runsFolder, runs[index].folder)), { recursive: true });
    if (!(await readOutcome(join(runsFolder, runs[index].folder), runs[index].hash))) left.push(index);
    await rm(files.failure(index), { force: true });
  }
  say(`Task ${task} on ${hostname()}: ${left.length} of ${numbers.length} runs are to be done.`);
  if (left.length === 0) return 0;
  const planned = planOf(manifest).runs;
  const indexOf = new Map(left.map((index) => [planned[index].key, index]));
  const now = new Map<number, RunProgress>();
  const endReports = createReporter(files.task(task), () => now);
  let failed = 0;
  try {
    const workers = await openWorkers(manifest, left.length, join(dirname(manifest.command), 'job.js'), signal);
    try {
      await runQueue({
        runs: left.map((index) => planned[index]),
        workers,
        signal,
        onStart({ key }) {
          now.set(indexOf.get(key)!, { fraction: 0, detail: '' });
        },
        onProgress({ key }, progress) {
          now.set(indexOf.get(key)!, progress);
        },
        async onFinish({ key }, { seconds }) {
          now.delete(indexOf.get(key)!);
          say(`${describeRun(key)}: done in ${seconds.toFixed(1)} s.`);
        },
        async onFail({ key }, error) {
          failed++;
          now.delete(indexOf.get(key)!);
          await writeJsonAtomic(files.failure(indexOf.get(key)!), { ...key, error });
          say(`${describeRun(key)}: failed. ${error}`);
        },
      });
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
    }
  } catch (error) {
    if (signal.aborted) await writeFile(files.interruption(task), '');
    else if (error instanceof UserError) {
      for (const index of left) {
        await writeJsonAtomic(files.failure(index), { ...runs[index].key, error: formatError(error) });
      }
    }
    throw error;
  } finally {
    await endReports();
  }
  return failed;
}
