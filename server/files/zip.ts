/**
 * Zip archives, read part by part from the disk: the names and sizes of all parts are known before any is unpacked, and a part is
 * unpacked a piece at a time, so whoever reads it can stop at its beginning.
 */
import type { FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { UserError } from '../protocol/errors';
import { errorCode, fileFailure } from './failures';
import { checkMemory } from './memory';
import { openRegular, readRange } from './regular';

/** A part of an archive, as the archive's list says it is. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes, unpacked. No more are ever unpacked. */
  readonly size: number;
  /** Bytes in the archive. */
  readonly packedSize: number;
}

export interface ZipReader {
  readonly entries: readonly ZipEntry[];
  /** The bytes of an entry in pieces. @throws UserError where they are not what the list says. */
  unpack(entry: ZipEntry): AsyncGenerator<Uint8Array, void, undefined>;
}

interface ListedEntry extends ZipEntry {
  readonly flags: number;
  readonly method: number;
  /** Where its own header begins in the file. */
  readonly place: number;
}

const END = { signature: 0x06054b50, bytes: 22 };
/** Before `END` of an archive of more than 4 GiB or 65,535 entries: where the larger end is. */
const LARGE_END_PLACE = { signature: 0x07064b50, bytes: 20 };
const LARGE_END = { signature: 0x06064b50, bytes: 56 };
const LISTED = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
const LONGEST_COMMENT = 0xffff;
/** In place of a number that does not fit: it is in the field of numbers of 8 bytes. */
const ELSEWHERE = 0xffffffff;
const LARGE_NUMBERS = 1;
const ENCRYPTED = 1;
const UTF8 = 0x800;
const STORED = 0;
const DEFLATED = 8;
/** Bytes that are read and unpacked at once. */
const PIECE = 1 << 20;

class Damaged extends Error {}

/** The whole number of 8 bytes at a place. */
const largeNumber = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

async function readPart(file: FileHandle, path: string, at: number, length: number): Promise<Buffer> {
  const { size } = await file.stat();
  if (at < 0 || at + length > size) throw new Damaged('it is truncated');
  return Buffer.from((await readRange(file, path, at, length)).buffer);
}

/** Where the list of entries is. */
async function findList(file: FileHandle, path: string): Promise<{ readonly at: number; readonly length: number }> {
  const { size } = await file.stat();
  const begin = Math.max(0, size - LONGEST_COMMENT - END.bytes - LARGE_END_PLACE.bytes);
  const tail = await readPart(file, path, begin, size - begin);
  let at = tail.length - END.bytes;
  while (at >= 0 && tail.readUInt32LE(at) !== END.signature) at--;
  if (at < 0) throw new Damaged('its list of entries is not there');
  const before = at - LARGE_END_PLACE.bytes;
  if (before < 0 || tail.readUInt32LE(before) !== LARGE_END_PLACE.signature) {
    return { at: tail.readUInt32LE(at + 16), length: tail.readUInt32LE(at + 12) };
  }
  const end = await readPart(file, path, largeNumber(tail, before + 8), LARGE_END.bytes);
  if (end.readUInt32LE(0) !== LARGE_END.signature) throw new Damaged('its list of entries is not there');
  return { at: largeNumber(end, 48), length: largeNumber(end, 40) };
}

/** Numbers that did not fit in an entry, in the order in which the format has them. */
function largeNumbers(extra: Buffer, numbers: readonly number[]): readonly number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== LARGE_NUMBERS) continue;
    let next = at + 4;
    return numbers.map((number) => {
      if (number !== ELSEWHERE) return number;
      next += 8;
      if (next > extra.length) throw new Damaged('a size in its list is not there');
      return largeNumber(extra, next - 8);
    });
  }
  return numbers;
}

