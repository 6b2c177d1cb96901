/** Places results go to, looked at before the work and not after it. */
import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { usageError } from '../protocol/errors';
import { isTemporary } from './atomic';
import { errorCode, fileFailure } from './failures';
import { findTarget } from './target';

/**
 * Looks at where a file will be written. `say` is told what is unusual about it.
 * @throws UserError (usage) where the file could not be written because of what is at its path.
 */
export async function checkOutputFile(path: string, say?: (text: string) => void): Promise<void> {
  // What Node puts in place of bytes that are no text: the file would have another name.
  if (path.includes('\uFFFD'))
    throw usageError(`The name ${path} is not UTF-8.`, 'Choose another name for the output.');
  if ((await stat(path).catch(() => undefined))?.isDirectory()) {
    throw usageError(`${path} is a folder; --out takes the name of a file.`);
  }
  const target = await findTarget(path).catch((error) => {
    throw fileFailure(error, 'write', path);
  });
  if (target.kind !== 'file') return;
  const folder = dirname(resolve(target.path));
  const found = await stat(folder).catch((error) => {
    if (errorCode(error) === 'ENOENT') throw usageError(`The folder ${folder} of the output file does not exist.`);
    throw fileFailure(error, 'write', folder);
  });
  if (!found.isDirectory()) throw usageError(`${folder} is a file, so ${path} cannot be written.`);
  const isShared = (target.status?.nlink ?? 1) > 1;
  await checkWritable(folder, path);
  if (!isShared) return;
  await checkWritable(target.path, path);
  say?.(`${path} has several links: it is written to a temporary file and then copied into place.`);
}

async function checkWritable(place: string, path: string): Promise<void> {
  await access(place, constants.W_OK).catch((error) => {
    throw fileFailure(error, 'write', path);
  });
}

/** What is in the folder `path`, without what was half-written when a process ended; empty where it does not exist. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).filter((name) => !isTemporary(name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    if (errorCode(error) === 'ENOTDIR') throw usageError(`${path} is a file; --out takes the name of a folder.`);
    throw fileFailure(error, 'read', path);
  }
}
