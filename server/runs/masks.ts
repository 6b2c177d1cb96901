/** A file of masks as the engine keeps them: the engine's names and layouts, one byte a weight, 1 where it is kept. */
import { readSafetensors, writeSafetensors } from '../files/safetensors';
import { intTensor, type Shape } from '../protocol/tensor';

export interface ShapedMask {
  readonly name: string;
  readonly shape: Shape;
  readonly mask: Uint8Array;
}

/** @throws UserError where the file cannot be written. */
export async function writeMasksFile(path: string, masks: readonly ShapedMask[]): Promise<void> {
  const tensors = masks.map(({ name, shape, mask }) => [name, intTensor(shape, Int32Array.from(mask))] as const);
  await writeSafetensors(path, new Map(tensors), { storage: 'U8' });
}

/** @throws UserError where the file cannot be read. */
export async function readMasksFile(path: string): Promise<readonly ShapedMask[]> {
  const { tensors } = await readSafetensors(path);
  return Array.from(tensors, ([name, { shape, data }]) => ({ name, shape, mask: Uint8Array.from(data) }));
}
