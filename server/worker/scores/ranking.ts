/** Scores in their order: how many weights each tensor keeps at any sparsity, without looking at every weight again. */
import { keptCount, type Saliency } from '../../pruning';
import { type Ascending, ascending, countsAmongHighest } from '../../pruning/ascending';
import { countsWithLeast } from '../../pruning/leastCounts';

/** One tensor's scores. */
interface SortedScores {
  readonly name: string;
  readonly sorted: Ascending;
}

/** The scores of all tensors, ready for selection. */
export interface Ranking {
  readonly tensors: readonly SortedScores[];
  /** Counts that the criterion itself decided; they hold whatever the sparsity. */
  readonly kept?: ReadonlyMap<string, number>;
  /** Counts by layer ratios, at any sparsity. */
  readonly countsAt?: Saliency['countsAt'];
}

/** Puts the scores of every tensor in order; `rest` is awaited between two, so that other work gets its turn. */
export async function createRanking(saliency: Saliency, rest: () => Promise<void>): Promise<Ranking> {
  const tensors: SortedScores[] = [];
  for (const [name, scores] of saliency.scores) {
    tensors.push({ name, sorted: ascending(scores) });
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
  const sizes = tensors.map(({ sorted }) => sorted.length);
  const total = keptCount(
    sizes.reduce((sum, size) => sum + size, 0),
    sparsity,
  );
  const counts = countsWithLeast(sizes, total, minPerLayer, (open, left) =>
    countsAmongHighest(
      open.map((place) => tensors[place].sorted),
      left,
    ),
  );
  return new Map(tensors.map(({ name }, i) => [name, counts[i]]));
}
