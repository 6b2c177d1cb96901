/** Places results go to, looked at before the work and not after it. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { usageError } from '../protocol/errors';
import { errorCode, fileFailure } from './failures';

/** @throws UserError (usage) where the file could not be written because of what is at its path. */
export async function checkOutputFile(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const found = await stat(folder).catch((error) => {
    if (errorCode(error) === 'ENOENT') throw usageError(`The folder ${folder} of the output file does not exist.`);
    throw fileFailure(error, 'write', folder);
  });
  if (!found.isDirectory()) throw usageError(`${folder} is a file, so ${path} cannot be written.`);
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory()) throw usageError(`${path} is a folder; --out takes the name of a file.`);
}

/** What is in the folder `path`; empty where it does not exist. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    if (errorCode(error) === 'ENOTDIR') throw usageError(`${path} is a file; --out takes the name of a folder.`);
    throw fileFailure(error, 'read', path);
  }
}
