/** Sorted copies of scores: how many weights each tensor keeps at any sparsity, without looking at every weight again. */
import { UserError } from '../../protocol/errors';
import { keptCount, type Saliency } from '../../pruning';
import { countsOfHighest, sortedCopy } from '../../pruning/sortedValues';

/** One tensor's scores, ascending, as 0 where they were -0. */
interface SortedScores {
  readonly name: string;
  readonly sorted: Float32Array;
}

/** The scores of all tensors, ready for selection. */
export interface Ranking {
  readonly tensors: readonly SortedScores[];
  /** Counts that the criterion itself decided; they hold whatever the sparsity. */
  readonly kept?: ReadonlyMap<string, number>;
  /** Counts by layer ratios, at any sparsity. */
  readonly countsAt?: Saliency['countsAt'];
}

/** Sorts every tensor; `rest` is awaited between two, so that other work gets its turn. */
export async function createRanking(saliency: Saliency, rest: () => Promise<void>): Promise<Ranking> {
  const tensors: SortedScores[] = [];
  for (const [name, scores] of saliency.scores) {
    tensors.push({ name, sorted: sortedCopy(scores) });
    await rest();
  }
  return {
    tensors,
    ...(saliency.kept && { kept: saliency.kept }),
    ...(saliency.countsAt && { countsAt: saliency.countsAt }),
  };
}

/**
 * How many weights each tensor keeps at a sparsity, as `selectMasks` does it: the highest of all tensors together, with
 * at least `minPerLayer` (or all it has) in each.
 *
 * @throws UserError (usage) where minPerLayer asks for more than stays.
 */
export function countsPerTensor(
  { tensors, kept, countsAt }: Ranking,
  sparsity: number,
  minPerLayer: number,
): ReadonlyMap<string, number> {
  if (kept) return kept;
  if (countsAt) return countsAt(sparsity, minPerLayer).kept;
  const least = ({ sorted }: SortedScores) => Math.min(minPerLayer, sorted.length);
  const total = keptCount(
    tensors.reduce((sum, { sorted }) => sum + sorted.length, 0),
    sparsity,
  );
  if (tensors.reduce((sum, tensor) => sum + least(tensor), 0) > total) {
    throw new UserError(`At least ${minPerLayer} weights in each layer are more than the ${total} that stay.`, {
      kind: 'usage',
      hint: 'Lower the number of weights that every layer keeps, or the sparsity.',
    });
  }
  // A tensor that gets too few is held at its minimum, and the others share the rest; that can push more below theirs.
  const held = new Map<string, number>();
  for (;;) {
    const open = tensors.filter(({ name }) => !held.has(name));
    const left = total - [...held.values()].reduce((sum, count) => sum + count, 0);
    const counts = countsOfHighest(
      open.map(({ sorted }) => sorted),
      left,
    );
    const starved = open.filter((tensor, i) => counts[i] < least(tensor));
    if (starved.length === 0) return new Map([...held, ...open.map(({ name }, i) => [name, counts[i]] as const)]);
    for (const tensor of starved) held.set(tensor.name, least(tensor));
  }
}
