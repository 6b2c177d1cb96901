/**
 * What becomes of the weights that stay when channels go. Fewer inputs make smaller sums, so a network pruned at
 * initialization starts with weaker signals than its initializers meant. 3SP's variants (van Amersfoort et al. 2020):
 * `rescale` multiplies each kernel by sqrt(inputs before / inputs after), which keeps the variance of its sums; `reinit` draws
 * all weights anew for the smaller shapes. `keep` leaves them as they are.
 */
import type { ADAPTATION_OPTIONS } from '../../protocol/catalogue/options';
import type { OptionValue } from '../../protocol/catalogue/types';
import { usageError } from '../../protocol/errors';
import type { Shape } from '../../protocol/tensor';
import { sizeOf } from '../../protocol/tensor';
import { initialWeights } from '../initialWeights';
import type { Weights } from '../types';
import type { ChannelStructure } from './channels';
import { type AdaptValues, remakeNetwork, type ShrunkNetwork, shrinkNetwork, shrinkUninitialized } from './shrink';
import type { ChannelMask } from './slices';

export type Adaptation = OptionValue<typeof ADAPTATION_OPTIONS.adapt>;

/** Values that a kernel adds up for one output. */
function inputsOf(shape: Shape, outputAxis: number): number {
  return sizeOf(shape) / shape[outputAxis];
}

/** Multiplies kernels so that the variance of their sums stays. */
function rescale({ kernels }: ChannelStructure): AdaptValues {
  const axes = new Map(kernels.map(({ weight, axis }) => [weight, axis]));
  return (name, values, { before, after }) => {
    const axis = axes.get(name);
    if (axis === undefined) return values;
    const factor = Math.sqrt(inputsOf(before, axis) / inputsOf(after, axis));
    return factor === 1 ? values : values.map((value) => value * factor);
  };
}

/**
 * Shrinks a network (see `shrinkNetwork`) and adapts the weights that stay; `seed` is that of new weights.
 * @throws UserError (usage) where a layer would have no channel left.
 */
export function shrinkAdapted(
  structure: ChannelStructure,
  keep: ChannelMask,
  weights: Weights,
  adaptation: Adaptation,
  seed: number,
): ShrunkNetwork {
  if (adaptation === 'keep') return shrinkNetwork(structure, keep, weights);
  if (adaptation === 'rescale') return shrinkNetwork(structure, keep, weights, rescale(structure));
  const drawn = initialWeights(shrinkUninitialized(structure, keep), seed);
  return shrinkNetwork(structure, keep, weights, (name) => drawn.get(name)!);
}

/**
 * The same of any network, also where its framework makes the smaller one.
 * @throws UserError (usage) where a layer would have no channel left, or where the framework cannot draw new weights; with the line where
 *   the model's code does not go with smaller layers.
 */
export async function shrinkAnyAdapted(
  structure: ChannelStructure,
  keep: ChannelMask,
  weights: Weights,
  adaptation: Adaptation,
  { seed, signal }: { readonly seed: number; readonly signal?: AbortSignal },
): Promise<ShrunkNetwork> {
  if (!structure.network.remake) return shrinkAdapted(structure, keep, weights, adaptation, seed);
  if (adaptation === 'reinit') {
    throw usageError(
      `--adapt reinit draws weights for the smaller shapes, which the code of ${structure.network.name} does not.`,
      'Leave out --adapt, or use rescale.',
    );
  }
  return remakeNetwork(structure, keep, weights, adaptation === 'rescale' ? rescale(structure) : undefined, signal);
}
