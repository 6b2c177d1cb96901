/** A predictor for AutoS from models in one go: their iterative prunings, then training on what survived. */
import { type CollectEvent, collectSurvival } from '../autos/dataset/collect';
import type { PredictorEvent } from '../autos/predictor/train';
import type { Predictor } from '../autos/predictor/types';
import type { RewindTask } from '../autos/rewinding/types';
import type { Executor } from '../executors/types';
import { withFolderLock } from '../files/lock';
import { LEARNING_OPTIONS, LEARNING_TRAINING_OPTIONS } from '../protocol/catalogue/options';
import type { ModelOptions, TrainingFlags } from '../request/flags';
import { learnPredictor, type PredictorFlags } from './predictor';
import type { RewindFlags } from './rewinding';

/** How models are pruned to learn from; absent values are chosen so that it is done in minutes. */
export interface LearningFlags extends ModelOptions, TrainingFlags {
  readonly iterations?: number;
  readonly finalSparsity?: number;
  readonly pruningBatches?: number;
  readonly seeds?: number;
}

/** The prunings that the flags mean. */
export function learningRewinds({ schedule, ...flags }: LearningFlags): RewindFlags {
  return {
    ...flags,
    iterations: flags.iterations ?? LEARNING_OPTIONS.iterations.default,
    finalSparsity: flags.finalSparsity ?? LEARNING_OPTIONS.finalSparsity.default,
    epochs: flags.epochs ?? LEARNING_TRAINING_OPTIONS.epochs.default,
    seeds: flags.seeds ?? LEARNING_OPTIONS.seeds.default,
    schedule: 'pct',
    criterion: 'magnitude',
    rewindEpoch: 0,
    ...(schedule && { learningRateSchedule: schedule }),
  };
}

/** The file's path without its extension: what belongs to a predictor lies beside it, under its name. */
export function besidePredictor(out: string): string {
  return out.replace(/\.safetensors$/, '');
}

/** The data set's folder where none is named. */
export function datasetBeside(out: string): string {
  return `${besidePredictor(out)}.dataset`;
}

/** Hears of learning as it goes on: of the prunings, then `collected`, then of the predictor's training. */
export interface LearningObserver {
  pruning?(event: CollectEvent): void;
  /** The data set is complete. */
  collected?(dataset: string): void;
  training?(event: PredictorEvent): void;
}

export interface LearningRequest {
  readonly tasks: readonly RewindTask[];
  /** Folder of the data set; what is in it stays and is learned from, too. */
  readonly dataset: string;
  readonly predictor: PredictorFlags;
  /** File of the predictor. */
  readonly out: string;
  readonly executor: Executor;
  readonly signal: AbortSignal;
  readonly observer?: LearningObserver;
}

/**
 * Prunes, learns and writes the predictor. The same call goes on where an interruption left the prunings.
 *
 * @throws the signal's reason when it is interrupted; a UserError where the data set is in use or does not fit.
 */
export async function learn(request: LearningRequest): Promise<Predictor> {
  const { tasks, dataset, predictor: flags, out, executor, signal, observer } = request;
  await withFolderLock(dataset, () =>
    collectSurvival({
      tasks,
      executor,
      folder: dataset,
      resume: true,
      signal,
      onProgress: (event) => observer?.pruning?.(event),
    }),
  );
  observer?.collected?.(dataset);
  const onProgress = (event: PredictorEvent) => observer?.training?.(event);
  const predictor = await learnPredictor({ dataset, flags, out, executor, signal, onProgress });
  signal.throwIfAborted();
  return predictor;
}
