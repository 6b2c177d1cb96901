/** Trainings that change their masks: how they are configured, and the masks that they begin with. */
import type { Executor } from '../executors/types';
import { formatPercent } from '../format';
import type { Dataset } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { countKept, type Masks, selectMasks } from '../pruning';
import { readRunConfig, readRunMasks } from '../runs/read';
import type { TrainingConfig } from '../training/config';
import type { DynamicMethod } from '../training/dynamic/plan';
import { batchSource } from './data';
import { dynamicConfig, initialCriterion, initialSparsity } from './dynamic';
import { findMethod } from './methods';
import type { PreparedModel } from './model';
import { scoreModel } from './scoring';
import type { TrainingRequest } from './types';

/** A method that changes masks, and where to. */
export interface ChangingMethod {
  readonly method: DynamicMethod;
  readonly sparsity: number;
}

/** How the network is trained. @param given Masks of a file that training begins with: they say how sparse they are. */
export function trainedConfig(
  request: TrainingRequest,
  changing: ChangingMethod | undefined,
  given: Masks | undefined,
): TrainingConfig {
  if (!changing) return request.training;
  const dynamic = dynamicConfig(changing.method, request, changing.sparsity);
  const { pruning } = dynamic;
  if (!pruning || !given) return { ...request.training, dynamic };
  const { kept, all } = countAll(given);
  const initialSparsity = 1 - kept / all;
  if (initialSparsity <= pruning.finalSparsity) {
    return { ...request.training, dynamic: { ...dynamic, pruning: { ...pruning, initialSparsity } } };
  }
  throw usageError(
    `The masks keep ${formatPercent(kept / all)} of the weights, less than ${changing.method} is to leave in the end.`,
    'Raise --sparsity, or name masks that keep more.',
  );
}

/** Masks of a file that a run which goes on began with; undefined where it made its own. */
export async function masksOfFile(runDir: string): Promise<Masks | undefined> {
  const { origin } = await readRunConfig(runDir);
  return origin.masksFile === undefined ? undefined : readRunMasks(runDir);
}

/** Weights that masks keep, and all that they are over. */
export function countAll(masks: Masks): { readonly kept: number; readonly all: number } {
  const arrays = [...masks.values()];
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return { kept: sum(arrays.map(countKept)), all: sum(arrays.map(({ length }) => length)) };
}

/** What an initial mask is made of. */
export interface Beginning {
  readonly model: PreparedModel;
  readonly request: TrainingRequest;
  readonly executor: Executor;
  readonly dataset: Dataset;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The masks that training begins with. */
export async function initialMasks(
  { model, request, executor, dataset, signal, onProgress }: Beginning,
  { method, sparsity: wanted }: ChangingMethod,
): Promise<Masks> {
  const { scoring, selection, dynamic } = request;
  const name = initialCriterion(method, dynamic);
  const sparsity = initialSparsity(method, dynamic, wanted);
  if (name === undefined || sparsity === 0) {
    return new Map(model.prunable.map((one) => [one, new Uint8Array(model.weights.get(one)!.length).fill(1)]));
  }
  const criterion = findMethod(name, scoring);
  const source = batchSource(model.network, dataset, scoring.batchSize, model.seed);
  const asked = { criterion, model, executor, source, scoring, selection, sparsity, signal };
  const saliency = await scoreModel({ ...asked, ...(onProgress && { onProgress }) });
  return selectMasks(saliency, { sparsity, ...selection });
}
