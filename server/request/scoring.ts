/** Scoring a prepared model, for every command that does. */
import type { Executor } from '../executors/types';
import type { Batch } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { type Criterion, type Saliency, scoreNetwork } from '../pruning';
import { readBatches } from './batches';
import { batchSource, openData } from './data';
import type { PreparedModel } from './model';
import type { ModelRequest, ScoringChoice } from './types';

/** Where the batches to score on come from. */
export interface BatchSource {
  readonly batches?: (count: number) => Promise<readonly Batch[]>;
  readonly givenBatches?: readonly Batch[];
}

/**
 * The batches of a file, or those drawn from the data set; none where the criterion needs none.
 *
 * @throws UserError (usage) where the criterion needs data and none is given.
 */
export async function openBatches(
  criterion: Pick<Criterion, 'needsData' | 'title'>,
  { network, seed }: Pick<PreparedModel, 'network' | 'seed'>,
  request: Pick<ModelRequest, 'data' | 'limit' | 'batchesFile' | 'scoring'>,
): Promise<BatchSource> {
  if (!criterion.needsData) return {};
  if (request.batchesFile !== undefined) return { givenBatches: await readBatches(network, request.batchesFile) };
  const dataset = await openData(request, network);
  if (!dataset) {
    throw usageError(
      `${criterion.title} looks at training data, and none is given.`,
      'Name a data set with --data (mnist, a folder, a file) or in prunelens.json, or give exact batches with --batches.',
    );
  }
  return { batches: batchSource(dataset, request.scoring.batchSize, seed) };
}

export interface ScoreRequest {
  readonly criterion: Criterion;
  readonly model: PreparedModel;
  readonly executor: Executor;
  readonly source: BatchSource;
  readonly scoring: ScoringChoice;
  readonly sparsity: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Scores every prunable weight of the model. */
export function scoreModel(request: ScoreRequest): Promise<Saliency> {
  const { criterion, model, executor, source, scoring, sparsity, signal, onProgress } = request;
  const { network, weights, prunable, seed } = model;
  return scoreNetwork({
    criterion,
    network,
    weights,
    prunable,
    executor,
    options: { ...scoring.options, sparsity },
    seed,
    signal,
    ...source,
    ...(onProgress && { onProgress }),
  });
}
