/** Training runs and comparisons on disk, whoever wrote them: read, listed, renamed, deleted. */
import { lstat, readdir, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeJsonAtomic } from '../../files/atomic';
import { readJsonLines } from '../../files/jsonLines';
import { usageError } from '../../protocol/errors';
import { pickMetrics, pickTestMetrics } from '../../protocol/metricKeys';
import type { RunMetrics, RunState, RunSummary } from '../../protocol/results';
import { isMasked, labelOf } from './runLabels';

/** The parts of `config.json` that are told. */
interface Config {
  readonly format: 'prunelens-run-1';
  readonly file: string;
  readonly backend: string;
  readonly origin: {
    readonly exportName?: string;
    readonly data?: string;
    readonly method?: string;
    readonly sparsity?: number;
    readonly masksFile?: string;
    readonly control?: string;
  };
  readonly training: { readonly epochs: number; readonly seed: number };
  readonly started: string;
}

interface StepLine {
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
}
type EpochLine = RunMetrics['epochs'][number];

/** Milliseconds without a sign of life, of which there is one every five seconds, after which a run counts as interrupted. */
const SILENCE = 60_000;
/** Files beside the run's own: a name given by the user, and why training failed. */
const LABEL = 'label.json';
const FAILURE = 'failure.json';
/** Written by the process that trains a run, and there only while it does. */
const PROCESS = 'process.json';

async function readObject<T>(path: string): Promise<T | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    // Missing, or not written by PruneLens: then it tells nothing.
    return undefined;
  }
}

async function readConfig(run: string): Promise<Config | undefined> {
  const config = await readObject<Config>(join(run, 'config.json'));
  return config?.format === 'prunelens-run-1' ? config : undefined;
}

async function lastWritten(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** Losses and metrics of a run so far; empty where nothing is written yet. */
export async function readRunMetrics(run: string): Promise<RunMetrics> {
  const path = join(run, 'metrics.jsonl');
  const lines = (await lastWritten(path)) > 0 ? ((await readJsonLines(path)) as (StepLine | EpochLine)[]) : [];
  return {
    run,
    epochs: lines
      .filter((line): line is EpochLine => 'testLoss' in line)
      .map((line) => ({ epoch: line.epoch, ...pickMetrics(line) })),
    steps: lines.filter((line): line is StepLine => 'step' in line),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of somebody else may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether some process, here or on another machine that shares the folder, trains a run. */
async function isTrainedElsewhere(run: string): Promise<boolean> {
  const path = join(run, PROCESS);
  const trainer = await readObject<{ readonly pid: number; readonly host: string }>(path);
  if (!trainer || Date.now() - (await lastWritten(path)) > SILENCE) return false;
  return trainer.host !== hostname() || isAlive(trainer.pid);
}

/**
 * A run by its folder; undefined where the folder holds none. `isTraining`: this server trains it right now.
 */
export async function readRun(
  run: string,
  isTraining: boolean,
  metricsOf: (run: string) => Promise<RunMetrics> = readRunMetrics,
): Promise<RunSummary | undefined> {
  const config = await readConfig(run);
  if (!config) return undefined;
  const [result, label, failure, metrics, isElsewhere] = await Promise.all([
    readObject(join(run, 'result.json')),
    readObject<{ label: string }>(join(run, LABEL)),
    readObject<{ message: string }>(join(run, FAILURE)),
    metricsOf(run).catch(() => undefined),
    isTrainedElsewhere(run),
  ]);
  const stateNow = (): RunState => {
    if (isTraining || isElsewhere) return 'running';
    if (result) return 'finished';
    return failure ? 'failed' : 'interrupted';
  };
  const state = stateNow();
  const { origin, file } = config;
  const last = metrics?.epochs.at(-1);
  return {
    run,
    label: label?.label ?? labelOf(config),
    ...(label && { renamed: true }),
    state,
    model: origin.exportName === undefined ? file : `${file}#${origin.exportName}`,
    ...(origin.method !== undefined && { method: origin.method }),
    ...(origin.sparsity !== undefined && { sparsity: origin.sparsity }),
    ...(isMasked(config) && { masked: true }),
    seed: config.training.seed,
    backend: config.backend,
    epochs: config.training.epochs,
    finishedEpochs: metrics?.epochs.length ?? 0,
    started: config.started,
    ...(last && pickTestMetrics(last)),
    ...(state === 'failed' && failure && { error: failure.message }),
  };
}

/** Folders in `folder` and, two levels deep, in the folders of comparisons. */
async function foldersIn(folder: string, depth = 2): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => join(folder, name));
  const inner = await Promise.all(folders.map(async (one) => (depth > 0 ? foldersIn(one, depth - 1) : [])));
  return [...folders, ...inner.flat()];
}

/** Reads metrics, those of a run that has not changed only once: runs are listed with every step of one that is trained. */
export function createMetricsReader(): (run: string) => Promise<RunMetrics> {
  const known = new Map<string, { readonly written: number; readonly metrics: Promise<RunMetrics> }>();
  return async (run) => {
    const written = await lastWritten(join(run, 'metrics.jsonl'));
    const before = known.get(run);
    if (before?.written === written) return before.metrics;
    const metrics = readRunMetrics(run);
    known.set(run, { written, metrics });
    return metrics;
  };
}

/** The runs in a runs folder, the latest first. `isTraining` and `metricsOf` as in {@link readRun}. */
export async function listRuns(
  folder: string,
  isTraining: (run: string) => boolean,
  metricsOf: (run: string) => Promise<RunMetrics>,
): Promise<RunSummary[]> {
  const runs = await Promise.all((await foldersIn(folder)).map((run) => readRun(run, isTraining(run), metricsOf)));
  return runs.filter((run) => run !== undefined).sort((a, b) => ((a.started ?? '') < (b.started ?? '') ? 1 : -1));
}

/** What a run was asked for, to resume it. Throws a usageError where the folder holds none. */
export async function readRunRequest(run: string): Promise<Config> {
  const config = await readConfig(run);
  if (!config) throw usageError(`There is no run in ${run}.`, 'Choose a run from the list of runs.');
  return config;
}

/** Gives a run another name to be shown by; its folder stays. */
export async function renameRun(run: string, label: string): Promise<void> {
  await readRunRequest(run);
  if (label.trim() === '') throw usageError('A run needs a name.', 'Give one that is not empty.');
  await writeJsonAtomic(join(run, LABEL), { label: label.trim() });
}

/** Deletes the folder of a run. */
export async function deleteRun(run: string): Promise<void> {
  await readRunRequest(run);
  if ((await lstat(run)).isSymbolicLink()) {
    throw usageError(`${run} is a link to another folder.`, 'Delete the folder that it leads to.');
  }
  await rm(run, { recursive: true, force: true });
}

/** Says in the run's folder why its training failed, or with undefined that it goes on. */
export async function markFailure(run: string, message: string | undefined): Promise<void> {
  if (message === undefined) return rm(join(run, FAILURE), { force: true });
  if (await readConfig(run)) await writeJsonAtomic(join(run, FAILURE), { message });
}
