/** Image files in folders: finding, reading and decoding them. */
import { readdir } from 'node:fs/promises';
import { decode as decodeJpeg } from 'jpeg-js';
import { fileFailure } from '../files/failures';
import { checkMemory, memoryLimit, tooLarge } from '../files/memory';
import { readRegular } from '../files/regular';
import { UserError } from '../protocol/errors';
import { decodePng } from './png';
import type { Values } from './values';

/** Folders that hold a test split, the first of them that is there. */
export const TEST_FOLDERS = ['test', 'val', 'validation', 'valid'];
/** File names that are taken for images. */
export const IMAGE = /\.(png|jpe?g)$/i;
/** Files read at the same time: enough to keep the decoder busy, few enough to hold open. */
const READ_TOGETHER = 64;

/** The entries of a folder but for hidden ones, in an order that is the same on every machine. */
export async function listEntries(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw fileFailure(error, 'read', folder);
  });
  // Not in the order of the locale, so that class numbers are the same on every machine.
  return entries.filter((entry) => !entry.name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function listFolders(folder: string): Promise<string[]> {
  return (await listEntries(folder)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Images of one size. */
export interface DecodedImages {
  readonly size: Size;
  /** All images one after the other, interleaved. */
  readonly rgb: Uint8Array;
  /** Whether every pixel of every image is grey. */
  readonly grey: boolean;
}

/**
 * Reads and decodes the image files `paths`, without their transparency. Another size than `expected` (or the first
 * image's) is a UserError.
 */
export async function decodeImages(paths: readonly string[], expected?: Size): Promise<DecodedImages> {
  let size = expected;
  let rgb: Uint8Array | undefined;
  let grey = true;
  await readTogether(paths, (content, path, index) => {
    const image = decodeImage(content, path);
    size ??= { width: image.width, height: image.height };
    if (image.width !== size.width || image.height !== size.height) {
      throw new UserError(
        `${path} is ${image.width}x${image.height} pixels, but the images before it are ${size.width}x${size.height}.`,
        { hint: 'Bring all images to one size, or have torchvision do so: --data torchvision:ImageFolder@FOLDER.' },
      );
    }
    const length = 3 * size.width * size.height;
    rgb ??= allocateImages(paths.length * length, path);
    const isGrey = copyColours(image.data, rgb.subarray(index * length, (index + 1) * length));
    grey &&= isGrey;
  });
  return { size: size!, rgb: rgb!, grey };
}

/** Reads files, several at a time, and hands each on in order. */
export async function readTogether(
  paths: readonly string[],
  use: (content: Buffer, path: string, index: number) => void,
): Promise<void> {
  for (let begin = 0; begin < paths.length; begin += READ_TOGETHER) {
    const contents = await Promise.all(paths.slice(begin, begin + READ_TOGETHER).map(readImage));
    for (const [i, content] of contents.entries()) use(content, paths[begin + i], begin + i);
  }
}

/** The images' bytes, of one channel where `grey`. */
export function imageValues({ size: { width, height }, rgb }: DecodedImages, grey: boolean): Values {
  return grey
    ? { kind: 'bytes', bytes: firstChannel(rgb), offset: 0, stride: width * height, planar: false }
    : { kind: 'bytes', bytes: rgb, offset: 0, stride: 3 * width * height, planar: false };
}

/** Copies RGBA pixels without their transparency; whether all of them are grey. */
function copyColours(rgba: Uint8Array, rgb: Uint8Array): boolean {
  let grey = true;
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    const red = rgba[from];
    const green = rgba[from + 1];
    const blue = rgba[from + 2];
    rgb[to] = red;
    rgb[to + 1] = green;
    rgb[to + 2] = blue;
    if (red !== green || red !== blue) grey = false;
  }
  return grey;
}

/** Memory for the images beside `path`, or a UserError where there is not enough. */
export function allocateImages(bytes: number, path: string): Uint8Array {
  checkMemory(`The folder of ${path}`, bytes, 'folder');
  try {
    return new Uint8Array(bytes);
  } catch {
    throw tooLarge(`The folder of ${path}`, bytes, 'folder');
  }
}

function readImage(path: string): Promise<Buffer> {
  return readRegular(path, (bytes) => checkMemory(path, bytes, 'image'));
}

const PIXELS = 1_000_000;

/** The decoder counts what it is about to take, and stops at the limit. */
function decodeJpegFile(content: Buffer, path: string): Size & { data: Uint8Array } {
  const megabytes = memoryLimit('image') / 2 ** 20;
  try {
    // Three channels and four of the result, and the coefficients of two bytes each beside them.
    return decodeJpeg(content, {
      useTArray: true,
      maxMemoryUsageInMB: megabytes,
      maxResolutionInMP: (megabytes * 2 ** 20) / 16 / PIXELS,
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const excess = /^(maxResolutionInMP|maxMemoryUsageInMB) limit exceeded by (?:at least )?([\d.]+)/.exec(text);
    if (!excess) throw error;
    const bytes = excess[1] === 'maxResolutionInMP' ? 16 * PIXELS : 2 ** 20;
    throw tooLarge(`${path}, decoded,`, memoryLimit('image') + Number(excess[2]) * bytes, 'image');
  }
}

function decodeImage(content: Buffer, path: string): Size & { data: Uint8Array } {
  try {
    return /\.png$/i.test(path) ? decodePng(content, path) : decodeJpegFile(content, path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path} cannot be decoded: ${error instanceof Error ? error.message : error}.`);
  }
}

function firstChannel(rgb: Uint8Array): Uint8Array {
  const values = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < values.length; i++) values[i] = rgb[3 * i];
  return values;
}
