/** Training runs and comparisons on disk, whoever wrote them: read, listed, renamed, deleted. */
import { lstat, readdir, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { joinModelSpecifier } from '../../frontends';
import { usageError } from '../../protocol/errors';
import { pickMetrics, pickTestMetrics } from '../../protocol/metricKeys';
import type { RunMetrics, RunState, RunSummary } from '../../protocol/results';
import { runFiles } from '../../runs/files';
import { readMarks, writeLabel } from '../../runs/marks';
import { isEpochLine, readMetrics, type StepLine } from '../../runs/metrics';
import { isTrained } from '../../runs/presence';
import { findJson, findRunConfig } from '../../runs/read';
import type { RunConfig } from '../../runs/types';
import { foldersIn, lastWritten } from './runFolders';
import { isMasked, labelOf } from './runLabels';

/** Losses and metrics of a run so far; empty where nothing is written yet. */
export async function readRunMetrics(run: string): Promise<RunMetrics> {
  const path = runFiles(run).metrics;
  const lines = (await lastWritten(path)) > 0 ? await readMetrics(path) : [];
  return {
    run,
    epochs: lines.filter(isEpochLine).map((line) => ({ epoch: line.epoch, ...pickMetrics(line) })),
    steps: lines.filter((line): line is StepLine => !isEpochLine(line)),
  };
}

/**
 * A run by its folder; undefined where the folder holds none. `isTraining`: this server trains it right now.
 */
export async function readRun(
  run: string,
  isTraining: boolean,
  metricsOf: (run: string) => Promise<RunMetrics> = readRunMetrics,
): Promise<RunSummary | undefined> {
  const config = await findRunConfig(run);
  if (!config) return undefined;
  const [result, { label, failure }, metrics, isElsewhere] = await Promise.all([
    findJson(runFiles(run).result),
    readMarks(run),
    metricsOf(run).catch(() => undefined),
    isTrained(run),
  ]);
  const stateNow = (): RunState => {
    if (isTraining || isElsewhere) return 'running';
    if (result) return 'finished';
    return failure === undefined ? 'interrupted' : 'failed';
  };
  const state = stateNow();
  const { origin, file } = config;
  const last = metrics?.epochs.at(-1);
  return {
    run,
    label: label ?? labelOf(config),
    ...(label !== undefined && { renamed: true }),
    state,
    model: joinModelSpecifier(file, origin.exportName),
    ...(origin.method !== undefined && { method: origin.method }),
    ...(origin.sparsity !== undefined && { sparsity: origin.sparsity }),
    ...(isMasked(config) && { masked: true }),
    seed: config.training.seed,
    backend: config.backend,
    epochs: config.training.epochs,
    finishedEpochs: metrics?.epochs.length ?? 0,
    started: config.started,
    ...(last && pickTestMetrics(last)),
    ...(state === 'failed' && failure !== undefined && { error: failure }),
  };
}

/** Reads metrics, those of a run that has not changed only once: runs are listed with every step of one that is trained. */
function createMetricsReader(): (run: string) => Promise<RunMetrics> {
  const known = new Map<string, { readonly written: number; readonly metrics: Promise<RunMetrics> }>();
  return async (run) => {
    const written = await lastWritten(runFiles(run).metrics);
    const before = known.get(run);
    if (before?.written === written) return before.metrics;
    const metrics = readRunMetrics(run);
    known.set(run, { written, metrics });
    return metrics;
  };
}

/**
 * Lists the runs in a runs folder, the latest first. Finished ones are read once: whatever is written into the folder of a run is renamed
 * into place, which changes its time.
 */
export function createRunLister(isTraining: (run: string) => boolean): (folder: string) => Promise<RunSummary[]> {
  const metricsOf = createMetricsReader();
  const finished = new Map<string, { readonly written: number; readonly summary: RunSummary }>();
  const read = async (run: string) => {
    const written = await lastWritten(run);
    const known = finished.get(run);
    if (known?.written === written && !isTraining(run)) return known.summary;
    const summary = await readRun(run, isTraining(run), metricsOf);
    if (summary?.state === 'finished') finished.set(run, { written, summary });
    else finished.delete(run);
    return summary;
  };
  return async (folder) => {
    const runs = await Promise.all((await foldersIn(folder)).map(read));
    return runs.filter((run) => run !== undefined).sort((a, b) => ((a.started ?? '') < (b.started ?? '') ? 1 : -1));
  };
}

/** What a run was asked for, to resume it. Throws a usageError where the folder holds none. */
export async function readRunRequest(run: string): Promise<RunConfig> {
  const config = await findRunConfig(run);
  if (!config) throw usageError(`There is no run in ${run}.`, 'Choose a run from the list of runs.');
  return config;
}

/** Gives a run another name to be shown by; its folder stays. */
export async function renameRun(run: string, label: string): Promise<void> {
  await readRunRequest(run);
  await writeLabel(run, label);
}

/** @throws a usageError where a folder is not, behind all links, in a folder of runs. */
async function checkInside(run: string, runsFolders: readonly string[]): Promise<void> {
  const place = await realpath(run);
  const folders = await Promise.all(runsFolders.map((folder) => realpath(folder).catch(() => undefined)));
  if (folders.some((folder) => folder !== undefined && place.startsWith(folder + sep))) return;
  throw usageError(`${run} is not in a folder of runs (${runsFolders.join(', ')}).`, 'Delete it yourself.');
}

/** Deletes the folder of a run in one of `runsFolders`; runs within it, each in a folder of its own, stay. */
export async function deleteRun(run: string, runsFolders: readonly string[]): Promise<void> {
  await readRunRequest(run);
  if ((await lstat(run)).isSymbolicLink()) {
    throw usageError(`${run} is a link to another folder.`, 'Delete the folder that it leads to.');
  }
  await checkInside(run, runsFolders);
  const within = (await foldersIn(run)).map(async (folder) => ((await findRunConfig(folder)) ? [folder] : []));
  const kept = (await Promise.all(within)).flat();
  if (kept.length === 0) {
    await rm(run, { recursive: true, force: true });
    return;
  }
  for (const name of await readdir(run)) {
    const path = join(run, name);
    if (!kept.some((folder) => folder === path || folder.startsWith(path + sep))) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
