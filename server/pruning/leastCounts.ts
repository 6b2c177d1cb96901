/** How many weights tensors keep where each keeps a number of them at least. */
import { usageError } from '../protocol/errors';

/** Places of tensors that share what is left, and how many weights each would keep. */
export type CountsOf = (places: readonly number[], left: number) => readonly number[];

const sumOf = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0);

/**
 * What each tensor keeps at least: `minPerLayer`, or all it has.
 *
 * @param total of all tensors together.
 * @throws UserError (usage) where that is more than stays.
 */
export function leastCounts(sizes: readonly number[], total: number, minPerLayer: number): readonly number[] {
  const least = sizes.map((size) => Math.min(size, minPerLayer));
  if (sumOf(least) <= total) return least;
  throw usageError(
    `At least ${minPerLayer} weights in each layer are more than the ${total} that stay.`,
    'Lower the number of weights that every layer keeps (--min-per-layer), or the sparsity.',
  );
}

/**
 * The counts that `countsOf` gives to tensors, with none below its least: one that gets too few is held there, and the others share the
 * rest, which can push more below theirs.
 *
 * @returns counts that add up to `total`.
 * @throws UserError (usage) as `leastCounts`.
 */
export function countsWithLeast(
  sizes: readonly number[],
  total: number,
  minPerLayer: number,
  countsOf: CountsOf,
): readonly number[] {
  const least = leastCounts(sizes, total, minPerLayer);
  const held = new Map<number, number>();
  for (;;) {
    const open = sizes.map((_, place) => place).filter((place) => !held.has(place));
    const counts = countsOf(open, total - sumOf(held.values()));
    const starved = open.filter((place, i) => counts[i] < least[place]);
    if (starved.length === 0) {
      const found = new Map([...held, ...open.map((place, i) => [place, counts[i]] as const)]);
      return sizes.map((_, place) => found.get(place)!);
    }
    for (const place of starved) held.set(place, least[place]);
  }
}
