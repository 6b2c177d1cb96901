/** Iterative rewind pruning: train, prune, rewind the survivors, and again. */
import { mkdir } from 'node:fs/promises';
import { writeJsonAtomic } from '../../files/atomic';
import { fileFailure } from '../../files/failures';
import { usageError } from '../../protocol/errors';
import { pickTestMetrics } from '../../protocol/metricKeys';
import { sizeOf } from '../../protocol/tensor';
import type { TrainingEvent } from '../../training/types';
import { removeLeftovers } from '../leftovers';
import type { FinishedIteration, SurvivalRun } from '../types';
import {
  entriesOf,
  type Progress,
  type RewindPoint,
  type RewindRecord,
  readGradient,
  readInitial,
  readProgress,
  readRecord,
  readRewindPoint,
  rewindFiles,
  writeGradient,
  writeInitial,
  writeProgress,
  writeRewindPoint,
} from './folder';
import { checkSamePruning, recordOf } from './identity';
import { followRewinding } from './progress';
import { pruningGradient, rankingScores } from './saliency';
import { checkRewindSettings, keptAfter } from './schedule';
import { countAlive, masksAfter, pruneOnce } from './survival';
import { removeTrainings, trainIteration, trainToRewindPoint } from './training';
import type { RewindRequest } from './types';

/**
 * Iterative rewind pruning (Frankle and Carbin 2019; the surviving scores of AutoSparse). Each iteration trains the network
 * under the masks so far, ranks the surviving weights of all layers together by their trained magnitude or by SNIP at the
 * trained weights, removes the lowest as the schedule says, and rewinds the others to their values at initialization, or
 * after the rewind epoch. Other parameters are rewound too. Training after a rewind epoch k goes on with epoch k + 1 of
 * the schedule and a new optimizer.
 *
 * The state is in `request.folder`. A folder that holds an unfinished (or finished) pruning is continued, and ends equal to
 * the bit, on the same backend, to one that was never stopped, except for the measured seconds.
 *
 * @throws the signal's reason when it is interrupted; a UserError where settings do not fit, the folder holds another
 * pruning or something else, training diverges, or a file cannot be read or written. What was finished is kept.
 */
export async function rewindAndPrune(request: RewindRequest): Promise<SurvivalRun> {
  const complete = { ...request, config: { ...request.config, seed: request.settings.seed } };
  const { folder, settings, signal } = complete;
  const wanted = recordOf(complete);
  const weights = wanted.prunable.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  checkRewindSettings(settings, weights, complete.config.epochs);
  const record = await openFolder(complete, wanted);

  let progress = await readProgress(folder, record);
  const events = followRewinding(complete, progress.iterations.length);
  while (progress.iterations.length < settings.iterations) {
    signal?.throwIfAborted();
    const kept = keptAfter({ ...settings, weights }, progress.iterations.length + 1);
    progress = await runIteration(complete, record, progress, kept, events);
    await writeProgress(folder, record, progress);
    await removeTrainings(folder, progress.iterations.length);
    events.finished(progress.iterations.at(-1)!);
  }
  // A kill may have come between an iteration's end and its removal.
  await removeTrainings(folder, settings.iterations);
  return readRewinding(folder);
}

type Events = ReturnType<typeof followRewinding>;

/** Trains and prunes once; nothing of the state on disk changes but the iteration's run folder. */
async function runIteration(
  request: RewindRequest,
  record: RewindRecord,
  { survival, iterations }: Progress,
  kept: number,
  events: Events,
): Promise<Progress> {
  const iteration = iterations.length + 1;
  const masks = masksAfter(survival, iterations.length);
  const sparsity = 1 - countAlive(survival, iterations.length) / countAlive(survival, 0);
  const onProgress = (event: TrainingEvent) => events.training(iteration, sparsity, event);
  const rewound = await findRewindPoint(request, record, onProgress);
  // The first training goes on where the rewind point was found, as nothing has been pruned.
  const start = iteration === 1 ? await beginning(request, record) : rewound;
  const result = await trainIteration({ request, iteration, masks, start, onProgress });
  const scores = await rankingScores(request, result.weights);
  const { testLoss } = result.final!;
  const finished: FinishedIteration = {
    iteration,
    sparsity,
    testLoss,
    ...pickTestMetrics(result.final!),
    seconds: result.seconds,
  };
  return { survival: pruneOnce(survival, scores, kept), iterations: [...iterations, finished] };
}

async function beginning({ folder }: RewindRequest, record: RewindRecord): Promise<RewindPoint> {
  return { weights: await readInitial(folder, record), epochs: [] };
}

/** The rewind point; trained and stored where it is not there yet. */
async function findRewindPoint(
  request: RewindRequest,
  record: RewindRecord,
  onProgress: (event: TrainingEvent) => void,
): Promise<RewindPoint> {
  const { folder } = request;
  const stored = await readRewindPoint(folder, record);
  if (stored) return stored;
  const { survival } = await readProgress(folder, record);
  const start = await beginning(request, record);
  const point = await trainToRewindPoint({ request, iteration: 1, masks: masksAfter(survival, 0), start, onProgress });
  await writeRewindPoint(folder, record, point);
  return point;
}

/** Makes the folder and what is known before the first training, or finds that it holds the same pruning. */
async function openFolder(request: RewindRequest, wanted: RewindRecord): Promise<RewindRecord> {
  const { folder, weights } = request;
  const { record: path } = rewindFiles(folder);
  await removeLeftovers(folder);
  const names = await entriesOf(folder);
  if (names.includes('rewinding.json')) checkSamePruning(await readRecord(folder), wanted, folder);
  else if (names.length > 0) {
    throw usageError(`${folder} is not empty and holds no iterative pruning.`, 'Choose another folder.');
  } else {
    await mkdir(folder, { recursive: true }).catch((error) => {
      throw fileFailure(error, 'write', folder);
    });
    await writeJsonAtomic(path, wanted);
  }
  if (!names.includes('initial.safetensors')) await writeInitial(folder, wanted, weights);
  if (!names.includes('gradient.safetensors')) {
    await writeGradient(folder, wanted, await pruningGradient(request, weights));
  }
  return wanted;
}

/**
 * The finished iterative pruning in `folder`, as a shard of a data set.
 * @throws a usage error where there is none, or it is not finished; a UserError where it is damaged.
 */
export async function readRewinding(folder: string): Promise<SurvivalRun> {
  const record = await readRecord(folder);
  const { label, modelHash, data, settings, training, prunable } = record;
  const { survival, iterations } = await readProgress(folder, record);
  if (iterations.length < settings.iterations) {
    const done = `${iterations.length} of ${settings.iterations} iterations are done`;
    throw usageError(`The iterative pruning in ${folder} is not finished: ${done}.`, 'Go on with it first.');
  }
  const [initial, gradient] = [await readInitial(folder, record), await readGradient(folder, record)];
  return {
    label,
    modelHash,
    data,
    settings,
    training,
    iterations,
    layers: prunable.map(({ weight, shape }) => ({
      weight,
      shape,
      initial: initial.get(weight)!,
      gradient: gradient.get(weight)!,
      survived: survival.survived.get(weight)!,
    })),
  };
}
