/** Training runs on disk, whoever wrote them, as lists show them. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pickMetrics, pickTestMetrics } from '../protocol/metricKeys';
import { joinModelName } from '../protocol/modelNames';
import type { RunMetrics, RunState, RunSummary } from '../protocol/results';
import { runFiles } from './files';
import { isMasked, labelOf } from './labels';
import { readMarks } from './marks';
import { isEpochLine, readMetrics, type StepLine } from './metrics';
import { isTrained } from './presence';
import { findJson, findRunConfig } from './read';

async function lastWritten(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

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
export async function readSummary(
  run: string,
  isTraining: boolean,
  metricsOf: (run: string) => Promise<RunMetrics> = readRunMetrics,
): Promise<RunSummary | undefined> {
  const config = await findRunConfig(run);
  if (!config) return undefined;
  const [result, { label, failure, notes }, metrics, isElsewhere] = await Promise.all([
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
    model: joinModelName(file, origin.exportName),
    ...(origin.method !== undefined && { method: origin.method }),
    ...(origin.sparsity !== undefined && { sparsity: origin.sparsity }),
    ...(isMasked(config) && { masked: true }),
    seed: config.training.seed,
    backend: config.backend,
    epochs: config.training.epochs,
    finishedEpochs: metrics?.epochs.length ?? 0,
    started: config.started,
    ...(last && pickTestMetrics(last)),
    ...(Object.keys(notes).length > 0 && { notes }),
    ...(state === 'failed' && failure !== undefined && { error: failure }),
  };
}

/** Folders in `folder` and, two levels deep, in the folders of comparisons. */
export async function foldersIn(folder: string, depth = 2): Promise<string[]> {
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
    const written = await lastWritten(runFiles(run).metrics);
    const before = known.get(run);
    if (before?.written === written) return before.metrics;
    const metrics = readRunMetrics(run);
    known.set(run, { written, metrics });
    return metrics;
  };
}

/** The runs in a runs folder, the latest first. `isTraining` and `metricsOf` as in {@link readSummary}. */
export async function listRuns(
  folder: string,
  isTraining: (run: string) => boolean,
  metricsOf: (run: string) => Promise<RunMetrics>,
): Promise<RunSummary[]> {
  const runs = await Promise.all((await foldersIn(folder)).map((run) => readSummary(run, isTraining(run), metricsOf)));
  return runs.filter((run) => run !== undefined).sort((a, b) => ((a.started ?? '') < (b.started ?? '') ? 1 : -1));
}
