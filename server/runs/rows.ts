/** The lines of the table of runs: what the folders of the runs tell, and how each compares with its dense network. */
import { dirname, relative, sep } from 'node:path';
import { byImportance, METRICS } from '../protocol/catalogue/metrics';
import { DENSE } from '../protocol/comparison';
import { metricOf, metricsOf as valuesOf } from '../protocol/metricKeys';
import type { RunMetrics, RunSummary } from '../protocol/results';
import type { RunRow } from '../protocol/runTable/row';
import { pruningFile, runFiles } from './files';
import { findJson, findRunConfig } from './read';
import { readRunMetrics } from './summaries';
import type { RunConfig } from './types';

/** A row, and what it has in common with the dense run that it is compared with. */
interface Reading {
  readonly row: Omit<RunRow, keyof RunSummary>;
  readonly peers: string;
}

const numberOf = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

/** Without what is undefined. */
function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/** The metric of the test data that a run is judged by, its best and its last value. */
function judged({ epochs }: RunMetrics): Pick<RunRow, 'metric' | 'best' | 'bestEpoch' | 'final'> {
  const last = epochs.at(-1);
  if (!last) return {};
  const [metric = METRICS.loss] = byImportance(valuesOf(last, 'test').map((measured) => measured.metric));
  const sign = metric.direction === 'higher' ? 1 : -1;
  const values = epochs.flatMap((line) => {
    const value = metricOf(line, 'test', metric.name);
    return value === undefined ? [] : [{ epoch: line.epoch, value }];
  });
  const best = values.reduce((before, one) => (sign * one.value > sign * before.value ? one : before), values[0]);
  return { metric: metric.name, best: best?.value, bestEpoch: best?.epoch, final: metricOf(last, 'test', metric.name) };
}

/** What pruning left, of the file beside the folder of a run of a comparison. */
async function effectiveSparsity(run: string): Promise<number | undefined> {
  const { prunable, effectiveKept } = ((await findJson(pruningFile(run))) ?? {}) as {
    readonly prunable?: unknown;
    readonly effectiveKept?: unknown;
  };
  const [all, kept] = [numberOf(prunable), numberOf(effectiveKept)];
  return all === undefined || kept === undefined || all === 0 ? undefined : 1 - kept / all;
}

/** What runs that are trained alike have in common, but for their seeds and masks. */
function peersOf({ file, origin, data, training: { seed: _, ...training } }: RunConfig): string {
  return JSON.stringify([file, origin.exportName, origin.output, data, training]);
}

async function read(run: string, metrics: RunMetrics): Promise<Reading | undefined> {
  const config = await findRunConfig(run);
  if (!config) return undefined;
  const { optimizer, batchSize } = config.training;
  const result = ((await findJson(runFiles(run).result)) ?? {}) as { readonly seconds?: unknown };
  return {
    peers: peersOf(config),
    row: defined({
      data: config.origin.data ?? config.data?.name,
      trainExamples: numberOf(config.data?.trainExamples),
      optimizer: optimizer?.kind,
      learningRate: numberOf(optimizer?.learningRate),
      batchSize: numberOf(batchSize),
      ...judged(metrics),
      effectiveSparsity: await effectiveSparsity(run),
      seconds: numberOf(result.seconds),
      macs: numberOf(config.macs),
      commit: config.git?.commit,
      branch: config.git?.branch,
      dirty: config.git?.dirty,
      device: config.device,
      host: config.host,
    }),
  };
}

/** The comparison or sweep that a run belongs to, by its folder within one of the runs folders. */
function groupOf(run: string, folders: readonly string[]): string | undefined {
  const root = folders.find((folder) => run.startsWith(folder + sep));
  const group = root === undefined ? '.' : dirname(relative(root, run));
  return group === '.' ? undefined : group.replaceAll(sep, '/').replace(/\/runs\/[^/]+$/, '');
}

const isDense = ({ method, masked }: RunSummary) => (method ?? (masked ? undefined : DENSE)) === DENSE;

/** The rows with their differences to the dense runs among them. @param peers What those are alike in that are compared. */
export function withDifferences(rows: readonly RunRow[], peers: readonly string[]): RunRow[] {
  const dense = new Map<string, RunRow[]>();
  rows.forEach((row, place) => {
    if (!isDense(row) || row.state !== 'finished' || row.final === undefined) return;
    dense.set(peers[place], [...(dense.get(peers[place]) ?? []), row]);
  });
  return rows.map((row, place) => {
    const { final, metric, seed } = row;
    const all = (dense.get(peers[place]) ?? []).filter((one) => one.metric === metric);
    const same = all.filter((one) => one.seed === seed);
    const compared = same.length > 0 ? same : all;
    if (final === undefined || compared.length === 0 || isDense(row)) return row;
    const level = compared.reduce((sum, one) => sum + one.final!, 0) / compared.length;
    return { ...row, difference: final - level };
  });
}

/** Makes rows of runs; what is read of one is kept as long as its summary says that it has not gone on. */
export function createRowReader(): (runs: readonly RunSummary[], folders: readonly string[]) => Promise<RunRow[]> {
  const known = new Map<string, { readonly key: string; readonly reading: Promise<Reading | undefined> }>();
  const readOnce = ({ run, started, state, epochs, finishedEpochs }: RunSummary) => {
    const key = JSON.stringify([started, state, epochs, finishedEpochs]);
    const before = known.get(run);
    if (before?.key === key) return before.reading;
    const none: RunMetrics = { run, epochs: [], steps: [] };
    const reading = readRunMetrics(run).then(
      (metrics) => read(run, metrics),
      () => read(run, none),
    );
    known.set(run, { key, reading });
    return reading;
  };
  return async (runs, folders) => {
    const readings = await Promise.all(runs.map(readOnce));
    const rows = runs.map((summary, place): RunRow => {
      const group = groupOf(summary.run, folders);
      return { ...summary, ...readings[place]?.row, ...(group !== undefined && { group }) };
    });
    return withDifferences(
      rows,
      readings.map((reading) => reading?.peers ?? ''),
    );
  };
}
