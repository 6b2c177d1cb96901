/** `prunelens train --method`: trainings that change their masks. */
import { formatCount, formatPercent } from '../../format';
import { usageError } from '../../protocol/errors';
import type { Control } from '../../pruning';
import { type ChangingMethod, countAll } from '../../request/changing';
import { isDynamicMethod } from '../../request/dynamic';
import type { DynamicFlags } from '../../request/flags';
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
