/** Layer ratios: how many weights each tensor keeps, decided apart from which of them. */
import { usageError } from '../../protocol/errors';
import { matchesName } from '../../protocol/patterns';
import { type Shape, sizeOf } from '../../protocol/tensor';
import { leastCounts } from '../leastCounts';
import { keptCount } from '../selection';
import type { CountsAt } from '../types';
import { lampCounts } from './lamp';
import { parseRatios, type Ratios } from './parse';
import { PROPORTIONS } from './proportions';
import { type Shares, shareOut } from './share';

export { parseRatios } from './parse';

export interface RatioTensor {
  readonly name: string;
  readonly layer: string;
  readonly shape: Shape;
}

/** In proportion to what, for a number of weights that stays; made once a network. */
type Wanted = (total: number, density: number) => readonly number[];

/**
 * The function of a ratio; undefined for `global`, where scores decide.
 *
 * @param tensors the scored ones, in the network's order.
 * @param weights their initial values, which LAMP looks at.
 * @throws UserError (usage) where the text is no ratio, or given densities leave a layer out or match none.
 */
export function layerRatios(
  text: string,
  tensors: readonly RatioTensor[],
  weights: ReadonlyMap<string, Float32Array>,
): CountsAt | undefined {
  const ratios = parseRatios(text);
  if (ratios.kind === 'global') return undefined;
  const wanted = wantedBy(ratios, tensors, weights);
  const sizes = tensors.map(({ shape }) => sizeOf(shape));
  const all = sizes.reduce((sum, size) => sum + size, 0);
  return (sparsity, minPerLayer) => {
    const total = keptCount(all, sparsity);
    const least = leastCounts(sizes, total, minPerLayer);
    const { counts, full }: Shares = shareOut(total, wanted(total, 1 - sparsity), sizes, least);
    return { kept: new Map(tensors.map(({ name }, i) => [name, counts[i]])), full: full.map((i) => tensors[i].name) };
  };
}

function wantedBy(
  ratios: Exclude<Ratios, { readonly kind: 'global' }>,
  tensors: readonly RatioTensor[],
  weights: ReadonlyMap<string, Float32Array>,
): Wanted {
  const shapes = tensors.map(({ shape }) => shape);
  if (ratios.kind === 'given') {
    const densities = givenDensities(ratios.densities, tensors);
    return () => densities.map((density, i) => density * sizeOf(shapes[i]));
  }
  if (ratios.kind === 'lamp') return lampCounts(tensors.map(({ name }) => weights.get(name)!));
  const proportions = PROPORTIONS[ratios.kind as keyof typeof PROPORTIONS];
  return (_total, density) => proportions(shapes, density);
}

function givenDensities(
  densities: readonly { readonly pattern: string; readonly density: number }[],
  tensors: readonly RatioTensor[],
): readonly number[] {
  const layers = tensors.map(({ layer }) => layer);
  const unused = densities.find(({ pattern }) => !layers.some((layer) => matchesName(pattern, layer)));
  if (unused) {
    throw usageError(
      `--ratios: ${unused.pattern} matches no layer.`,
      `The layers are ${[...new Set(layers)].join(', ')}.`,
    );
  }
  return layers.map((layer) => {
    const found = densities.find(({ pattern }) => matchesName(pattern, layer));
    if (found) return found.density;
    throw usageError(
      `--ratios says nothing of layer ${layer}.`,
      'End the list with a density for the others: "*=0.05".',
    );
  });
}
