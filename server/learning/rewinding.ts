/** From models and options to iterative prunings that can be run. */
import type { RewindTask } from '../autos/rewinding/types';
import type { PruningSchedule, RewindSettings } from '../autos/types';
import { checkRuns } from '../protocol/catalogue/limits';
import { requireData } from '../request/data';
import type { ModelOptions, TrainingFlags } from '../request/flags';
import { type Loading, openTrained, type Requested } from '../request/model';
import type { TrainingRequest } from '../request/types';
import { readWeights } from '../request/weights';
import type { ScheduleConfig } from '../training/config';

/** What `prunelens autos dataset` takes. */
export interface RewindFlags extends ModelOptions, Omit<TrainingFlags, 'schedule'> {
  /** Of each training. */
  readonly learningRateSchedule?: ScheduleConfig['kind'];
  readonly iterations: number;
  /** Of the pruning. */
  readonly schedule: PruningSchedule;
  readonly finalSparsity: number;
  readonly criterion: RewindSettings['criterion'];
  readonly rewindEpoch: number;
  readonly pruningBatches?: number;
  readonly seeds: number;
}

/** The gradient of a weight is small against the noise of one batch. */
const DEFAULT_PRUNING_BATCHES = 10;

/** A model with what is asked for of it, and its prunings. */
export interface PreparedRewinds extends Requested<TrainingRequest> {
  /** One for each seed. */
  readonly tasks: readonly RewindTask[];
}

/**
 * Loads a model and its data; everything that is wrong with them is a UserError now, not after the first training.
 * @param label a short name for the model.
 */
export async function prepareRewinds(
  specifier: string,
  label: string,
  flags: RewindFlags,
  signal: AbortSignal,
  loading: Loading,
): Promise<PreparedRewinds> {
  const { learningRateSchedule, iterations, schedule, finalSparsity, criterion, rewindEpoch, ...rest } = flags;
  checkRuns('The iterative pruning', flags.seeds * iterations);
  const training = { ...rest, ...(learningRateSchedule && { schedule: learningRateSchedule }) };
  const requested = await openTrained(specifier, training, signal, loading);
  const { model, request } = requested;
  const { network, prunable } = model;
  const opened = await requireData(request, network);
  const seeds = Array.from({ length: flags.seeds }, (_, i) => model.seed + i);
  const tasks = seeds.map(
    async (seed): Promise<RewindTask> => ({
      label,
      modelHash: network.fingerprint,
      network,
      weights: await readWeights(network, seed, request.weightsFile),
      prunable,
      ...opened,
      config: { ...request.training, seed },
      settings: { iterations, schedule, finalSparsity, criterion, rewindEpoch, seed },
      pruningBatches: flags.pruningBatches ?? DEFAULT_PRUNING_BATCHES,
    }),
  );
  return { ...requested, tasks: await Promise.all(tasks) };
}
