/** Files that are either written whole or not at all. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileFailure } from './failures';

/**
 * Writes `data` (parts are written one after the other) to a temporary file in the folder of `path`, flushes it to the
 * disk and renames it. On any failure the temporary file is removed, `path` is as it was, and a UserError says why.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array | Iterable<Uint8Array>): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  const parts = typeof data === 'string' ? [Buffer.from(data)] : data instanceof Uint8Array ? [data] : data;
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx');
    for (const part of parts) await handle.writeFile(part);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
  } catch (error) {
    // Cleaning up can fail for the same reason; the first error is the one to tell.
    await handle?.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    throw fileFailure(error, 'write', path);
  }
}

/** Writes `value` as indented JSON with a final newline, all or nothing. */
export function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  return writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}
