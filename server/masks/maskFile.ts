/** Masks as safetensors under the names of the weights: what `train --masks` and `shrink --masks` take. */
import { writeSafetensors } from '../files/safetensors';
import { storedTensors } from '../models/stored';
import type { Network } from '../models/types';
import type { HostTensor } from '../protocol/tensor';
import type { Masks } from '../pruning';
import { parameterError, readParameters } from '../request/weights';

/** Writes tensors of masks, an element of 0 or 1 for each weight. @throws UserError where the file cannot be written. */
export async function writeMaskTensors(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
  metadata?: Record<string, string>,
): Promise<void> {
  await writeSafetensors(path, tensors, { storage: 'U8', ...(metadata && { metadata }) });
}

/**
 * Writes masks of a network's weights under the names and in the layouts of its framework.
 *
 * @throws UserError where the file cannot be written.
 */
export function writeMaskFile(
  path: string,
  network: Network,
  masks: Masks,
  metadata?: Record<string, string>,
): Promise<void> {
  return writeMaskTensors(path, storedTensors(network, masks), metadata);
}

/**
 * Masks from the safetensors file `path`; weights it does not name are not pruned.
 *
 * @throws UserError (usage) naming a tensor that is no trainable weight of the model, has another shape, or values other
 *   than 0 and 1.
 */
export async function readMasks(network: Network, path: string): Promise<Masks> {
  const masks = new Map<string, Uint8Array>();
  for (const [{ name }, data] of await readParameters(path, network, ({ trainable }) => trainable, 'mask')) {
    const index = data.findIndex((value) => value !== 0 && value !== 1);
    if (index >= 0) {
      throw parameterError(`${path}: element ${index} of '${name}' is ${data[index]}; a mask holds 0 and 1 only.`);
    }
    masks.set(name, Uint8Array.from(data));
  }
  if (masks.size === 0) throw parameterError(`${path} holds no masks.`);
  return masks;
}
