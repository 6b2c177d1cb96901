/** Submitting tasks of a manifest, and what was submitted. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { writeFileAtomic, writeJsonAtomic } from '../../files/atomic';
import { errorCode, fileFailure } from '../../files/failures';
import type { QueuedTask, Scheduler } from './commands';
import { slurmFiles } from './files';
import { arraysOf, formatIndices } from './pack';
import { batchScript } from './script';
import type { Manifest, SubmittedJob } from './types';

/** What was submitted, oldest first. */
export async function readJobs(out: string): Promise<readonly SubmittedJob[]> {
  const path = slurmFiles(out).jobs;
  const text = await readFile(path, 'utf8').catch((error) => {
    if (errorCode(error) === 'ENOENT') return '[]';
    throw fileFailure(error, 'read', path);
  });
  return JSON.parse(text) as readonly SubmittedJob[];
}

/** Tasks in the queue, by their numbers. */
export async function queuedTasks(out: string, queue: readonly QueuedTask[]): Promise<ReadonlyMap<number, QueuedTask>> {
  const offsets = new Map((await readJobs(out)).map(({ id, offset }) => [id, offset]));
  // Of a job that was submitted by hand, or right before the command was killed, Slurm knows it.
  return new Map(queue.map((one) => [(offsets.get(one.job) ?? one.offset ?? 0) + one.index, one]));
}

/** Takes note of jobs in the queue that somebody else has submitted, with the batch script. */
export async function noteJobs(out: string, queue: readonly QueuedTask[]): Promise<void> {
  const jobs = await readJobs(out);
  const known = new Set(jobs.map(({ id }) => id));
  const others = queue.filter(({ job }) => !known.has(job));
  if (others.length === 0) return;
  const found = Array.from(new Set(others.map(({ job }) => job)), (id): SubmittedJob => {
    const own = others.filter(({ job }) => job === id);
    const offset = own[0].offset ?? 0;
    return { id, offset, tasks: own.map(({ index }) => offset + index) };
  });
  await writeJsonAtomic(slurmFiles(out).jobs, [...jobs, ...found]);
}

/** Writes manifest, batch script and the folders that tasks write to. */
export async function writeManifest(manifest: Manifest, scheduler: Scheduler): Promise<void> {
  const files = slurmFiles(manifest.out);
  try {
    // Those of a former plan are about other runs and tasks, whose numbers they have.
    for (const path of [files.jobs, files.failures, files.running, files.interrupted]) {
      await rm(path, { recursive: true, force: true });
    }
    for (const folder of [files.logs, files.failures, files.running, files.interrupted, manifest.runsFolder]) {
      await mkdir(folder, { recursive: true });
    }
  } catch (error) {
    throw fileFailure(error, 'write', files.folder);
  }
  await writeFileAtomic(files.manifest, `${JSON.stringify(manifest)}\n`);
  await writeFileAtomic(files.script, batchScript(manifest, await scheduler.longestArray()));
}

/**
 * Submits tasks: those of a stage as one array, or several where one cannot be so long; those of the second stage wait for the first.
 *
 * @param wanted Numbers of tasks, ascending.
 * @param queued Tasks in the queue, by their numbers.
 * @returns the numbers of the jobs.
 * @throws UserError with what sbatch says.
 */
export async function submitTasks(
  manifest: Manifest,
  wanted: readonly number[],
  scheduler: Scheduler,
  queued: ReadonlyMap<number, QueuedTask> = new Map(),
): Promise<readonly string[]> {
  const { out, stages, options } = manifest;
  const files = slurmFiles(out);
  const longest = await scheduler.longestArray();
  const limit = options.arrayLimit === undefined ? '' : `%${options.arrayLimit}`;
  const all: string[] = [];
  let before: string[] = [];
  for (const stage of stages) {
    const submitted: string[] = [];
    for (const { first, count } of arraysOf(stage, longest)) {
      const tasks = wanted.filter((task) => task >= first && task < first + count);
      if (tasks.length === 0) continue;
      for (const task of tasks) await rm(files.interruption(task), { force: true });
      const indices = formatIndices(tasks.map((task) => task - first));
      const after = before.length === 0 ? [] : [`--dependency=afterany:${before.join(':')}`];
      const id = await scheduler.submit([`--array=${indices}${limit}`, ...after], files.script, first);
      submitted.push(id);
      // At once: where the command is killed now, the next one knows of it.
      await writeJsonAtomic(files.jobs, [...(await readJobs(out)), { id, offset: first, tasks }]);
    }
    all.push(...submitted);
    const there = [...queued].filter(([task]) => task >= stage.first && task < stage.first + stage.count);
    before = [...new Set([...there.map(([, { job }]) => job), ...submitted])];
  }
  return all;
}
