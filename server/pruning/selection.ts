/** Choosing which weights stay: exactly k of n by score, in linear time, ties broken by index. */
import { lineOfParameter } from '../models/lines';
import type { Network } from '../models/types';
import { UserError, usageError } from '../protocol/errors';
import { countsWithLeast } from './leastCounts';
import { patternSparsity, patternText, selectByPattern } from './pattern';
import { orderedBits } from './ranks';
import type { Masks, Pattern, Saliency, Scores } from './types';

export interface SelectionOptions {
  /** Fraction removed, in [0, 1). */
  readonly sparsity: number;
  /** `global` (the default) compares all tensors' scores; `per-layer` prunes each tensor to the same sparsity. */
  readonly scope?: 'global' | 'per-layer';
  /** Each tensor keeps at least this many weights (or all it has); 0 by default. */
  readonly minPerLayer?: number;
}

/** How many of n weights stay: round((1 - sparsity) n). */
export function keptCount(n: number, sparsity: number): number {
  return Math.round((1 - sparsity) * n);
}

/** How many weights each tensor keeps of the `total` highest scores of all together. */
export function countsOfHighest(scores: Scores, total: number): Map<string, number> {
  const masks = keepHighest([...scores.values()], total);
  return new Map([...scores.keys()].map((name, i) => [name, countKept(masks[i])]));
}

/**
 * Masks that keep exactly round((1 - sparsity) n) weights with the highest scores.
 * @throws a UserError naming the tensor where a score is NaN or infinite, or where minPerLayer asks for more than stays.
 */
export function selectMasks(saliency: Saliency, options: SelectionOptions): Masks {
  const { scores } = saliency;
  checkFinite(scores);
  const { sparsity, minPerLayer = 0 } = options;
  if (saliency.pattern) {
    checkSparsity(saliency.pattern.pattern, sparsity);
    return selectByPattern(scores, saliency.pattern);
  }
  const counts = saliency.kept ?? saliency.countsAt?.(sparsity, minPerLayer).kept ?? countsPerTensor(scores, options);
  const masks = new Map<string, Uint8Array>();
  for (const [name, values] of scores) masks.set(name, keepHighest([values], counts.get(name)!)[0]);
  return masks;
}

/** A pattern removes as much as it does, whatever is asked for. */
function checkSparsity(pattern: Pattern, sparsity: number): void {
  const removed = patternSparsity(pattern);
  if (Math.abs(sparsity - removed) < 1e-9) return;
  throw usageError(
    `The pattern ${patternText(pattern)} removes ${removed} of the weights, and the sparsity is ${sparsity}.`,
    'Leave out one of the two, or make them agree.',
  );
}

/** Throws a UserError where a score is NaN or infinite; `layers` tell the line of it. */
export function checkFinite(scores: Scores, layers: Network['layers'] = []): void {
  for (const [name, values] of scores) {
    for (let index = 0; index < values.length; index++) {
      if (Number.isFinite(values[index])) continue;
      const location = lineOfParameter(layers, name);
      throw new UserError(`the score of ${name}[${index}] is ${values[index]}`, {
        ...(location && { location }),
        hint: 'Check the data for NaN, the initial weights, and (ProsPr) try a smaller --inner-lr.',
      });
    }
  }
}

function countsPerTensor(scores: Scores, options: SelectionOptions): Map<string, number> {
  const { sparsity, scope = 'global', minPerLayer = 0 } = options;
  const names = [...scores.keys()];
  const sizes = new Map(names.map((name) => [name, scores.get(name)!.length]));
  const least = (name: string) => Math.min(minPerLayer, sizes.get(name)!);
  if (scope === 'per-layer') {
    return new Map(names.map((name) => [name, Math.max(keptCount(sizes.get(name)!, sparsity), least(name))]));
  }

  const lengths = names.map((name) => sizes.get(name)!);
  const total = keptCount(
    lengths.reduce((sum, size) => sum + size, 0),
    sparsity,
  );
  const counts = countsWithLeast(lengths, total, minPerLayer, (open, left) =>
    keepHighest(
      open.map((place) => scores.get(names[place])!),
      left,
    ).map(countKept),
  );
  return new Map(names.map((name, i) => [name, counts[i]]));
}

/**
 * Masks over several arrays of finite scores that keep the `count` highest of all together, earlier ones first among
 * equals. A radix selection over the bits of the scores: three passes, whatever their distribution.
 */
export function keepHighest(arrays: readonly Float32Array[], count: number): Uint8Array[] {
  const bits = arrays.map((values) => new Uint32Array(values.buffer, values.byteOffset, values.length));
  let remaining = count;

  /** Finds the bucket in which the count is reached, counting from the top, and lowers `remaining` by what is above. */
  const descend = (histogram: Uint32Array): number => {
    let bucket = histogram.length - 1;
    while (bucket > 0 && histogram[bucket] < remaining) remaining -= histogram[bucket--];
    return bucket;
  };

  const upper = new Uint32Array(65536);
  for (const array of bits) for (let i = 0; i < array.length; i++) upper[orderedBits(array[i]) >>> 16]++;
  const high = descend(upper);
  const lower = new Uint32Array(65536);
  for (const array of bits) {
    for (let i = 0; i < array.length; i++) {
      const key = orderedBits(array[i]);
      if (key >>> 16 === high) lower[key & 0xffff]++;
    }
  }
  const threshold = high * 65536 + descend(lower);

  return bits.map((array) => {
    const mask = new Uint8Array(array.length);
    for (let i = 0; i < array.length; i++) {
      const key = orderedBits(array[i]);
      if (key > threshold) mask[i] = 1;
      else if (key === threshold && remaining > 0) {
        mask[i] = 1;
        remaining--;
      }
    }
    return mask;
  });
}

/** Number of weights a mask keeps. */
export function countKept(mask: Uint8Array): number {
  let kept = 0;
  for (const bit of mask) kept += bit;
  return kept;
}

/** Weights with the removed ones set to zero; tensors without a mask are shared, not copied. */
export function applyMasks(weights: ReadonlyMap<string, Float32Array>, masks: Masks): Map<string, Float32Array> {
  return new Map(
    [...weights].map(([name, values]) => {
      const mask = masks.get(name);
      return [name, mask ? values.map((value, i) => (mask[i] ? value : 0)) : values];
    }),
  );
}
