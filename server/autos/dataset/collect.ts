/** Several iterative prunings, one after the other, into one data set. */
import type { Executor } from '../../executors/types';
import { isLockFile } from '../../files/lock';
import { usageError } from '../../protocol/errors';
import { removeLeftovers } from '../leftovers';
import { entriesOf, readRecord } from '../rewinding/folder';
import { checkSamePruning, differences, recordOf } from '../rewinding/identity';
import { rewindAndPrune } from '../rewinding/run';
import { checkRewindSettings } from '../rewinding/schedule';
import type { RewindEvent, RewindTask } from '../rewinding/types';
import { addSurvivalRun, hasShard } from './index';
import { datasetFiles, entryName, findManifest, type ManifestEntry } from './manifest';

/** How a collection advances: which of the prunings, and the share of the whole work that is done. */
export type CollectEvent = {
  /** Counted from 0. */
  readonly index: number;
  readonly count: number;
  readonly label: string;
  readonly seed: number;
  /** 0 … 1, over all prunings. */
  readonly done: number;
  /** Undefined until it can be estimated. */
  readonly secondsLeft: number | undefined;
} & (
  | { readonly kind: 'there' }
  | { readonly kind: 'running'; readonly event: RewindEvent }
  | { readonly kind: 'added'; readonly entry: ManifestEntry }
);

export interface CollectRequest {
  readonly tasks: readonly RewindTask[];
  readonly executor: Executor;
  /** Of the data set. */
  readonly folder: string;
  /** Skip what the data set has, and go on with what was interrupted. */
  readonly resume: boolean;
  readonly signal?: AbortSignal;
  onProgress?(event: CollectEvent): void;
}

/** The backend that one of the tasks has begun with; undefined where none has. All of a data set's are collected on one. */
export async function begunBackend(folder: string, tasks: readonly RewindTask[]): Promise<string | undefined> {
  const entries = (await findManifest(folder))?.entries ?? [];
  for (const name of tasks.map(entryName)) {
    const training = entries.find((entry) => entry.name === name)?.training;
    if (training) return training.backend;
    const run = datasetFiles(folder).run(name);
    if ((await entriesOf(run)).includes('rewinding.json')) return (await readRecord(run)).training.backend;
  }
  return undefined;
}

/** Multiplications that a layer-free example would cost: reading, copying and starting the kernels. */
const OVERHEAD_MACS = 300_000;

/** About how long a pruning takes, in a unit of its own. */
function costOf({ network, dataset, config, settings }: RewindTask): number {
  const macs = network.layers.reduce((sum, layer) => sum + layer.macs, 0);
  const epochs = config.epochs * settings.iterations - settings.rewindEpoch * (settings.iterations - 1);
  return dataset.train.size * epochs * (macs + OVERHEAD_MACS);
}

/** @throws a usage error where an entry of the data set differs from the pruning of the same name. */
function checkSameEntry(entry: ManifestEntry, task: RewindTask, executor: Executor, folder: string): void {
  const { modelHash, data, settings, training } = recordOf({ ...task, executor, folder });
  const wanted = { modelHash, data, settings, ...(entry.training && { training }) };
  const stored = {
    modelHash: entry.modelHash,
    data: entry.data,
    settings: entry.settings,
    ...(entry.training && { training: entry.training }),
  };
  const differing = differences(stored, wanted);
  if (differing.length === 0) return;
  throw usageError(
    `The data set in ${folder} has ${entry.name} already, but it differs in ${differing.join(', ')}.`,
    'Use the settings it was made with, another seed, or another folder.',
  );
}

