/** Which weights have survived how long: the state of an iterative pruning, as pure functions. */
import { checkFinite, keepHighest, keptCount } from '../../pruning/selection';
import type { Masks, Scores } from '../../pruning/types';

/**
 * After i iterations, a weight with count i is alive and one with count c < i was removed by iteration c + 1. With the
 * score by which each weight was last ranked, this orders all weights: by count, then by score, then by index.
 */
export interface Survival {
  /** Pruning iterations done. */
  readonly iterations: number;
  /** Iterations each weight survived, by name. */
  readonly survived: ReadonlyMap<string, Uint16Array>;
  /** Score of each weight when it was removed, or at the latest iteration; 0 before the first. */
  readonly scores: ReadonlyMap<string, Float32Array>;
}

/** Before the first iteration: everything is alive. `sizes` are [name, number of weights]. */
export function initialSurvival(sizes: readonly (readonly [string, number])[]): Survival {
  return {
    iterations: 0,
    survived: new Map(sizes.map(([name, size]) => [name, new Uint16Array(size)])),
    scores: new Map(sizes.map(([name, size]) => [name, new Float32Array(size)])),
  };
}

/** Masks of the weights that survived the first `iteration` iterations; all for 0. */
export function masksAfter({ survived }: Pick<Survival, 'survived'>, iteration: number): Masks {
  return new Map(
    Array.from(survived, ([name, counts]) => [name, Uint8Array.from(counts, (count) => (count >= iteration ? 1 : 0))]),
  );
}

/** Number of weights that survived the first `iteration` iterations. */
export function countAlive({ survived }: Pick<Survival, 'survived'>, iteration: number): number {
  let alive = 0;
  for (const counts of survived.values()) for (const count of counts) if (count >= iteration) alive++;
  return alive;
}

/** Scores of what was removed after exactly `iteration` iterations or is alive then; everything else below them all. */
function ranked(scores: Scores, survived: Survival['survived'], isMeant: (count: number) => boolean): Float32Array[] {
  return Array.from(survived, ([name, counts]) =>
    scores.get(name)!.map((score, i) => (isMeant(counts[i]) ? score : -Infinity)),
  );
}

/**
 * One pruning: of the weights alive, the `kept` with the highest scores stay, earlier ones first among equals.
 * @throws a UserError where a score is not finite.
 */
export function pruneOnce({ iterations, survived, scores }: Survival, latest: Scores, kept: number): Survival {
  checkFinite(latest);
  const chosen = keepHighest(
    ranked(latest, survived, (count) => count === iterations),
    kept,
  );
  const names = [...survived.keys()];
  return {
    iterations: iterations + 1,
    survived: new Map(
      names.map((name, t) => [name, survived.get(name)!.map((count, i) => count + (chosen[t][i] ? 1 : 0))]),
    ),
    scores: new Map(
      names.map((name) => {
        const counts = survived.get(name)!;
        return [name, scores.get(name)!.map((old, i) => (counts[i] === iterations ? latest.get(name)![i] : old))];
      }),
    ),
  };
}

/**
 * The weights that a pruning to exactly round((1 - sparsity) n) would have left: those of an iteration where one has this
 * count, else those alive after the last iteration with more, less the lowest of the scores by which the next one ranked
 * them. Undefined where the iterations have not come to this sparsity.
 */
export function masksAtSparsity(survival: Survival, sparsity: number): Masks | undefined {
  const { survived, scores, iterations } = survival;
  const kept = keptCount(countAlive(survival, 0), sparsity);
  let iteration = 0;
  while (iteration < iterations && countAlive(survival, iteration + 1) >= kept) iteration++;
  if (countAlive(survival, iteration) === kept) return masksAfter(survival, iteration);
  if (iteration === iterations) return undefined;
  const longer = masksAfter(survival, iteration + 1);
  const added = keepHighest(
    ranked(scores, survived, (count) => count === iteration),
    kept - countAlive(survival, iteration + 1),
  );
  return new Map(Array.from(longer, ([name, mask], t) => [name, mask.map((bit, i) => bit | added[t][i])]));
}
