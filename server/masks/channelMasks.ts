/** Masks that remove whole channels, as files that `train --masks` and `shrink --masks` take. */
import { sizeOf } from '../protocol/tensor';
import type { Masks } from '../pruning';
import { type ChannelMask, type ChannelStructure, parameterMasks } from '../pruning/structured';
import { STAYS } from '../pruning/structured/labels';
import type { PreparedModel } from '../request/model';
import { readMasks } from './maskFile';
import { writePrunedMasks } from './output';

/** Masks of all prunable kernels, those that lose nothing included, for the report on layers. */
export function kernelMasks(
  { network, prunable }: PreparedModel,
  structure: ChannelStructure,
  keep: ChannelMask,
): Masks {
  const masks = parameterMasks(structure, keep);
  const kernels = network.parameters.filter(({ name }) => prunable.includes(name));
  return new Map(kernels.map(({ name, shape }) => [name, masks.get(name) ?? new Uint8Array(sizeOf(shape)).fill(1)]));
}

/** Writes masks over all weights that lose something, biases and normalization included, and over all prunable kernels. */
export async function writeChannelMasks(
  path: string,
  model: PreparedModel,
  structure: ChannelStructure,
  keep: ChannelMask,
  origin: { readonly method: string; readonly sparsity: number | undefined },
): Promise<void> {
  const masks = new Map([...parameterMasks(structure, keep), ...kernelMasks(model, structure, keep)]);
  const { method, sparsity } = origin;
  await writePrunedMasks(path, model.network, masks, {
    method,
    structured: true,
    ...(sparsity !== undefined && { sparsity }),
    seed: model.seed,
  });
}

/** For each index along one axis of a mask whether any of its elements is kept. */
function keptAlong(mask: Uint8Array, shape: readonly number[], axis: number): Uint8Array {
  const inner = sizeOf(shape.slice(axis + 1));
  const kept = new Uint8Array(shape[axis]);
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1) kept[Math.floor(i / inner) % shape[axis]] = 1;
  return kept;
}

/**
 * The channels that the masks in the file keep, which `writeChannelMasks` has written: those with a kept weight, since
 * every kernel keeps some of what it reads.
 *
 * @throws UserError (usage) where the file does not fit the network.
 */
export async function readChannelMask(path: string, structure: ChannelStructure): Promise<ChannelMask> {
  const { network, kernels, axes, entries } = structure;
  const masks = await readMasks(network, path);
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  const keep = new Uint8Array(entries).fill(1);
  for (const { weight, axis } of kernels) {
    const mask = masks.get(weight);
    if (!mask) continue;
    const kept = keptAlong(mask, shapes.get(weight)!, axis);
    axes.get(weight)![axis]?.forEach((entry, index) => {
      if (entry !== STAYS && kept[index] === 0) keep[entry] = 0;
    });
  }
  return keep;
}
