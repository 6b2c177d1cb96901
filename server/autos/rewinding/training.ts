/** The training of one pruning iteration, in a run folder, so that it goes on after its last finished epoch. */
import { rm } from 'node:fs/promises';
import { fileFailure } from '../../files/failures';
import type { Masks } from '../../pruning/types';
import { hasRun } from '../../runs/read';
import { beginAfter } from '../../training/begin';
import { train } from '../../training/train';
import type { TrainingEvent, TrainingResult, TrainingTask } from '../../training/types';
import { entriesOf, type RewindPoint, rewindFiles } from './folder';
import type { RewindRequest } from './types';

export interface IterationTraining {
  readonly request: RewindRequest;
  /** Counted from 1. */
  readonly iteration: number;
  readonly masks: Masks;
  /** What the survivors are rewound to. */
  readonly start: RewindPoint;
  onProgress(event: TrainingEvent): void;
}

function taskOf({ request, iteration, masks, start, onProgress }: IterationTraining): TrainingTask {
  const { network, dataset, executor, config, folder, data, signal } = request;
  return {
    network,
    weights: start.weights,
    masks,
    dataset,
    executor,
    config,
    runDir: rewindFiles(folder).training(iteration),
    origin: { data },
    ...(signal && { signal }),
    onProgress,
  };
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch((error) => {
    throw fileFailure(error, 'write', folder);
  });
}

/** Whether the run in `task.runDir` goes on; what is left of one that had not begun is removed. */
async function prepareRun(task: TrainingTask, start: RewindPoint): Promise<boolean> {
  const runDir = task.runDir!;
  const needsCheckpoint = start.epochs.length > 0;
  const hasBegun = needsCheckpoint
    ? (await entriesOf(runDir)).includes('checkpoint.safetensors')
    : await hasRun(runDir);
  if (hasBegun) return true;
  await remove(runDir);
  if (!needsCheckpoint) return false;
  await beginAfter(task, start.epochs);
  return true;
}

/**
 * Trains the survivors from the rewind point to the last epoch.
 * @throws the signal's reason when it is interrupted; the finished epochs are kept.
 */
export async function trainIteration(training: IterationTraining): Promise<TrainingResult> {
  const task = taskOf(training);
  const result = await train({ ...task, resume: await prepareRun(task, training.start) });
  if (result.interrupted) throw training.request.signal?.reason;
  return result;
}

/**
 * Trains the dense network, in the first iteration's run folder, to the epoch that weights are rewound to.
 * @throws the signal's reason when it is interrupted before; the finished epochs are kept.
 */
export async function trainToRewindPoint(training: IterationTraining): Promise<RewindPoint> {
  const { request } = training;
  const { rewindEpoch } = request.settings;
  const reached = new AbortController();
  const task = taskOf(training);
  const result = await train({
    ...task,
    resume: await prepareRun(task, training.start),
    signal: request.signal ? AbortSignal.any([request.signal, reached.signal]) : reached.signal,
    onProgress(event) {
      // The whole schedule is that of all epochs; the run is stopped where the rewind point is, and goes on later.
      const finished = event.kind === 'epoch' ? event.epoch : event.kind === 'start' ? event.epoch - 1 : 0;
      if (finished >= rewindEpoch) reached.abort();
      training.onProgress(event);
    },
  });
  if (result.epochs.length < rewindEpoch) throw request.signal?.reason;
  return { weights: result.weights, epochs: result.epochs };
}

/** Removes the run folders of the first `finished` iterations, which are not needed any more. */
export async function removeTrainings(folder: string, finished: number): Promise<void> {
  for (const name of await entriesOf(folder)) {
    const [, iteration] = /^training-(\d+)$/.exec(name) ?? [];
    if (iteration !== undefined && Number(iteration) <= finished)
      await remove(rewindFiles(folder).training(Number(iteration)));
  }
}
