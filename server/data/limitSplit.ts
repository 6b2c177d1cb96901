/** A part of a split. */
import type { Split } from '../protocol/data';
import { createRandom } from '../random';
import { labelsOf } from './batches';

/** So many of its examples at most, the same for every seed, so that runs to be compared see the same examples. */
export function limitSplit(split: Split, limit: number): Split {
  if (limit >= split.size) return split;
  const chosen = createRandom(0, 'limit').permutation(split.size).subarray(0, limit).sort();
  const { labelPlace, fetch, readAhead, isOrdered } = split;
  const each = split.labels.length / split.size;
  return {
    size: limit,
    labels: labelsOf(split, chosen),
    ...(isOrdered && { isOrdered }),
    ...(readAhead !== undefined && { readAhead }),
    ...(fetch && {
      fetch: (indices, chance) =>
        fetch(
          Int32Array.from(indices, (index) => chosen[index]),
          chance,
        ),
    }),
    ...(labelPlace && {
      labelPlace: (index: number) => labelPlace(chosen[Math.floor(index / each)] * each + (index % each)),
    }),
    read(indices, out, part) {
      split.read(
        Int32Array.from(indices, (index) => chosen[index]),
        out,
        part,
      );
    },
  };
}
