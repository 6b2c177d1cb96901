/** `prunelens sweep`: models x data x methods x sparsities x seeds x settings, as a file says. */
import { basename, dirname, extname, join, resolve } from 'node:path';
import { checkFolder, openFolder } from '../../comparison/folder';
import { finishedRun } from '../../comparison/run';
import { openExecutor } from '../../executors/select';
import { writeFileAtomic, writeJsonAtomic } from '../../files/atomic';
import { checkUnlocked, type FolderLock, withFolderLock } from '../../files/lock';
import { formatPath } from '../../format';
import type { RunFailure, RunOutcome } from '../../protocol/comparison';
import { UserError, usageError } from '../../protocol/errors';
import type { SweepResults } from '../../protocol/sweep';
import { createReport } from '../../reports/comparison';
import { formatSweepCsv } from '../../sweep/csv';
import { slotsFor, visibleGpus } from '../../sweep/devices';
import { expandSweep, type SweepPlan, type SweepRun } from '../../sweep/expand';
import { createInProcessWorker } from '../../sweep/inProcess';
import { createJobProcess } from '../../sweep/jobProcess';
import { formatMarkdown } from '../../sweep/markdown';
import { runQueue, type Worker } from '../../sweep/queue';
import { readSweep } from '../../sweep/read';
import { createSweepResults, describeRun } from '../../sweep/results';
import { serveJobs } from '../../sweep/serveJobs';
import { prepareNetworks, type SweepNetworks } from '../../sweep/session';
import { formatSummary } from '../compare/summary';
import { note, print, printJson } from '../terminal/streams';
import { createDisplay } from './display';
import { describePlan, formatPlan } from './dryRun';

export interface SweepFlags {
  readonly out?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly jobs?: number;
  /** The backend that a job's process is to use: it is one, and does what the sweep tells it. */
  readonly jobBackend?: string;
}

async function readPlan(file: string, flags: SweepFlags): Promise<SweepPlan> {
  const out = flags.out ?? '';
  const folder = dirname(resolve(file));
  const name = basename(file, extname(file));
  return expandSweep(await readSweep(file), { folder, name, out, ...(flags.resume && { resume: true }) });
}

function backendOf(plan: SweepPlan, networks: SweepNetworks) {
  const [{ label, flags }] = plan.networks;
  return flags.backend ?? networks.get(label)!.model.settings.backend ?? 'auto';
}

/** A process that does jobs for the sweep that has started it. */
async function runJobs(plan: SweepPlan, backend: string, signal: AbortSignal): Promise<void> {
  const networks = await prepareNetworks(plan, signal);
  const executor = await openExecutor(backend as Parameters<typeof openExecutor>[0]);
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const worker = createInProcessWorker(executor, networks, stopped);
  await serveJobs(plan, worker, executor.device, stop, stopped);
}

interface Session {
  readonly file: string;
  readonly out: string;
  readonly flags: SweepFlags;
  readonly plan: SweepPlan;
  readonly networks: SweepNetworks;
  readonly lock: FolderLock;
  readonly signal: AbortSignal;
}

interface Workers {
  readonly workers: readonly Worker[];
  readonly backend: string;
  readonly device: string;
  close(): Promise<void>;
}

/** One worker in this process, or one process for each of several devices or jobs. */
async function openWorkers({ file, out, flags, plan, networks, lock, signal }: Session): Promise<Workers> {
  const executor = await openExecutor(backendOf(plan, networks), note);
  const { backend, device } = executor;
  const slots = slotsFor(backend, flags.jobs, visibleGpus());
  if (slots.length === 1) {
    const workers = [createInProcessWorker(executor, networks, signal)];
    return { workers, backend, device, close: () => executor.dispose() };
  }
  await executor.dispose();
  const args = ['sweep', file, '--out', out, '--job-backend', backend];
  const program = process.argv[1];
  const onSpawn = (pid: number) => lock.add(pid);
  const workers: (Worker & { readonly device: string })[] = [];
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.close()));
  };
  try {
    for (const slot of slots) workers.push(await createJobProcess({ program, args, slot, signal, onSpawn }));
  } catch (error) {
    await close();
    throw error;
  }
  const devices = [...new Set(workers.map((worker) => worker.device))];
  return { workers, backend, device: `${devices.join('; ')}, ${slots.length} jobs`, close };
}

