/** NumPy's archives of arrays: a zip file with one .npy file an array, stored or deflated. */
import { unzipSync } from 'fflate';
import { UserError } from '../protocol/errors';
import type { HostTensor } from '../protocol/tensor';
import { decodeElements } from './elements';
import { checkMemory } from './memory';
import { parseNpy, type StoredArray } from './npy';
import { readRegular } from './regular';

/**
 * The arrays of the archive at `path`, by name, as they are stored. A file that is missing, damaged or not an archive of
 * arrays is a UserError that names it.
 */
export async function readNpzArrays(path: string): Promise<Map<string, StoredArray>> {
  const archive = await readRegular(path, (bytes) => checkMemory(path, bytes, 'file'));
  const arrays = new Map<string, StoredArray>();
  for (const [name, file] of Object.entries(unzip(archive, path))) {
    if (!name.endsWith('.npy')) throw new UserError(`${path} is not a NumPy archive: it holds the file '${name}'.`);
    const short = name.slice(0, -'.npy'.length);
    arrays.set(short, parseNpy(file, `${path}, array '${short}'`));
  }
  return arrays;
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

/** What the archive says its files take is summed up before each of them is unpacked. */
function unzip(archive: Uint8Array, path: string): { [name: string]: Uint8Array } {
  let claimed = 0;
  try {
    return unzipSync(archive, {
      filter({ originalSize }) {
        claimed += originalSize;
        checkMemory(`${path}, unpacked,`, claimed, 'file');
        return true;
      },
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path} is not a zip archive, or is damaged: ${reason}.`);
  }
}
