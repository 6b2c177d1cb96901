/** What a network costs: weights and multiplications, as a whole, under masks, and of each channel. */
import type { Network } from '../../models/types';
import { sizeOf } from '../../protocol/tensor';
import { countKept } from '../selection';
import type { Masks } from '../types';
import type { ChannelStructure } from './channels';
import { STAYS } from './labels';
import { type ChannelMask, keptIndices, keptShape } from './slices';

/** Multiplications (paired with additions) of one example through all layers: dense MACs. */
export function denseMacs({ layers }: Pick<Network, 'layers'>): number {
  return layers.reduce((sum, { macs }) => sum + macs, 0);
}

/** Each kernel's part of its layer's multiplications: every weight of it is used equally often. */
export function kernelMacs({ layers, parameters }: Network): ReadonlyMap<string, number> {
  const macs = new Map(layers.map((layer) => [layer.name, layer.macs]));
  const kernels = parameters.filter(({ role }) => role === 'kernel');
  const sizes = new Map<string, number>();
  for (const { layer, shape } of kernels) sizes.set(layer, (sizes.get(layer) ?? 0) + sizeOf(shape));
  return new Map(
    kernels.map(({ name, layer, shape }) => [name, ((macs.get(layer) ?? 0) * sizeOf(shape)) / sizes.get(layer)!]),
  );
}

/** Multiplications whose weight a mask keeps: what is left for hardware that can skip the others, sparse MACs. */
export function sparseMacs(network: Network, masks: Masks): number {
  return [...kernelMacs(network)].reduce((sum, [name, macs]) => {
    const mask = masks.get(name);
    return sum + (mask ? (macs * countKept(mask)) / mask.length : macs);
  }, 0);
}

/** Number of weights in the named parameters without the removed channels. */
export function keptParameters(
  { network, axes }: ChannelStructure,
  names: ReadonlySet<string>,
  keep: ChannelMask,
): number {
  return network.parameters
    .filter(({ name }) => names.has(name))
    .reduce((sum, { name, shape }) => sum + sizeOf(keptShape(shape, keptIndices(axes.get(name) ?? [], keep))), 0);
}

/** For each entry the multiplications that removing it alone saves, in the layers that make it and in those that read it. */
export function entryMacs({ network, axes, entries }: ChannelStructure): Float64Array {
  const saved = new Float64Array(entries);
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  for (const [name, macs] of kernelMacs(network)) {
    const shape = shapes.get(name)!;
    const remaining = new Map<number, number>();
    axes.get(name)?.forEach((axis, i) => {
      const counts = new Map<number, number>();
      for (const entry of axis ?? []) if (entry !== STAYS) counts.set(entry, (counts.get(entry) ?? 0) + 1);
      for (const [entry, count] of counts) {
        remaining.set(entry, (remaining.get(entry) ?? 1) * (1 - count / shape[i]));
      }
    });
    for (const [entry, part] of remaining) saved[entry] += macs * (1 - part);
  }
  return saved;
}
