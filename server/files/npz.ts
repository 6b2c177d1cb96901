/** NumPy's archives of arrays: a zip file with one .npy file an array, stored or deflated. */
import { readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { UserError } from '../protocol/errors';
import type { HostTensor } from '../protocol/tensor';
import { decodeElements } from './elements';
import { errorCode, fileFailure } from './failures';
import { parseNpy, type StoredArray } from './npy';

/**
 * The arrays of the archive at `path`, by name, as they are stored. A file that is missing, damaged or not an archive of
 * arrays is a UserError that names it.
 */
export async function readNpzArrays(path: string): Promise<Map<string, StoredArray>> {
  const archive = await readFile(path).catch((error) => {
    if (errorCode(error) === 'ERR_FS_FILE_TOO_LARGE') {
      throw new UserError(`${path} is larger than 2 GiB; save its arrays as .safetensors instead.`);
    }
    throw fileFailure(error, 'read', path);
  });
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

function unzip(archive: Uint8Array, path: string): { [name: string]: Uint8Array } {
  try {
    return unzipSync(archive);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path} is not a zip archive, or is damaged: ${reason}.`);
  }
}
