/** Files that are either written whole or not at all. */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, chown, copyFile, type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileFailure } from './failures';
import { findTarget } from './target';

export type FileData = string | Uint8Array | Iterable<Uint8Array>;

/** Names of temporary files, with the process that writes them. */
const TEMPORARY = /^\..+\.(\d+)\.[0-9a-f]{8}\.tmp$/;

/** Whether a file is one that was being written when its process ended, or is being written now. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Whether there is a process of that number on this machine. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes the temporary files that dead processes have left in a folder. What cannot be removed stays. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true }).catch(() => {});
  }
}

async function writeParts(handle: FileHandle, data: FileData): Promise<void> {
  const parts = typeof data === 'string' ? [Buffer.from(data)] : data instanceof Uint8Array ? [data] : data;
  for (const part of parts) await handle.writeFile(part);
}

/** A name is on the disk when its folder is. Some systems cannot flush folders. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Gives a file the mode of the one that it replaces, and its owner where that is permitted. */
async function takeAfter(path: string, before: Stats): Promise<void> {
  await chown(path, before.uid, before.gid).catch(() => {});
  await chmod(path, before.mode & 0o7777);
}

async function writeByRename(target: string, before: Stats | undefined, data: FileData): Promise<void> {
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx');
    await writeParts(handle, data);
    await handle.sync();
    await handle.close();
    handle = undefined;
    if (before) await takeAfter(temporary, before);
    // Its other names would keep the old contents.
    if (before && before.nlink > 1) await copyFile(temporary, target).then(() => rm(temporary));
    else await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    // Cleaning up can fail for the same reason; the first error is the one to tell.
    await handle?.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

async function writeThrough(target: string | number, data: FileData): Promise<void> {
  const handle = await open(typeof target === 'number' ? `/dev/fd/${target}` : target, 'w');
  try {
    await writeParts(handle, data);
  } finally {
    await handle.close();
  }
}

/**
 * Writes `data` (parts are written one after the other) to a temporary file beside what `path` leads to, flushes it to the
 * disk and renames it. On any failure the temporary file is removed, `path` is as it was, and a UserError says why. A file of
 * several names is copied into place; pipes and the null device are written to as they are.
 */
export async function writeFileAtomic(path: string, data: FileData): Promise<void> {
  try {
    const target = await findTarget(path);
    if (target.kind === 'file') await writeByRename(target.path, target.status, data);
    else await writeThrough(target.kind === 'descriptor' ? target.descriptor : target.path, data);
  } catch (error) {
    throw fileFailure(error, 'write', path);
  }
}

/** Writes `value` as indented JSON with a final newline, all or nothing. */
export function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  return writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}
