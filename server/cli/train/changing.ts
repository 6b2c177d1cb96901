/** `prunelens train --method`: trainings that change their masks. */
import type { Executor } from '../../executors/types';
import { formatCount, formatPercent } from '../../format';
import type { Dataset } from '../../protocol/data';
import { usageError } from '../../protocol/errors';
import { type Control, countKept, type Masks, selectMasks } from '../../pruning';
import { batchSource } from '../../request/data';
import { dynamicConfig, initialCriterion, initialSparsity, isDynamicMethod } from '../../request/dynamic';
import type { DynamicFlags } from '../../request/flags';
import { findMethod } from '../../request/methods';
import type { PreparedModel } from '../../request/model';
import { scoreModel } from '../../request/scoring';
import type { TrainingRequest } from '../../request/types';
import { readRunConfig, readRunMasks } from '../../runs/read';
import type { TrainingConfig } from '../../training/config';
import type { DynamicMethod } from '../../training/dynamic/plan';
import type { TrainingResult } from '../../training/types';
import { note } from '../terminal/streams';

/** Flags of trainings that change their masks. */
export interface ChangingFlags extends DynamicFlags {
  readonly method?: string;
  /** With a method: fraction of the weights that is gone in the end. */
  readonly sparsity?: number;
  readonly masks?: string;
  readonly control?: Control;
}

/** A method that changes masks, and where to. */
export interface ChangingMethod {
  readonly method: DynamicMethod;
  readonly sparsity: number;
}

const FLAGS = ['sparsity', 'initialMask', 'initialSparsity', 'updateEvery', 'dropFraction', 'updateEnd'] as const;

const OF_FLAGS = '--sparsity, --initial-mask, --initial-sparsity, --update-every, --drop-fraction and --update-end';

/**
 * The method that changes the masks; undefined where they stay as they are.
 *
 * @throws UserError (usage) where flags do not go together.
 */
export function changingMethod(flags: ChangingFlags): ChangingMethod | undefined {
  const { method, sparsity, masks, initialMask, control } = flags;
  if (method === undefined) {
    if (FLAGS.every((flag) => flags[flag] === undefined)) return undefined;
    throw usageError(`${OF_FLAGS} are for trainings that change their masks.`, 'Name how with --method rigl.');
  }
  if (!isDynamicMethod(method)) {
    throw usageError(
      `${method} is no method that changes masks while it trains.`,
      'Those are set, rigl, gmp and granet. Write the masks of others with `prunelens prune`, and name them with --masks.',
    );
  }
  if (sparsity === undefined) throw usageError(`--method ${method} needs --sparsity.`);
  if (masks !== undefined && (initialMask !== undefined || method === 'gmp')) {
    const other = method === 'gmp' ? 'gmp begins with all weights' : '--initial-mask makes another';
    throw usageError(`--masks names a mask to begin with, but ${other}.`, 'Leave out one of them.');
  }
  if (control !== undefined) throw usageError(`--control is for masks that stay, and ${method} changes them.`);
  return { method, sparsity };
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

function countAll(masks: Masks): { readonly kept: number; readonly all: number } {
  const arrays = [...masks.values()];
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return { kept: sum(arrays.map(countKept)), all: sum(arrays.map(({ length }) => length)) };
}

/** What an initial mask is made of. */
interface Beginning {
  readonly model: PreparedModel;
  readonly request: TrainingRequest;
  readonly executor: Executor;
  readonly dataset: Dataset;
  readonly signal: AbortSignal;
}

/** The masks that training begins with. */
export async function initialMasks(
  { model, request, executor, dataset, signal }: Beginning,
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
  const saliency = await scoreModel({ criterion, model, executor, source, scoring, selection, sparsity, signal });
  return selectMasks(saliency, { sparsity, ...selection });
}

/** How the masks changed, for `--json`. */
export function changesJson({ masks, updates = [] }: TrainingResult) {
  return { kept: countAll(masks).kept, updates };
}

/** Says how the masks changed. */
export function noteChanges({ masks, updates = [] }: TrainingResult): void {
  const { kept, all } = countAll(masks);
  const grown = updates.reduce((sum, update) => sum + update.grown, 0);
  const dropped = updates.reduce((sum, update) => sum + update.dropped, 0);
  note(
    `The masks changed ${formatCount(updates.length)} times: ${formatCount(dropped)} weights went and ${formatCount(grown)} came; ` +
      `${formatCount(kept)} of ${formatCount(all)} are left (${formatPercent(kept / all)}). Those of the end are in final-masks.safetensors.`,
  );
}
