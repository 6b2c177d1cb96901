/** Masks that a training begins with, from the scores of a criterion. */
import type { Executor } from '../executors/types';
import type { Dataset } from '../protocol/data';
import { type Criterion, type Masks, selectMasks } from '../pruning';
import { batchSource } from './data';
import type { PreparedModel } from './model';
import { scoreModel } from './scoring';
import type { TrainingRequest } from './types';

/** What an initial mask is made of. */
export interface Beginning {
  readonly model: PreparedModel;
  readonly request: TrainingRequest;
  readonly executor: Executor;
  readonly dataset: Dataset;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Scores with the options of the training itself, on its data, and keeps what `sparsity` leaves. */
export async function scoredMasks(
  { model, request, executor, dataset, signal, onProgress }: Beginning,
  criterion: Criterion,
  sparsity: number,
): Promise<Masks> {
  const { scoring, selection } = request;
  const source = batchSource(model.network, dataset, scoring.batchSize, model.seed);
  const asked = { criterion, model, executor, source, scoring, selection, sparsity, signal };
  const saliency = await scoreModel({ ...asked, ...(onProgress && { onProgress }) });
  return selectMasks(saliency, { sparsity, ...selection });
}
