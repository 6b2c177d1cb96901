/** Training runs on disk, whoever wrote them, as lists show them. */

import type { MaskChange } from '../protocol/comparison';
import { pickMetrics, pickTestMetrics } from '../protocol/metricKeys';
import { joinModelName } from '../protocol/modelNames';
import type { RunMetrics, RunState, RunSummary } from '../protocol/results';
import { runFiles } from './files';
import { foldersIn, lastWritten } from './folders';
import { isMasked, labelOf } from './labels';
import { readMarks } from './marks';
import { isEpochLine, readMetrics, type StepLine } from './metrics';
import { isTrained } from './presence';
import { findJson, findRunConfig } from './read';
import { maskChangesOf, readUpdateLines } from './updates';

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

async function readChanges(run: string): Promise<readonly MaskChange[]> {
  return (await lastWritten(runFiles(run).updateLines)) > 0 ? maskChangesOf(await readUpdateLines(run)) : [];
}

/** The same with the times of the epochs, which a run tells when it ends, and with the changes of its masks. Failures are UserErrors. */
export async function readTimedMetrics(run: string): Promise<RunMetrics> {
  const [metrics, result, maskChanges] = await Promise.all([
    readRunMetrics(run),
    findJson(runFiles(run).result),
    readChanges(run),
  ]);
  const { epochs } = (result ?? {}) as { readonly epochs?: unknown };
  const epochSeconds = Array.isArray(epochs)
    ? epochs.map((epoch: { readonly seconds?: unknown } | null) => epoch?.seconds)
    : [];
  const isTold = epochSeconds.length > 0 && epochSeconds.every((seconds) => typeof seconds === 'number');
  return {
    ...metrics,
    ...(isTold && { epochSeconds: epochSeconds as number[] }),
    ...(maskChanges.length > 0 && { maskChanges }),
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
    ...(config.training.dynamic && { masksChange: true }),
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
    const summary = await readSummary(run, isTraining(run), metricsOf);
    if (summary?.state === 'finished') finished.set(run, { written, summary });
    else finished.delete(run);
    return summary;
  };
  return async (folder) => {
    const runs = await Promise.all((await foldersIn(folder)).map(read));
    return runs.filter((run) => run !== undefined).sort((a, b) => ((a.started ?? '') < (b.started ?? '') ? 1 : -1));
  };
}
