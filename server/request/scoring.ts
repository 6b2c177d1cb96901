/** Scoring a prepared model, for every command that does. */
import type { Executor } from '../executors/types';
import { MODEL_OPTIONS, SELECTION_OPTIONS } from '../protocol/catalogue/options';
import type { Batch } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { type Criterion, type Masks, type Saliency, scoreNetwork, selectMasks } from '../pruning';
import { readBatches } from './batches';
import { batchSource, openData } from './data';
import type { BatchesOption, CriterionOptions, ModelOptions } from './flags';
import type { PreparedModel } from './model';
import { scoringBatchSize, scoringOptions } from './options';

/** Where the batches to score on come from. */
export interface BatchSource {
  readonly batches?: (count: number) => Promise<readonly Batch[]>;
  readonly givenBatches?: readonly Batch[];
}

/**
 * The batches of `--batches`, or those drawn from the data set; none where the criterion needs none.
 *
 * @throws UserError (usage) where the criterion needs data and none is given.
 */
export async function openBatches(
  criterion: Pick<Criterion, 'needsData' | 'title'>,
  model: PreparedModel,
  flags: ModelOptions & BatchesOption & Pick<CriterionOptions, 'pruningBatchSize'>,
): Promise<BatchSource> {
  if (!criterion.needsData) return {};
  if (flags.batches !== undefined) return { givenBatches: await readBatches(model.network, flags.batches) };
  const dataset = await openData({ data: flags.data, settings: model.settings, network: model.network });
  if (!dataset) {
    throw usageError(
      `${criterion.title} looks at training data, and none is given.`,
      'Name a data set with --data (mnist, a folder, a file) or in prunelens.json, or give exact batches with --batches.',
    );
  }
  const { settings } = model;
  const size =
    scoringBatchSize(flags, settings) ?? flags.batchSize ?? settings.batchSize ?? MODEL_OPTIONS.batchSize.default;
  return { batches: batchSource(dataset, size, model.seed) };
}

export interface ScoreRequest {
  readonly criterion: Criterion;
  readonly model: PreparedModel;
  readonly executor: Executor;
  readonly source: BatchSource;
  readonly flags: CriterionOptions;
  readonly sparsity: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Scores every prunable weight of the model. */
export function scoreModel(request: ScoreRequest): Promise<Saliency> {
  const { criterion, model, executor, source, flags, sparsity, signal, onProgress } = request;
  const { network, weights, prunable, seed, settings } = model;
  const options = { ...scoringOptions(flags, settings), sparsity };
  return scoreNetwork({
    criterion,
    network,
    weights,
    prunable,
    executor,
    options,
    seed,
    signal,
    ...source,
    ...(onProgress && { onProgress }),
  });
}

/** Masks that keep the highest scores, as flags and settings say. */
export function selectFor(model: PreparedModel, saliency: Saliency, sparsity: number, flags: CriterionOptions): Masks {
  return selectMasks(saliency, {
    sparsity,
    scope: flags.selection ?? SELECTION_OPTIONS.selection.default,
    minPerLayer: flags.minPerLayer ?? model.settings.prunable?.minPerLayer ?? SELECTION_OPTIONS.minPerLayer.default,
  });
}
