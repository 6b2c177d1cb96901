/** Reading regular files whole: no pipe, device or endless file is waited for. */
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { UserError } from '../protocol/errors';
import { fileFailure } from './failures';
import { checkMemory } from './memory';

/** Bytes that the system reads at once. */
const PIECE = 1 << 30;

/** @throws UserError where what is at `path` is no regular file. */
function checkRegular(found: Stats, path: string): void {
  if (found.isFile()) return;
  throw new UserError(found.isDirectory() ? `Cannot read ${path}: it is a folder.` : `${path} is not a regular file.`);
}

function becameShorter(path: string): UserError {
  return new UserError(`${path} became shorter while it was being read.`);
}

/** Opens a regular file for reading. @throws UserError where it is none, or cannot be opened. */
export async function openRegular(path: string): Promise<FileHandle> {
  try {
    // Before it is opened, since opening a pipe waits for its writer.
    checkRegular(await stat(path), path);
    return await open(path, 'r');
  } catch (error) {
    throw fileFailure(error, 'read', path);
  }
}

/** Exactly `length` bytes from `position`. @throws UserError where there are fewer. */
export async function readRange(
  file: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, PIECE), position + done);
    if (bytesRead === 0) throw becameShorter(path);
    done += bytesRead;
  }
  return bytes;
}

/** All bytes of a regular file, also of more than 2 GiB; `check` is told how many there are before they are read. */
export async function readRegular(path: string, check?: (bytes: number) => void): Promise<Buffer<ArrayBuffer>> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    check?.(size);
    return Buffer.from((await readRange(file, path, 0, size)).buffer);
  } catch (error) {
    throw fileFailure(error, 'read', path);
  } finally {
    await file.close();
  }
}

/**
 * A regular file as text.
 * @throws UserError where it is none, or is too large; the system's error where it is not there or cannot be read.
 */
export async function readText(path: string, kind: 'text' | 'log' = 'text'): Promise<string> {
  const found = await stat(path);
  checkRegular(found, path);
  checkMemory(path, found.size, kind);
  return readFile(path, 'utf8');
}

/** As `readRegular`, where there is no time to wait. */
export function readRegularSync(path: string): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const found = fstatSync(descriptor);
    checkRegular(found, path);
    const bytes = new Uint8Array(found.size);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(descriptor, bytes, done, Math.min(bytes.length - done, PIECE), done);
      if (read === 0) throw becameShorter(path);
      done += read;
    }
    return bytes;
  } catch (error) {
    throw fileFailure(error, 'read', path);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