/** Whether the data set has the task's pruning; throws where it must not be done. */
async function checkTask(
  task: RewindTask,
  { executor, folder, resume }: CollectRequest,
  entries: readonly ManifestEntry[],
): Promise<boolean> {
  const { prunable, settings, config, weights } = task;
  const size = prunable.reduce((sum, weight) => sum + weights.get(weight)!.length, 0);
  checkRewindSettings(settings, size, config.epochs);
  const name = entryName(task);
  const run = datasetFiles(folder).run(name);
  const left = await entriesOf(run);
  const entry = entries.find((candidate) => candidate.name === name);
  if (!resume && (entry || left.length > 0)) {
    throw usageError(
      `${folder} has ${name} already${entry ? '' : ', unfinished'}.`,
      `${entry ? 'Skip it' : 'Go on with it'} with --resume, or use another seed or another folder.`,
    );
  }
  if (entry) checkSameEntry(entry, task, executor, folder);
  else if (left.includes('rewinding.json')) {
    checkSamePruning(await readRecord(run), recordOf({ ...task, executor, folder: run }), run);
  }
  // A shard that is missing or damaged is made again, out of its pruning where that is still there.
  return entry !== undefined && (await hasShard(folder, entry));
}

/** Checks every task against what is in the folder, before any work; returns the names of the finished ones. */
async function checkTasks(request: CollectRequest): Promise<ReadonlySet<string>> {
  const { tasks, folder } = request;
  const manifest = await findManifest(folder);
  const strange = (await entriesOf(folder)).filter(
    (name) => !['manifest.json', 'shards', 'runs'].includes(name) && !name.startsWith('.') && !isLockFile(name),
  );
  if (!manifest && strange.length > 0) {
    throw usageError(`${folder} is not empty and holds no survival data set.`, 'Choose another folder.');
  }
  const names = tasks.map(entryName);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw usageError(`${repeated} is asked for twice.`);
  const finished = new Set<string>();
  for (const task of tasks) {
    if (await checkTask(task, request, manifest?.entries ?? [])) finished.add(entryName(task));
  }
  return finished;
}

/**
 * Prunes every task iteratively, in `runs` of the data set, and adds each to the data set when it is finished.
 *
 * @throws a usage error before any work where the data set has one of them and it is not to be resumed, or another one of
 * the same name; the signal's reason when it is interrupted, with what was finished kept; errors of `rewindAndPrune`.
 */
export async function collectSurvival(request: CollectRequest): Promise<readonly ManifestEntry[]> {
  const { tasks, executor, folder, signal, onProgress } = request;
  const finished = await checkTasks(request);
  for (const place of [folder, datasetFiles(folder).shards]) await removeLeftovers(place);
  const total = tasks.reduce((sum, task) => sum + costOf(task), 0);
  let before = tasks.filter((task) => finished.has(entryName(task))).reduce((sum, task) => sum + costOf(task), 0);
  let start: { readonly time: number; readonly done: number } | undefined;
  const share = (index: number, done: number) => {
    start ??= { time: performance.now(), done };
    const advanced = done - start.done;
    const elapsed = (performance.now() - start.time) / 1000;
    const secondsLeft = advanced > 0 ? (elapsed / advanced) * (1 - done) : undefined;
    const { label, settings } = tasks[index];
    return { index, count: tasks.length, label, seed: settings.seed, done, secondsLeft };
  };
  for (const [index, task] of tasks.entries()) {
    signal?.throwIfAborted();
    const name = entryName(task);
    if (finished.has(name)) {
      onProgress?.({ kind: 'there', ...share(index, before / total) });
      continue;
    }
    const run = await rewindAndPrune({
      ...task,
      executor,
      folder: datasetFiles(folder).run(name),
      ...(signal && { signal }),
      onProgress: (event) =>
        onProgress?.({ kind: 'running', ...share(index, (before + event.done * costOf(task)) / total), event }),
    });
    const entry = await addSurvivalRun(folder, run);
    before += costOf(task);
    onProgress?.({ kind: 'added', ...share(index, before / total), entry });
  }
  const { entries } = (await findManifest(folder))!;
  return tasks.map((task) => entries.find(({ name }) => name === entryName(task))!);
}
