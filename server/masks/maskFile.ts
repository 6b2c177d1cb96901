/** Masks as safetensors under the names of the weights: what `train --masks` and `shrink --masks` take. */
import { writeSafetensors } from '../files/safetensors';
import type { Network } from '../models/types';
import { intTensor, type Shape } from '../protocol/tensor';
import type { Masks } from '../pruning';
import { parameterError, readParameters } from '../request/weights';

/** Shapes of a network's parameters by name. */
export function shapesOf({ parameters }: Pick<Network, 'parameters'>): ReadonlyMap<string, Shape> {
  return new Map(parameters.map(({ name, shape }) => [name, shape]));
}

/**
 * Writes masks, an element of 0 or 1 for each weight.
 *
 * @param shapes of the masks' tensors, and of any others.
 * @throws UserError where the file cannot be written.
 */
export async function writeMaskFile(
  path: string,
  masks: Iterable<readonly [name: string, mask: Uint8Array]>,
  shapes: ReadonlyMap<string, Shape>,
  metadata?: Record<string, string>,
): Promise<void> {
  const tensors = Array.from(
    masks,
    ([name, mask]) => [name, intTensor(shapes.get(name)!, Int32Array.from(mask))] as const,
  );
  await writeSafetensors(path, new Map(tensors), { storage: 'U8', ...(metadata && { metadata }) });
}

/**
 * Masks from the safetensors file `path`; weights it does not name are not pruned.
 *
 * @throws UserError (usage) naming a tensor that is no trainable weight of the model, has another shape, or values other
 *   than 0 and 1.
 */
export async function readMasks(network: Network, path: string): Promise<Masks> {
  const masks = new Map<string, Uint8Array>();
  for (const [{ name }, { data }] of await readParameters(path, network, ({ trainable }) => trainable, 'mask')) {
    const index = data.findIndex((value) => value !== 0 && value !== 1);
    if (index >= 0) {
      throw parameterError(`${path}: element ${index} of '${name}' is ${data[index]}; a mask holds 0 and 1 only.`);
    }
    masks.set(name, Uint8Array.from(data));
  }
  if (masks.size === 0) throw parameterError(`${path} holds no masks.`);
  return masks;
}