/** Writes the results so far; each file is whole at any time. */
async function writeResults({ out, plan, networks }: Session, results: SweepResults): Promise<void> {
  const isLive = results.runs.length + results.failures.length < results.planned;
  await writeJsonAtomic(join(out, 'results.json'), results);
  await writeFileAtomic(join(out, 'results.csv'), formatSweepCsv(plan, networks, results.runs));
  await writeFileAtomic(join(out, 'tables.md'), formatMarkdown(results));
  await writeFileAtomic(join(out, 'report.html'), createReport(results, { isLive }));
}

async function runPlan(session: Session, { workers, backend, device }: Workers): Promise<SweepResults> {
  const { out, plan, networks, signal } = session;
  const outcomes = await Promise.all(plan.runs.map(({ key }) => finishedRun(key, out)));
  const failures: RunFailure[] = [];
  const found = (): RunOutcome[] => outcomes.filter((outcome) => outcome !== undefined);
  let written: Promise<unknown> = Promise.resolve();
  let results = createSweepResults({ plan, networks, backend, device, runs: found(), failures });
  // One after the other, so that an older state never replaces a newer one.
  const update = () => {
    results = createSweepResults({ plan, networks, backend, device, runs: found(), failures: [...failures] });
    const latest = results;
    written = written.then(() => writeResults(session, latest));
    return written as Promise<void>;
  };
  await update();
  const display = createDisplay(plan, found());
  try {
    await runQueue({
      runs: plan.runs.filter((_, index) => !outcomes[index]),
      workers,
      signal,
      onStart: (run, worker) => display.start(run, worker.name),
      onProgress: (run, progress) => display.progress(run, progress),
      async onFinish(run: SweepRun, outcome) {
        outcomes[plan.runs.indexOf(run)] = outcome;
        display.finish(run, outcome);
        await update();
      },
      async onFail(run, error) {
        failures.push({ ...run.key, error });
        display.fail(run, error);
        await update();
      },
    });
  } finally {
    display.stop();
  }
  return results;
}

async function runLocked(session: Session): Promise<void> {
  const { out, flags, networks, signal } = session;
  const opened = await openWorkers(session);
  try {
    const settings = Object.fromEntries(Array.from(networks, ([label, network]) => [label, network.settings]));
    await openFolder(out, opened.backend, settings, 'sweep');
    const results = await runPlan(session, opened);
    if (flags.json) printJson(results);
    else print(`\n${formatSummary(results)}`);
    note(`\nThe report is in ${formatPath(join(out, 'report.html'))}, the tables in tables.md beside it.`);
    const { failures, planned } = results;
    if (failures.length > 0) {
      const names = failures.map(describeRun).join('; ');
      throw new UserError(`${failures.length} of ${planned} runs failed: ${names}.`, {
        hint: 'Their errors are above; --resume tries them again.',
      });
    }
  } catch (error) {
    if (signal.aborted) note(`The finished runs are in ${formatPath(out)}; go on with --resume.`);
    throw error;
  } finally {
    await opened.close();
  }
}

export async function runSweep(file: string, flags: SweepFlags, signal: AbortSignal): Promise<void> {
  const plan = await readPlan(file, flags);
  if (flags.jobBackend !== undefined) return runJobs(plan, flags.jobBackend, signal);
  if (flags.dryRun) {
    const networks = await prepareNetworks(plan, signal);
    if (flags.json) printJson(describePlan(plan, networks));
    else print(formatPlan(plan, networks));
    return;
  }
  const { out } = flags;
  if (out === undefined) throw usageError('No folder is given for the runs.', 'Name it with --out, or try --dry-run.');
  await checkUnlocked(out);
  await checkFolder(out, flags.resume ?? false, 'sweep');
  const networks = await prepareNetworks(plan, signal);
  await withFolderLock(out, (lock) => runLocked({ file, out, flags, plan, networks, lock, signal }));
}
