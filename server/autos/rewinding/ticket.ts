/** Winning tickets: the subnetworks that an iterative pruning has found, at the point from which they can be trained. */
import { formatPercent } from '../../format';
import { usageError } from '../../protocol/errors';
import { countKept } from '../../pruning/selection';
import type { Masks, Weights } from '../../pruning/types';
import { readProgress, readRecord, readRewindPoint } from './folder';
import { countAlive, masksAtSparsity } from './survival';

export interface WinningTicket {
  /** Network that was pruned, and its fingerprint. */
  readonly label: string;
  readonly modelHash: string;
  readonly seed: number;
  /** Masks of the prunable weights, exactly round((1 - sparsity) n) kept. */
  readonly masks: Masks;
  /** Every parameter's rewound value, those of removed weights too. */
  readonly weights: Weights;
  /** Shapes of the parameters. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Epochs of training that the rewound values have had; 0 at initialization. */
  readonly rewindEpoch: number;
  /** Numbers of prunable weights, and of those that stay. */
  readonly prunable: number;
  readonly kept: number;
}

/**
 * The winning ticket of the iterative pruning in `folder` at `sparsity`: what an iteration left where one came to exactly
 * this sparsity; else what was alive after the last one before it, pruned further by the scores with which the next
 * iteration ranked it. So tickets of higher sparsity are parts of those of lower.
 *
 * @throws a usage error where there is no iterative pruning, or it has not come to this sparsity.
 */
export async function winningTicket(folder: string, sparsity: number): Promise<WinningTicket> {
  const record = await readRecord(folder);
  const { survival } = await readProgress(folder, record);
  const rewound = await readRewindPoint(folder, record);
  const masks = masksAtSparsity(survival, sparsity);
  const prunable = countAlive(survival, 0);
  if (!masks || !rewound) {
    const reached = formatPercent(1 - countAlive(survival, survival.iterations) / prunable, 2);
    const done = `${survival.iterations} of ${record.settings.iterations} iterations are done`;
    throw usageError(
      `The iterative pruning in ${folder} has come to a sparsity of ${reached} (${done}), not ${formatPercent(sparsity, 2)}.`,
      'Ask for a lower sparsity, or prune to a higher --final-sparsity.',
    );
  }
  return {
    label: record.label,
    modelHash: record.modelHash,
    seed: record.settings.seed,
    masks,
    weights: rewound.weights,
    shapes: new Map(record.parameters.map(({ name, shape }) => [name, shape])),
    rewindEpoch: record.settings.rewindEpoch,
    prunable,
    kept: Array.from(masks.values(), countKept).reduce((sum, count) => sum + count, 0),
  };
}
