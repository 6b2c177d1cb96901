/** From a mask over channels to masks over weights. */
import { UserError } from '../../protocol/errors';
import type { Shape } from '../../protocol/tensor';
import type { Masks } from '../types';
import type { ChannelStructure } from './channels';
import { STAYS } from './labels';
import { type ChannelMask, keptIndices, keptMask, keptShape, sliceKept } from './slices';

/**
 * @throws UserError (usage) naming the kernel that would have no output channel left; any other mask gives a valid network.
 */
export function checkChannelMask({ kernels, axes, entries }: ChannelStructure, keep: ChannelMask): void {
  if (keep.length !== entries) throw new Error(`a mask of ${keep.length} channels for ${entries}`);
  for (const { weight, axis } of kernels) {
    const made = axes.get(weight)![axis];
    if (made?.every((entry) => entry !== STAYS && keep[entry] === 0)) {
      throw new UserError(`The mask leaves no channel of ${weight}.`, {
        kind: 'usage',
        hint: 'Every layer needs one channel at least.',
      });
    }
  }
}

/**
 * Masks over the trainable parameters that remove channels: every weight that makes or reads one, its bias, gamma and beta.
 * A network masked so gives the same logits as the one without the channels, and is trained to the same weights, whatever a
 * removed channel holds, since nothing reads it. Parameters that lose nothing have no mask.
 */
export function parameterMasks(structure: ChannelStructure, keep: ChannelMask): Masks {
  checkChannelMask(structure, keep);
  const masks = new Map<string, Uint8Array>();
  for (const { name, shape, trainable } of structure.network.parameters) {
    if (!trainable) continue;
    const kept = keptIndices(structure.axes.get(name) ?? [], keep);
    if (kept.some((indices) => indices !== undefined)) masks.set(name, keptMask(shape, kept));
  }
  return masks;
}

/** What is left of masks over weights in the network without the removed channels, with its shapes. */
export function sliceMasks(
  { network, axes }: ChannelStructure,
  keep: ChannelMask,
  masks: Masks,
): ReadonlyMap<string, { readonly shape: Shape; readonly mask: Uint8Array }> {
  const masked = network.parameters.filter(({ name }) => masks.has(name));
  return new Map(
    masked.map(({ name, shape }) => {
      const kept = keptIndices(axes.get(name) ?? [], keep);
      return [name, { shape: keptShape(shape, kept), mask: sliceKept(masks.get(name)!, shape, kept) }];
    }),
  );
}
