/** NumPy's archives of arrays: a zip file with one .npy file an array, stored or deflated. */
import { UserError } from '../protocol/errors';
import type { HostTensor } from '../protocol/tensor';
import { decodeElements } from './elements';
import { checkMemory } from './memory';
import { readNpy, type StoredArray } from './npy';
import { withZip } from './zip';

/**
 * The arrays of the archive at `path`, by name, as they are stored: what their headers say is checked before anything else of them is
 * unpacked. A file that is missing, damaged or not an archive of arrays is a UserError that names it.
 */
export function readNpzArrays(path: string): Promise<Map<string, StoredArray>> {
  return withZip(path, async ({ entries, unpack }) => {
    const claimed = entries.reduce((sum, { size }) => sum + size, 0);
    checkMemory(`${path}, unpacked,`, claimed, 'file');
    const arrays = new Map<string, StoredArray>();
    for (const entry of entries) {
      const { name, size } = entry;
      if (!name.endsWith('.npy')) throw new UserError(`${path} is not a NumPy archive: it holds the file '${name}'.`);
      const short = name.slice(0, -'.npy'.length);
      arrays.set(short, await readNpy(unpack(entry), size, `${path}, array '${short}'`));
    }
    return arrays;
  });
}

/** Reads all arrays as tensors; element types as in `readSafetensors`. */
export async function readNpz(path: string): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, { type, shape, bytes }] of await readNpzArrays(path)) {
    const data = decodeElements(type, bytes, `${path}, array '${name}'`);
    tensors.set(name, { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32', data });
  }
  return tensors;
}
