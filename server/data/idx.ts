/**
 * The IDX format of MNIST and Fashion-MNIST: big-endian magic number (0, 0, element type, number of axes), sizes, values.
 * Four files make a data set; each may be gzipped.
 */
import { readFileSync } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { fileFailure } from '../files/failures';
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
  const { head, size, load } = path.endsWith('.gz') ? await openGzipped(path) : await openPlain(path, offset);
  const found = head.length >= 4 ? head.readUInt32BE(0) : undefined;
  if (found !== magic) {
    const start =
      found === undefined ? 'is too short' : `starts with ${hexadecimal(found)}, not with ${hexadecimal(magic)}`;
    throw new UserError(`${path} is not an IDX file of ${what}: it ${start}.`);
  }
  if (head.length < offset) throw new UserError(`${path} is truncated: its header is not complete.`);
  const sizes = Array.from({ length: axes }, (_, axis) => head.readUInt32BE(4 + 4 * axis));
  const needed = offset + sizeOf(sizes);
  if (size !== needed) {
    const problem = size < needed ? 'is truncated' : 'is too long';
    throw new UserError(
      `${path} ${problem}: its header promises ${sizes.join('x')} values, ${needed} bytes, but it has ${size}.`,
    );
  }
  return { sizes, offset, load };
}

interface Content {
  readonly head: Buffer;
  readonly size: number;
  load(): Uint8Array;
}

async function openPlain(path: string, headLength: number): Promise<Content> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(headLength, size));
    await file.read(head, 0, head.length, 0);
    return { head, size, load: () => readWhole(path, size) };
  } catch (error) {
    throw fileFailure(error, 'read', path);
  } finally {
    await file?.close();
  }
}

function readWhole(path: string, size: number): Uint8Array {
  try {
    const bytes = readFileSync(path);
    if (bytes.length === size) return bytes;
  } catch (error) {
    throw fileFailure(error, 'read', path);
  }
  throw new UserError(`${path} changed while it was in use.`);
}

async function openGzipped(path: string): Promise<Content> {
  const compressed = await readFile(path).catch((error) => {
    throw fileFailure(error, 'read', path);
  });
  const bytes = await promisify(gunzip)(compressed).catch((error) => {
    throw new UserError(`${path} cannot be unzipped, it is damaged or truncated: ${error.message}.`);
  });
  return { head: bytes, size: bytes.length, load: () => bytes };
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
