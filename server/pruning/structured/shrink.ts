/** Making the network that a channel mask leaves: the same layers with fewer channels, and the weights that stay. */
import { equalShapes } from '../../graph/shapes';
import type { Network, Remainder } from '../../models/types';
import { UserError } from '../../protocol/errors';
import type { Shape } from '../../protocol/tensor';
import type { Weights } from '../types';
import type { ChannelStructure } from './channels';
import { checkChannelMask } from './masks';
import { type ChannelMask, type KeptIndices, keptIndices, keptShape, sliceKept } from './slices';

/** A smaller network with its values. */
export interface ShrunkNetwork {
  /** Has the weights too: it starts with them whatever its seed. */
  readonly network: Network;
  /** By the same names as before. */
  readonly weights: Map<string, Float32Array>;
}

/** Other values for a parameter of the smaller network than its share of the old ones. */
export type AdaptValues = (
  name: string,
  values: Float32Array,
  shapes: { readonly before: Shape; readonly after: Shape },
) => Float32Array;

function shrinkTo(network: Network, remainder: Remainder): Network {
  if (network.shrink) return network.shrink(remainder);
  throw new UserError(`${network.name} comes from ${network.frontEnd}, whose networks are not made smaller here.`, {
    hint: '`prunelens shrink` writes the smaller model; the masks alone are exported by `prunelens prune --structured`.',
  });
}

/** Shapes of what each layer gives without the removed channels; layers that the output does not need are left out. */
function outputShapes({ outputs }: ChannelStructure, keep: ChannelMask): Remainder['outputs'] {
  return new Map(Array.from(outputs, ([layer, { shape, axes }]) => [layer, keptShape(shape, keptIndices(axes, keep))]));
}

/** Shapes and values of all parameters without the removed channels. */
function smallerParameters(
  { network, axes }: ChannelStructure,
  keep: ChannelMask,
  weights: Weights,
  adapt: AdaptValues,
): ReadonlyMap<string, { readonly shape: Shape; readonly values: Float32Array }> {
  return new Map(
    network.parameters.map(({ name, shape }) => {
      const kept = keptIndices(axes.get(name) ?? [], keep);
      const after = keptShape(shape, kept);
      const values = adapt(name, sliceKept(weights.get(name)!, shape, kept), { before: shape, after });
      return [name, { shape: after, values }];
    }),
  );
}

/**
 * The network without the channels whose entry in `keep` is 0, with its share of `weights` (values of every parameter).
 * @throws UserError (usage) where a layer would have no channel left; where networks of its framework are not made smaller here.
 */
export function shrinkNetwork(
  structure: ChannelStructure,
  keep: ChannelMask,
  weights: Weights,
  adapt: AdaptValues = (_name, values) => values,
): ShrunkNetwork {
  checkChannelMask(structure, keep);
  const parameters = smallerParameters(structure, keep, weights, adapt);
  return {
    network: shrinkTo(structure.network, { parameters, outputs: outputShapes(structure, keep) }),
    weights: new Map(Array.from(parameters, ([name, { values }]) => [name, values])),
  };
}

/** What stays of each parameter, by name. */
export function keptOf({ network, axes }: ChannelStructure, keep: ChannelMask): ReadonlyMap<string, KeptIndices> {
  return new Map(network.parameters.map(({ name }) => [name, keptIndices(axes.get(name) ?? [], keep)]));
}

/**
 * The same of a network whose framework makes it smaller (`Network.remake`).
 * @throws UserError (usage) where a layer would have no channel left; with the line where the model's code does not go with smaller layers.
 */
export async function remakeNetwork(
  structure: ChannelStructure,
  keep: ChannelMask,
  weights: Weights,
  adapt: AdaptValues = (_name, values) => values,
  signal?: AbortSignal,
): Promise<ShrunkNetwork> {
  checkChannelMask(structure, keep);
  const parameters = smallerParameters(structure, keep, weights, adapt);
  const network = await structure.network.remake!(keptOf(structure, keep), signal);
  for (const { name, shape } of network.parameters) {
    const expected = parameters.get(name)?.shape;
    if (expected && equalShapes(shape, expected)) continue;
    throw new Error(`${name} is [${shape}] in the smaller model, and [${expected}] is left of it`);
  }
  return { network, weights: new Map(network.parameters.map(({ name }) => [name, parameters.get(name)!.values])) };
}

/**
 * The network without the channels whose entry in `keep` is 0, initialized as the whole one is.
 * @throws UserError (usage) where a layer would have no channel left; where networks of its framework are not made smaller here.
 */
export function shrinkUninitialized(structure: ChannelStructure, keep: ChannelMask): Network {
  checkChannelMask(structure, keep);
  const { network, axes } = structure;
  const parameters = new Map(
    network.parameters.map(({ name, shape }) => [
      name,
      { shape: keptShape(shape, keptIndices(axes.get(name) ?? [], keep)) },
    ]),
  );
  return shrinkTo(network, { parameters, outputs: outputShapes(structure, keep) });
}
