/**
 * The IDX format of MNIST and Fashion-MNIST: big-endian magic number (0, 0, element type, number of axes), sizes, values.
 * Four files make a data set; each may be gzipped.
 */
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import { errorCode, fileFailure } from '../files/failures';
import { checkMemory } from '../files/memory';
import { openRegular, readRange, readRegular, readRegularSync } from '../files/regular';
import { UserError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';
import type { RawDataset, RawSplit } from './examples';
import { checkCounts, checkLabels, countClasses } from './labels';
import type { Statistics } from './normalization';
import type { Values } from './values';

const NAME = /^(train|t10k|test)-(images|labels)[-.]idx[13][-.]ubyte(\.gz)?$/;

type Part = 'train-images' | 'train-labels' | 'test-images' | 'test-labels';

/** Which of the four files the folder's entries are. */
function parts(entries: readonly string[]): Map<Part, string> {
  const found = new Map<Part, string>();
  // Plain files sort before gzipped ones and are preferred.
  for (const entry of [...entries].sort()) {
    const match = NAME.exec(entry);
    const part = match && (`${match[1] === 'train' ? 'train' : 'test'}-${match[2]}` as Part);
    if (part && !found.has(part)) found.set(part, entry);
  }
  return found;
}

/** Whether a folder with these entries looks like an IDX data set. */
export function isIdxFolder(entries: readonly string[]): boolean {
  return parts(entries).size > 0;
}

/** What the caller knows about a data set beyond its files. */
export interface IdxKnowledge {
  readonly classes?: number;
  readonly classNames?: readonly string[];
  readonly statistics?: Statistics;
}

/** Opens the four IDX files in `folder`. Plain image files are checked now and read when the first example is. */
export async function openIdx(
  name: string,
  folder: string,
  entries: readonly string[],
  known: IdxKnowledge = {},
): Promise<RawDataset> {
  const files = parts(entries);
  const path = (part: Part): string => {
    const file = files.get(part);
    if (file !== undefined) return join(folder, file);
    const standard = part.replace('test', 't10k') + (part.endsWith('images') ? '-idx3-ubyte' : '-idx1-ubyte');
    throw new UserError(`${folder} is not complete: ${standard} (or ${standard}.gz) is missing.`);
  };
  const train = await openSplit(path('train-images'), path('train-labels'));
  const test = await openSplit(path('test-images'), path('test-labels'));
  if (train.height !== test.height || train.width !== test.width) {
    throw new UserError(
      `${path('test-images')} has images of ${test.height}x${test.width}, but the training images are ${train.height}x${train.width}.`,
    );
  }
  const classes = known.classes ?? countClasses(train.labels);
  checkLabels(train.labels, classes, path('train-labels'));
  checkLabels(test.labels, classes, path('test-labels'));
  return { ...known, name, shape: [train.height, train.width, 1], classes, kind: 'bytes', train, test };
}

async function openSplit(
  imagesPath: string,
  labelsPath: string,
): Promise<RawSplit<Int32Array> & { height: number; width: number }> {
  const images = await openIdxFile(imagesPath, [0x803, 'images']);
  const labels = await openIdxFile(labelsPath, [0x801, 'labels']);
  const [count, height, width] = images.sizes;
  checkCounts(count, labels.sizes[0], imagesPath, labelsPath);
  return {
    height,
    width,
    labels: Int32Array.from(labels.load().subarray(labels.offset)),
    load: (): Values => ({
      kind: 'bytes',
      bytes: images.load(),
      offset: images.offset,
      stride: height * width,
      planar: false,
    }),
  };
}

interface IdxFile {
  readonly sizes: readonly number[];
  /** Where the values begin. */
  readonly offset: number;
  /** The whole file's bytes, unzipped. */
  load(): Uint8Array;
}

/** Checks magic number and size of the file, which `expected` describes. */
async function openIdxFile(path: string, [magic, what]: [number, string]): Promise<IdxFile> {
  const axes = magic & 0xff;
  const offset = 4 + 4 * axes;
  const { head, open } = path.endsWith('.gz') ? await openGzipped(path, offset) : await openPlain(path, offset);
  const found = head.length >= 4 ? head.readUInt32BE(0) : undefined;
  if (found !== magic) {
    const start =
      found === undefined ? 'is too short' : `starts with ${hexadecimal(found)}, not with ${hexadecimal(magic)}`;
    throw new UserError(`${path} is not an IDX file of ${what}: it ${start}.`);
  }
  if (head.length < offset) throw new UserError(`${path} is truncated: its header is not complete.`);
  const sizes = Array.from({ length: axes }, (_, axis) => head.readUInt32BE(4 + 4 * axis));
  const needed = offset + sizeOf(sizes);
  const { size, load } = await open(needed);
  if (size !== needed) {
    const problem = size < needed ? 'is truncated' : 'is too long';
    const actual = Number.isFinite(size) ? size : 'more';
    throw new UserError(
      `${path} ${problem}: its header promises ${sizes.join('x')} values, ${needed} bytes, but it has ${actual}.`,
    );
  }
  return { sizes, offset, load };
}

interface Content {
  /** Infinity where it is more than was asked for. */
  readonly size: number;
  load(): Uint8Array;
}

/** A file of which the beginning has been read. */
interface Opened {
  readonly head: Buffer;
  /** The whole, of which `needed` bytes are wanted. */
  open(needed: number): Promise<Content> | Content;
}

async function openPlain(path: string, headLength: number): Promise<Opened> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    const head = Buffer.from(await readRange(file, path, 0, Math.min(headLength, size)));
    return {
      head,
      open(needed) {
        if (size === needed) checkMemory(path, size, 'folder');
        return { size, load: () => readWhole(path, size) };
      },
    };
  } catch (error) {
    throw fileFailure(error, 'read', path);
  } finally {
    await file.close();
  }
}

function readWhole(path: string, size: number): Uint8Array {
  const bytes = readRegularSync(path);
  if (bytes.length === size) return bytes;
  throw new UserError(`${path} changed while it was in use.`);
}

async function openGzipped(path: string, headLength: number): Promise<Opened> {
  const compressed = await readRegular(path, (bytes) => checkMemory(path, bytes, 'file'));
  const damaged = (error: Error) =>
    new UserError(`${path} cannot be unzipped, it is damaged or truncated: ${error.message}.`);
  const head = await firstBytes(compressed, headLength).catch((error) => {
    throw damaged(error);
  });
  return {
    head,
    async open(needed) {
      checkMemory(path, needed, 'file');
      try {
        const bytes = await promisify(gunzip)(compressed, { maxOutputLength: needed });
        return { size: bytes.length, load: () => bytes };
      } catch (error) {
        if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE') return { size: Number.POSITIVE_INFINITY, load: () => head };
        throw damaged(error as Error);
      }
    },
  };
}

/** The first bytes that are compressed, or all where they are fewer. */
async function firstBytes(compressed: Buffer, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let done = 0;
  for await (const piece of Readable.from([compressed]).pipe(createGunzip())) {
    pieces.push(piece);
    done += piece.length;
    if (done >= length) break;
  }
  return Buffer.concat(pieces).subarray(0, length);
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
