import { formatPercent } from '../format';
import { usageError } from '../protocol/errors';
import { countKept, type Masks } from '../pruning';
import { readRunConfig, readRunMasks } from '../runs/read';
import type { TrainingConfig } from '../training/config';
import type { DynamicMethod } from '../training/dynamic/plan';
import { dynamicConfig, initialCriterion, initialSparsity } from './dynamic';
import { findMethod } from './methods';
import { type Beginning, scoredMasks } from './scoredMasks';
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

/** The masks that training begins with. */
export async function initialMasks(beginning: Beginning, { method, sparsity: wanted }: ChangingMethod): Promise<Masks> {
  const { model, request } = beginning;
  const { scoring, dynamic } = request;
  const name = initialCriterion(method, dynamic);
  const sparsity = initialSparsity(method, dynamic, wanted);
  if (name === undefined || sparsity === 0) {
    return new Map(model.prunable.map((one) => [one, new Uint8Array(model.weights.get(one)!.length).fill(1)]));
  }
  return scoredMasks(beginning, findMethod(name, scoring), sparsity);
}
