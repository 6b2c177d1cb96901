/** Keeping a run on disk while it trains: where it starts from, and what is written as it goes. */
import { readdir } from 'node:fs/promises';
import { batchCount } from '../data/batches';
import type { Network } from '../models/types';
import type { MacCosts } from '../protocol/comparison';
import { UserError, usageError } from '../protocol/errors';
import { effectiveSparsity } from '../pruning';
import type { Masks, Weights } from '../pruning/types';
import { runFiles } from '../runs/files';
import { checkSameRun } from '../runs/identity';
import { isEpochLine, type MetricsLine, openMetrics, readMetrics, type StepLine } from '../runs/metrics';
import { announceProcess } from '../runs/presence';
import { readRunConfig, readRunMasks, readRunWeights } from '../runs/read';
import type { DropoutSource, EpochMetrics, FinishedEpoch } from '../runs/types';
import { type MaskUpdate, readUpdateLines, type UpdateLine, writePlaces, writeUpdateLines } from '../runs/updates';
import { readCheckpoint, writeCheckpoint } from './checkpoint';
import { macCosts } from './cost';
import { identityOf } from './identity';
import type { Optimizer } from './optimizers';
import { createRun, removeRunResult, updateRunConfig, writeRunMasks, writeRunResult } from './runFolder';
import { checkMasks, type HostState, initialState } from './state';
import type { TrainingResult, TrainingTask } from './types';

/** Where training begins. */
export interface StartingPoint {
  readonly epochs: readonly FinishedEpoch[];
  readonly state: HostState;
  readonly masks: Masks;
  /** How they have changed so far. */
  readonly updates: readonly UpdateLine[];
  /** What masks of dropout are drawn from, as the run began. */
  readonly dropout: DropoutSource;
}

/** Writes a run to its folder, or nothing where it has none. */
export interface Journal {
  recordSteps(lines: readonly StepLine[]): Promise<void>;
  /** Writes what the last of `updates` has changed. */
  recordUpdate(updates: readonly UpdateLine[], places: MaskUpdate['places']): Promise<void>;
  /** Writes the last of `epochs` to the metrics and then a checkpoint with `state` and masks, those after it. */
  recordEpoch(epochs: readonly FinishedEpoch[], state: HostState, masks: Masks): Promise<void>;
  complete(result: TrainingResult): Promise<void>;
  close(): Promise<void>;
}

/**
 * Finds where `task` starts; for a resumed run that is after its last finished epoch. Writes nothing. Throws a UserError
 * where masks or weights do not fit the network, or the run in its folder is another one or damaged.
 */
export async function findStart(task: TrainingTask, optimizer: Optimizer): Promise<StartingPoint> {
  const { network, weights, masks, runDir, resume } = task;
  if (masks) checkMasks(network, masks);
  if (!resume) return beginning(network, weights, masks ?? new Map(), optimizer);
  if (runDir === undefined) throw usageError('Only a run that has a folder can be resumed.');

  const identity = identityOf(task);
  const config = await readRunConfig(runDir);
  checkSameRun(config, identity, runDir);
  const { dropout = 'sequence' } = config;
  const { checkpoint: path } = runFiles(runDir);
  const found = (await readdir(runDir)).includes('checkpoint.safetensors');
  const checkpoint = found ? await readCheckpoint(path, network, optimizer) : undefined;
  if (checkpoint) checkSameRun(checkpoint.identity, identity, path);

  const stored = await readRunMasks(runDir);
  if (masks && !equalMasks(masks, stored)) {
    throw usageError(`The run in ${runDir} was started with other masks.`, 'Resume it without giving masks.');
  }
  if (!checkpoint) {
    // No epoch was finished, so the run begins again: its beginning follows from what is stored and the seed.
    checkMasks(network, stored);
    return { ...beginning(network, (await readRunWeights(runDir)) ?? weights, stored, optimizer), dropout };
  }
  const finished = checkpoint.epochs.length;
  if (finished > task.config.epochs) {
    throw usageError(`The run in ${runDir} has ${finished} finished epochs, more than epochs (${task.config.epochs}).`);
  }
  const updates = (await readUpdateLines(runDir)).filter(({ epoch }) => epoch <= finished);
  return { ...checkpoint, updates, dropout };
}

