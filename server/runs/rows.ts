/** The lines of the table of runs: what the folders of the runs tell, and how each compares with its dense network. */
import { dirname, relative, sep } from 'node:path';
import { METRICS, type MetricDefinition } from '../protocol/catalogue/metrics';
import { DENSE, type MacCosts } from '../protocol/comparison';
import { judgedBy, metricOf } from '../protocol/metricKeys';
import type { RunMetrics, RunSummary } from '../protocol/results';
import type { RunRow } from '../protocol/runTable/row';
import { pruningFile, runFiles } from './files';
import { placeOfRun, type RunsPlace } from './places';
import { findJson, findRunConfig } from './read';
import { readRunMetrics } from './summaries';
import type { RunConfig, RunResult } from './types';

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
  const { metric }: { readonly metric: MetricDefinition } = judgedBy(last) ?? { metric: METRICS.loss };
  const sign = metric.direction === 'higher' ? 1 : -1;
  const values = epochs.flatMap((line) => {
    const value = metricOf(line, 'test', metric.name);
    return value === undefined ? [] : [{ epoch: line.epoch, value }];
  });
  const best = values.reduce((before, one) => (sign * one.value > sign * before.value ? one : before), values[0]);
  return { metric: metric.name, best: best?.value, bestEpoch: best?.epoch, final: metricOf(last, 'test', metric.name) };
}

/** Of a run of a comparison, by the file beside its folder, which says what pruning left. */
async function comparedSparsity(run: string): Promise<number | undefined> {
  const { prunable, effectiveKept } = ((await findJson(pruningFile(run))) ?? {}) as {
    readonly prunable?: unknown;
    readonly effectiveKept?: unknown;
  };
  const [all, kept] = [numberOf(prunable), numberOf(effectiveKept)];
  return all === undefined || kept === undefined || all === 0 ? undefined : 1 - kept / all;
}

/** MACs of inference and training. Those that a run with changing masks begins with say nothing of its end. */
function macsOf({ macs, training }: RunConfig, cost: unknown): Pick<RunRow, 'macs' | 'trainingMacs'> {
  const { inference, training: all } = (cost ?? {}) as { readonly [Key in keyof MacCosts]?: unknown };
  return {
    macs: numberOf(inference) ?? (training.dynamic ? undefined : numberOf(macs)),
    trainingMacs: numberOf(all),
  };
}

/** What runs that are trained alike have in common, but for their seeds and masks, and how these change. */
function peersOf({ file, origin, data, training: { seed: _, dynamic: __, ...training } }: RunConfig): string {
  return JSON.stringify([file, origin.exportName, origin.output, data, training]);
}

async function read(run: string, metrics: RunMetrics): Promise<Reading | undefined> {
  const config = await findRunConfig(run);
  if (!config) return undefined;
  const { optimizer, batchSize } = config.training;
  const result = ((await findJson(runFiles(run).result)) ?? {}) as { readonly [Key in keyof RunResult]?: unknown };
  const ofEnd = numberOf(result.effectiveSparsity) ?? numberOf(config.effectiveSparsity);
  return {
    peers: peersOf(config),
    row: defined({
      data: config.origin.data ?? config.data?.name,
      trainExamples: numberOf(config.data?.trainExamples),
      optimizer: optimizer?.kind,
      learningRate: numberOf(optimizer?.learningRate),
      batchSize: numberOf(batchSize),
      ...judged(metrics),
      effectiveSparsity: (await comparedSparsity(run)) ?? ofEnd,
      seconds: numberOf(result.seconds),
      ...macsOf(config, result.cost),
      commit: config.git?.commit,
      branch: config.git?.branch,
      dirty: config.git?.dirty,
      device: config.device,
      host: config.host,
    }),
  };
}

/** The comparison or sweep that a run belongs to, by its folder within that of the runs. */
function groupOf(run: string, place: RunsPlace | undefined): string | undefined {
  const group = place === undefined || run === place.folder ? '.' : dirname(relative(place.folder, run));
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

/**
 * Makes rows of runs; what is read of one is kept as long as its summary says that it has not gone on. Rows tell the folder that their
 * run is in where there are several.
 */
export function createRowReader(): (runs: readonly RunSummary[], places: readonly RunsPlace[]) => Promise<RunRow[]> {
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
  return async (runs, places) => {
    const readings = await Promise.all(runs.map(readOnce));
    const rows = runs.map((summary, place): RunRow => {
      const of = placeOfRun(summary.run, places);
      const group = groupOf(summary.run, of);
      return {
        ...summary,
        ...readings[place]?.row,
        ...(group !== undefined && { group }),
        ...(of && places.length > 1 && { runsFolder: of.name }),
      };
    });
    return withDifferences(
      rows,
      readings.map((reading) => reading?.peers ?? ''),
    );
  };
}
