/** From models and options to iterative prunings that can be run. */
import type { RewindTask } from '../autos/rewinding/types';
import type { PruningSchedule, RewindSettings } from '../autos/types';
import { fingerprint } from '../models/fingerprint';
import { dataName, requireData } from '../request/data';
import type { ModelOptions, TrainingFlags } from '../request/flags';
import { type Loading, type PreparedModel, prepareModel } from '../request/model';
import { trainingConfig } from '../request/options';
import { readWeights } from '../request/tensors';
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

export interface PreparedRewinds {
  readonly model: PreparedModel;
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
  const model = await prepareModel(specifier, flags, signal, loading);
  return { model, tasks: await rewindTasks(model, label, flags) };
}

/** One pruning for each seed, of a model that is loaded; its data is read now. */
export async function rewindTasks(
  model: PreparedModel,
  label: string,
  flags: RewindFlags,
): Promise<readonly RewindTask[]> {
  const { network, settings, prunable } = model;
  const dataset = await requireData({ ...flags, settings, network });
  const data = dataName({ ...flags, settings })!;
  const { learningRateSchedule, iterations, schedule, finalSparsity, criterion, rewindEpoch, ...rest } = flags;
  const training = { ...rest, ...(learningRateSchedule && { schedule: learningRateSchedule }) };
  const seeds = Array.from({ length: flags.seeds }, (_, i) => model.seed + i);
  return Promise.all(
    seeds.map(
      async (seed): Promise<RewindTask> => ({
        label,
        modelHash: fingerprint(model.description),
        network,
        weights: await readWeights(network, seed, flags.weights),
        prunable,
        data,
        dataset,
        config: trainingConfig(training, settings, seed),
        settings: { iterations, schedule, finalSparsity, criterion, rewindEpoch, seed },
        pruningBatches: flags.pruningBatches ?? DEFAULT_PRUNING_BATCHES,
      }),
    ),
  );
}