function beginning(network: Network, weights: Weights, masks: Masks, optimizer: Optimizer): StartingPoint {
  return {
    epochs: [],
    state: initialState(network, weights, masks, optimizer),
    masks,
    updates: [],
    dropout: 'counter',
  };
}

function equalMasks(a: Masks, b: Masks): boolean {
  return (
    a.size === b.size && [...a].every(([name, mask]) => Buffer.compare(mask, b.get(name) ?? new Uint8Array()) === 0)
  );
}

const silentJournal: Journal = {
  recordSteps: async () => {},
  recordUpdate: async () => {},
  recordEpoch: async () => {},
  complete: async () => {},
  close: async () => {},
};

/**
 * Opens the journal of `task`, whose training begins at `start`; it must be closed. Without a folder nothing is kept.
 * Throws a UserError where the folder of a new run is not empty or cannot be written.
 */
export async function openJournal(task: TrainingTask, start: StartingPoint): Promise<Journal> {
  const { runDir, network } = task;
  if (runDir === undefined) return silentJournal;
  const files = runFiles(runDir);
  if (task.resume) {
    await updateRunConfig(runDir, task);
    await removeRunResult(runDir);
  } else {
    await createRun(runDir, task);
  }
  if (task.config.dynamic) await writeUpdateLines(runDir, start.updates);
  const metrics = await openMetrics(files.metrics, await finishedLines(files.metrics, start.epochs.length));
  const identity = identityOf(task);
  const leave = await announceProcess(runDir);
  return {
    recordSteps: (lines) => metrics.append(lines),
    async recordUpdate(updates, places) {
      const { step } = updates[updates.length - 1];
      await writePlaces(runDir, { step, places });
      await writeUpdateLines(runDir, updates);
    },
    async recordEpoch(epochs, state, masks) {
      // In this order the metrics never lack an epoch of the checkpoint; those after it are dropped on resuming.
      await metrics.append([metricsOf(epochs[epochs.length - 1])]);
      await writeCheckpoint(files.checkpoint, network, { identity, epochs, state, masks });
    },
    async complete(result) {
      const { masks } = result;
      const cost = await costOf(task, runDir, result);
      if (!task.config.dynamic) return writeRunResult(runDir, result, cost);
      await writeRunMasks(files.finalMasks, network, masks);
      await writeRunResult(runDir, result, cost, await effectiveSparsity(task.executor, network, masks));
    },
    async close() {
      leave();
      await metrics.close();
    },
  };
}

/** What the run has cost so far, from the masks it began with. */
async function costOf(
  { network, config, dataset }: TrainingTask,
  runDir: string,
  { epochs, updates }: TrainingResult,
): Promise<MacCosts> {
  const steps = batchCount(dataset.train.size, config.batchSize, true);
  const masks = await readRunMasks(runDir);
  return macCosts({ network, config, steps, epochs: epochs.length, masks, updates });
}

/** The lines of the first `epochs` epochs of a metrics file. */
async function finishedLines(path: string, epochs: number): Promise<readonly MetricsLine[]> {
  if (epochs === 0) return [];
  const lines = (await readMetrics(path)).filter(({ epoch }) => epoch <= epochs);
  const found = lines.filter(isEpochLine).length;
  if (found !== epochs) {
    throw new UserError(`${path} has the metrics of ${found} epochs, but the checkpoint is that of epoch ${epochs}.`);
  }
  return lines;
}

function metricsOf({ seconds: _, ...metrics }: FinishedEpoch): EpochMetrics {
  return metrics;
}
