/** Sorted copies of scores: how many weights each tensor keeps at any sparsity, without looking at every weight again. */
import { UserError } from '../../protocol/errors';
import { keptCount, type Saliency } from '../../pruning';

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

/** Sorts one tensor's scores into a copy. */
export function sortScores(scores: Float32Array): Float32Array {
  // Adding 0 makes 0 of -0, which sorting would tell apart and selection does not.
  return scores.map((score) => score + 0).sort();
}

/** Sorts every tensor; `rest` is awaited between two, so that other work gets its turn. */
export async function createRanking(saliency: Saliency, rest: () => Promise<void>): Promise<Ranking> {
  const tensors: SortedScores[] = [];
  for (const [name, scores] of saliency.scores) {
    tensors.push({ name, sorted: sortScores(scores) });
    await rest();
  }
  return {
    tensors,
    ...(saliency.kept && { kept: saliency.kept }),
    ...(saliency.countsAt && { countsAt: saliency.countsAt }),
  };
}

/** Number of values below `limit`, or not above it. */
export function countBelow(sorted: Float32Array, limit: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < limit || (orEqual && sorted[middle] === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** The float32 at a place in the order of all float32s, and the place of a float32. */
function floatAt(place: number): number {
  bits[0] = place >= 0x80000000 ? place - 0x80000000 : ~place;
  return floats[0];
}

function placeOf(value: number): number {
  floats[0] = value;
  return bits[0] >>> 31 ? ~bits[0] >>> 0 : (bits[0] | 0x80000000) >>> 0;
}

/** How many each tensor has among the `count` highest of all together, earlier tensors first among equals. */
function shareOut(tensors: readonly SortedScores[], count: number): number[] {
  if (count === 0) return tensors.map(() => 0);
  const filled = tensors.filter(({ sorted }) => sorted.length > 0);
  const atLeast = (limit: number) =>
    tensors.reduce((sum, { sorted }) => sum + sorted.length - countBelow(sorted, limit, false), 0);
  // The highest value that `count` weights reach, by bisection over the float32s.
  let low = placeOf(Math.min(...filled.map(({ sorted }) => sorted[0])));
  let high = placeOf(Math.max(...filled.map(({ sorted }) => sorted[sorted.length - 1])));
  while (low < high) {
    const middle = low + Math.ceil((high - low) / 2);
    if (atLeast(floatAt(middle)) >= count) low = middle;
    else high = middle - 1;
  }
  const threshold = floatAt(low);
  const above = tensors.map(({ sorted }) => sorted.length - countBelow(sorted, threshold, true));
  let left = count - above.reduce((sum, number) => sum + number, 0);
  return tensors.map(({ sorted }, i) => {
    const equal = sorted.length - countBelow(sorted, threshold, false) - above[i];
    const taken = Math.min(equal, left);
    left -= taken;
    return above[i] + taken;
  });
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
    const counts = shareOut(open, left);
    const starved = open.filter((tensor, i) => counts[i] < least(tensor));
    if (starved.length === 0) return new Map([...held, ...open.map(({ name }, i) => [name, counts[i]] as const)]);
    for (const tensor of starved) held.set(tensor.name, least(tensor));
  }
}
