/** A sweep from its plan to its results: its runs over the devices, and its files after each of them. */

import { join } from 'node:path';
import { formatCsv } from '../comparison/csv';
import { openFolder, recordedBackend } from '../comparison/folder';
import type { Computed } from '../comparison/identity';
import type { Placed } from '../comparison/place';
import { finishedRun } from '../comparison/run';
import {
  checkSideBySide,
  chooseSideBySide,
  describeSideBySide,
  isStackable,
  sideBySideOf,
} from '../comparison/sideBySide';
import { openExecutor } from '../executors/select';
import { createStack } from '../executors/stack/lanes';
import type { Executor } from '../executors/types';
import { writeFileAtomic, writeJsonAtomic } from '../files/atomic';
import { type FolderLock, withFolderLock } from '../files/lock';
import type { RunFailure, RunOutcome, SideBySide } from '../protocol/comparison';
import type { SweepResults } from '../protocol/sweep';
import { createReport } from '../reports/comparison';
import { keepBackend } from '../request/executor';
import { sweepColumns } from './columns';
import { slotsFor, visibleGpus } from './devices';
import type { SweepPlan, SweepRun } from './expand';
import { createInProcessWorker } from './inProcess';
import { createJobProcess } from './jobProcess';
import { formatMarkdown } from './markdown';
import { formatParquet } from './parquet';
import { type RunProgress, runQueue, type Worker } from './queue';
import { createSweepResults, type ReportedNetworks } from './results';
import { type PreparedSweep, withSweepSteps } from './session';

/**
 * Hears of a sweep as it goes on: once `planned`, then for each run that is not there yet `started`, any number of `progress`, and
 * `finished` or `failed`; several runs may be under way. `results` after `planned` and after every run.
 */
export interface SweepObserver {
  /** `finished`: the runs that are in the folder already. */
  planned?(plan: SweepPlan, finished: readonly RunOutcome[]): void;
  /** `device`: where the run is done. */
  started?(run: SweepRun, device: string): void;
  progress?(run: SweepRun, progress: RunProgress): void;
  finished?(run: SweepRun, outcome: RunOutcome): void;
  /** It is noted in the results and left out. */
  failed?(run: SweepRun, error: string): void;
  results?(results: SweepResults): void;
}

export interface RunningSweep {
  readonly plan: SweepPlan;
  readonly sweep: PreparedSweep;
  /** So many runs at a time, instead of one for each device. */
  readonly jobs?: number;
  /** So many trainings at once in one program on the device; absent: as many as are measured to be the fastest. */
  readonly sideBySide?: number;
  /** Program of a job's process. */
  readonly jobFile: string;
  readonly signal: AbortSignal;
  readonly observer?: SweepObserver;
  /** Hears which backends were passed over and why. */
  note(text: string): void;
}

interface Workers extends Computed {
  readonly sideBySide: SideBySide;
  /** What they do, with every inner step chosen. */
  readonly sweep: PreparedSweep;
  readonly workers: readonly Worker[];
  readonly device: string;
  close(): Promise<void>;
}

/** Workers in this process, whose trainings are taken together where there are several. */
async function besideEachOther(running: RunningSweep, executor: Executor, sweep: PreparedSweep): Promise<Workers> {
  const { plan, signal } = running;
  const { backend, device, computation } = executor;
  const runs = plan.runs.filter(({ variant }) => isStackable(variant.method));
  const [{ label }] = plan.networks;
  const asked = running.sideBySide === undefined ? undefined : Math.min(running.sideBySide, plan.runs.length);
  const sideBySide = await sideBySideOf(asked, { folder: plan.out, kind: 'sweep' }, () =>
    chooseSideBySide(executor, sweep.networks.get(label)!, runs.length),
  );
  const { width } = sideBySide;
  const stack = width > 1 ? createStack(executor, width) : undefined;
  return {
    ...{ sweep, sideBySide },
    workers: Array.from({ length: width }, () => createInProcessWorker(executor, sweep, signal, stack)),
    ...{ backend, ...(computation && { computation }) },
    device: `${device}${describeSideBySide(sideBySide)}`,
    async close() {
      await stack?.dispose();
      await executor.dispose();
    },
  };
}

