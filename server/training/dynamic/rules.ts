/** Which weights go and which come when masks change, on the host: pure functions of weights, masks and gradients. */
import { activeMagnitudes } from '../../pruning/magnitude';
import { countKept, keepHighest, selectMasks } from '../../pruning/selection';
import type { Masks, Scores, Weights } from '../../pruning/types';
import { createRandom } from '../../random';
import { DYNAMIC_RULES, type DynamicConfig, type UpdatePlan } from './plan';

/** What an update looks at. Weights that are masked are 0. */
export interface UpdateInput {
  readonly masks: Masks;
  /** Values of the masked tensors. */
  readonly weights: Weights;
  /** Gradients of the mean loss with respect to all weights of them, masked ones too; where weights grow by gradients. */
  readonly gradients?: Weights;
  /** Steps done before. */
  readonly step: number;
  readonly seed: number;
}

/** How many weights of `kept` an exchange replaces. */
export function exchangeCount(kept: number, fraction: number): number {
  return Math.floor(fraction * kept);
}

/**
 * A mask with as many weights: the `count` active ones of the smallest magnitude go, and of all that are inactive then (those that have
 * just gone, too) the `count` with the highest scores come. Among equals the first stay and come.
 */
export function exchange(mask: Uint8Array, weights: Float32Array, growth: Float32Array, count: number): Uint8Array {
  if (count === 0) return mask;
  const [left] = keepHighest([activeMagnitudes(weights, mask)], countKept(mask) - count);
  const [grown] = keepHighest([growth.map((score, i) => (left[i] === 1 ? -1 : score))], count);
  return left.map((bit, i) => bit | grown[i]);
}

/** Scores by which weights come: never negative. */
function growthScores(config: DynamicConfig, { masks, gradients, step, seed }: UpdateInput): Scores {
  if (DYNAMIC_RULES[config.method].grows === 'gradient') {
    return new Map(Array.from(masks.keys(), (name) => [name, gradients!.get(name)!.map(Math.abs)]));
  }
  return new Map(Array.from(masks, ([name, { length }]) => [name, chanceOfGrowth(seed, step, name, length)]));
}

/** Scores by chance, of their own for each tensor and step. */
export function chanceOfGrowth(seed: number, step: number, name: string, length: number): Float32Array {
  const scores = new Float32Array(length);
  createRandom(seed, 'training', 'growth', name, step).fillUniform(scores, 0, 1);
  return scores;
}

/** The masks after an update. Tensors that it leaves as they are keep their arrays. */
export function updatedMasks(config: DynamicConfig, plan: UpdatePlan, input: UpdateInput): Masks {
  const { masks, weights, step } = input;
  const { pruning } = config;
  const pruned = pruning
    ? selectMasks(
        { scores: new Map(Array.from(masks, ([name, mask]) => [name, activeMagnitudes(weights.get(name)!, mask)])) },
        {
          sparsity: plan.sparsityAfter(plan.numberAt(step)!),
          scope: pruning.scope,
          minPerLayer: pruning.minPerLayer,
        },
      )
    : masks;
  if (DYNAMIC_RULES[config.method].grows === 'nothing') return pruned;
  const growth = growthScores(config, input);
  const fraction = plan.fractionAt(step);
  return new Map(
    Array.from(pruned, ([name, mask]) => {
      const count = exchangeCount(countKept(mask), fraction);
      return [name, exchange(mask, weights.get(name)!, growth.get(name)!, count)] as const;
    }),
  );
}

/** Places of the weights that a mask has and another has not. */
export function placesOnlyIn(mask: Uint8Array, other: Uint8Array): Int32Array {
  const places: number[] = [];
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1 && other[i] === 0) places.push(i);
  return Int32Array.from(places);
}
