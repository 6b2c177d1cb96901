/** What a killed process leaves of files that it was writing. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileFailure } from '../files/failures';

/** Removes temporary files from a folder that one process at a time writes to; none where it does not exist. */
export async function removeLeftovers(folder: string): Promise<void> {
  try {
    const names = await readdir(folder);
    for (const name of names.filter((one) => /^\..+\.tmp$/.test(one))) await rm(join(folder, name), { force: true });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw fileFailure(error, 'write', folder);
  }
}