/** One worker in this process, or one process for each of several devices or jobs. */
async function openWorkers(running: RunningSweep, lock: FolderLock): Promise<Workers> {
  const { plan, jobs, jobFile, signal, note } = running;
  const [{ label }] = plan.networks;
  const asked = keepBackend(running.sweep.networks.get(label)!.request, await recordedBackend(plan.out, 'sweep'));
  const executor = await openExecutor(asked, { trusted: true, onNote: note });
  const { backend, computation } = executor;
  const computed: Computed = { backend, ...(computation && { computation }) };
  const sweep = await withSweepSteps(plan, running.sweep, { executor, signal }).catch(async (error) => {
    await executor.dispose();
    throw error;
  });
  const isChosen = asked.computing?.device !== undefined || asked.computing?.devices !== undefined;
  const slots = slotsFor(backend, jobs, isChosen ? [] : visibleGpus());
  try {
    if (running.sideBySide !== undefined) checkSideBySide(executor, slots.length > 1);
    if (slots.length === 1) return await besideEachOther(running, executor, sweep);
  } catch (error) {
    await executor.dispose();
    throw error;
  }
  await executor.dispose();
  const { interpreter, computing } = asked;
  const jobRequest = { backend, ...(interpreter && { interpreter }), ...(computing && { computing }) };
  const onSpawn = (pid: number) => lock.add(pid);
  const workers: (Worker & { readonly device: string })[] = [];
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.close()));
  };
  try {
    for (const slot of slots) {
      workers.push(
        await createJobProcess({ program: jobFile, asked: jobRequest, resolve: sweep.resolve, slot, signal, onSpawn }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  const devices = [...new Set(workers.map((worker) => worker.device))];
  const device = `${devices.join('; ')}, ${slots.length} jobs`;
  return { sweep, sideBySide: { width: 1 }, workers, ...computed, device, close };
}

/** Writes the results so far; each file is whole at any time. */
export async function writeResults(plan: SweepPlan, networks: ReportedNetworks, results: SweepResults): Promise<void> {
  const { out } = plan;
  const isLive = results.runs.length + results.failures.length < results.planned;
  await writeJsonAtomic(join(out, 'results.json'), results);
  const columns = sweepColumns(plan, networks);
  await writeFileAtomic(join(out, 'results.csv'), formatCsv(results.runs, columns));
  await writeFileAtomic(join(out, 'results.parquet'), formatParquet(results.runs, columns));
  await writeFileAtomic(join(out, 'tables.md'), formatMarkdown(results));
  await writeFileAtomic(join(out, 'report.html'), createReport(results, { isLive }));
}

/** A run with all that its folder follows from. */
export function placedRun(sweep: PreparedSweep, run: SweepRun, executor: Computed): Placed {
  const { key, method, out, runs, timing: _, sparsities, ...own } = sweep.resolve(run);
  const place = { out, ...(runs !== undefined && { runs }) };
  return { key, method, ...place, sparsities, executor, compared: { ...sweep.networks.get(key.model)!, ...own } };
}

async function runPlan(
  running: RunningSweep,
  { workers, device, sideBySide, ...computed }: Workers,
): Promise<SweepResults> {
  const { plan, sweep, signal, observer } = running;
  const { networks } = sweep;
  const { backend } = computed;
  const outcomes = await Promise.all(plan.runs.map((run) => finishedRun(placedRun(sweep, run, computed))));
  const failures: RunFailure[] = [];
  const found = (): RunOutcome[] => outcomes.filter((outcome) => outcome !== undefined);
  const summarize = () =>
    createSweepResults({ plan, networks, backend, device, sideBySide, runs: found(), failures: [...failures] });
  let written: Promise<void> = Promise.resolve();
  let results = summarize();
  // One after the other, so that an older state never replaces a newer one.
  const update = () => {
    const latest = summarize();
    results = latest;
    written = written.then(async () => {
      await writeResults(plan, networks, latest);
      observer?.results?.(latest);
    });
    return written;
  };
  observer?.planned?.(plan, found());
  await update();
  await runQueue({
    runs: plan.runs.filter((_, index) => !outcomes[index]),
    workers,
    signal,
    onStart: (run, worker) => observer?.started?.(run, worker.name),
    onProgress: (run, progress) => observer?.progress?.(run, progress),
    async onFinish(run: SweepRun, outcome) {
      outcomes[plan.runs.indexOf(run)] = outcome;
      observer?.finished?.(run, outcome);
      await update();
    },
    async onFail(run, error) {
      failures.push({ ...run.key, error });
      observer?.failed?.(run, error);
      await update();
    },
  });
  return results;
}

/**
 * Does the runs of a sweep that are not in its folder yet, and writes `results.json`, `results.csv`,
 * `results.parquet`, `tables.md` and `report.html` there after each. Runs that fail are told in the results.
 *
 * @throws the signal's reason when it is interrupted, with what was finished kept; UserError (usage) where the folder was made
 *   with other settings or is in use.
 */
export function runSweep(running: RunningSweep): Promise<SweepResults> {
  const { plan } = running;
  return withFolderLock(plan.out, async (lock) => {
    const opened = await openWorkers(running, lock);
    try {
      const settings = Object.fromEntries(
        Array.from(opened.sweep.networks, ([label, network]) => [label, network.settings]),
      );
      const { file } = plan;
      const { sideBySide } = opened;
      const details = { ...(file !== undefined && { file }), ...(sideBySide && { sideBySide }) };
      await openFolder(plan.out, opened.backend, settings, 'sweep', details);
      return await runPlan({ ...running, sweep: opened.sweep }, opened);
    } finally {
      await opened.close();
    }
  });
}
