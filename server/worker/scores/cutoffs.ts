/** Which weights of a tensor stay, as a rule that is checked weight by weight. */
import type { Masks, Scores } from '../../pruning';
import type { Ascending } from '../../pruning/ascending';
import { countsPerTensor, type Ranking } from './ranking';

/**
 * A weight stays where its score is above the threshold, or equal to it and its index below `equalEnd`. This is what
 * `selectMasks` keeps: ties are broken by index.
 */
export interface Cutoff {
  readonly threshold: number;
  readonly equalEnd: number;
  /** Number of weights that stay. */
  readonly kept: number;
}

export type Cutoffs = ReadonlyMap<string, Cutoff>;

/** The index after the `count`-th score that equals `value`. */
function endOfEqual(scores: Float32Array, value: number, count: number): number {
  let index = -1;
  for (let found = 0; found < count; found++) index = scores.indexOf(value, index + 1);
  return index + 1;
}

function cutoffOf(scores: Float32Array, sorted: Ascending, kept: number): Cutoff {
  if (kept === 0) return { threshold: Number.POSITIVE_INFINITY, equalEnd: 0, kept };
  const threshold = sorted.at(sorted.length - kept);
  const above = sorted.length - sorted.countBelow(threshold, true);
  const equal = sorted.length - sorted.countBelow(threshold, false) - above;
  const wanted = kept - above;
  const equalEnd = wanted === equal ? scores.length : endOfEqual(scores, threshold, wanted);
  return { threshold, equalEnd, kept };
}

/**
 * The cutoff of every tensor at a sparsity.
 *
 * @throws UserError (usage) where minPerLayer asks for more than stays.
 */
export function cutoffsAt(scores: Scores, ranking: Ranking, sparsity: number, minPerLayer: number): Cutoffs {
  const counts = countsPerTensor(ranking, sparsity, minPerLayer);
  return new Map(
    ranking.tensors.map(({ name, sorted }) => [name, cutoffOf(scores.get(name)!, sorted, counts.get(name)!)]),
  );
}

export function isKept(score: number, index: number, { threshold, equalEnd }: Cutoff): boolean {
  return score > threshold || (score === threshold && index < equalEnd);
}

/** The masks that the cutoffs stand for. */
export function masksOf(scores: Scores, cutoffs: Cutoffs): Masks {
  return new Map(
    [...scores].map(([name, values]) => {
      const { threshold, equalEnd } = cutoffs.get(name)!;
      const mask = new Uint8Array(values.length);
      for (let i = 0; i < values.length; i++) {
        const score = values[i];
        if (score > threshold || (score === threshold && i < equalEnd)) mask[i] = 1;
      }
      return [name, mask];
    }),
  );
}