function* listed(list: Buffer): Generator<ListedEntry> {
  for (let at = 0; at + LISTED.bytes <= list.length && list.readUInt32LE(at) === LISTED.signature; ) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => list.readUInt16LE(at + field));
    const nameEnd = at + LISTED.bytes + nameLength;
    const extraEnd = nameEnd + extraLength;
    if (extraEnd > list.length) throw new Damaged('its list of entries is truncated');
    const flags = list.readUInt16LE(at + 8);
    const [size, packedSize, place] = largeNumbers(
      list.subarray(nameEnd, extraEnd),
      [24, 20, 42].map((field) => list.readUInt32LE(at + field)),
    );
    yield {
      name: list.toString(flags & UTF8 ? 'utf8' : 'latin1', at + LISTED.bytes, nameEnd),
      ...{ size, packedSize, place, flags },
      method: list.readUInt16LE(at + 10),
    };
    at = extraEnd + commentLength;
  }
}

/** The bytes of an entry as they are in the archive. */
async function* packedPieces(file: FileHandle, path: string, { place, packedSize }: ListedEntry) {
  const header = await readPart(file, path, place, LOCAL.bytes);
  if (header.readUInt32LE(0) !== LOCAL.signature) throw new Damaged('an entry is not where its list says');
  const begin = place + LOCAL.bytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  for (let done = 0; done < packedSize; done += PIECE) {
    yield await readPart(file, path, begin + done, Math.min(PIECE, packedSize - done));
  }
}

/** The same, unpacked. */
function pieces(file: FileHandle, path: string, entry: ListedEntry): AsyncIterable<Buffer> {
  const packed = packedPieces(file, path, entry);
  if (entry.flags & ENCRYPTED) throw new Damaged(`'${entry.name}' is encrypted`);
  if (entry.method === STORED) return packed;
  if (entry.method !== DEFLATED) throw new Damaged(`'${entry.name}' is compressed by method ${entry.method}`);
  const source = Readable.from(packed, { highWaterMark: 1 });
  // An error goes to whoever reads the last stream.
  return pipeline(source, createInflateRaw({ chunkSize: PIECE }), () => {});
}

async function* unpack(file: FileHandle, path: string, entry: ListedEntry) {
  let left = entry.size;
  for await (const piece of pieces(file, path, entry)) {
    left -= piece.length;
    if (left < 0) throw new Damaged(`'${entry.name}' holds more than the ${entry.size} bytes that its list says`);
    yield piece;
  }
  if (left > 0) throw new Damaged(`'${entry.name}' holds fewer than the ${entry.size} bytes that its list says`);
}

const damagedArchive = (path: string) => (reason: string) =>
  new UserError(`${path} is not a zip archive, or is damaged: ${reason}.`);

/**
 * Opens the archive at `path` for `use`, and closes it afterwards.
 * @param damaged The error for an archive that is damaged, by what is wrong with it.
 * @throws UserError where it cannot be read, is no archive, or is damaged.
 */
export async function withZip<T>(
  path: string,
  use: (reader: ZipReader) => Promise<T>,
  damaged: (reason: string) => UserError = damagedArchive(path),
): Promise<T> {
  const file = await openRegular(path);
  try {
    const { at, length } = await findList(file, path);
    checkMemory(`The list of ${path}`, length, 'text');
    const entries = [...listed(await readPart(file, path, at, length))];
    return await use({ entries, unpack: (entry) => unpack(file, path, entry as ListedEntry) });
  } catch (error) {
    // Those of the inflater have such codes.
    const isDamage = error instanceof Damaged || errorCode(error)?.startsWith('Z_') === true;
    throw isDamage ? damaged((error as Error).message) : fileFailure(error, 'read', path);
  } finally {
    await file.close();
  }
}

/** All bytes of an entry, whose size the caller has checked. */
export async function unpackWhole(reader: ZipReader, entry: ZipEntry): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(entry.size);
  let done = 0;
  for await (const piece of reader.unpack(entry)) {
    bytes.set(piece, done);
    done += piece.length;
  }
  return bytes;
}
