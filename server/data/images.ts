/** Folders of PNG and JPEG images: `train/<class>/…` and `test/<class>/…`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode as decodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { fileFailure } from '../files/failures';
import { UserError } from '../protocol/errors';
import type { RawDataset } from './examples';
import type { Values } from './values';

const TEST_FOLDERS = ['test', 'val', 'validation', 'valid'];
/** Files read at the same time: enough to keep the decoder busy, few enough to hold open. */
const READ_TOGETHER = 64;
const IMAGE = /\.(png|jpe?g)$/i;

/** Whether a folder with these entries looks like an image data set. */
export function isImageFolder(entries: readonly string[]): boolean {
  return entries.includes('train') && TEST_FOLDERS.some((name) => entries.includes(name));
}

/**
 * Opens an image folder. Classes are the folders in `train`, in the order of their names; all images have one size. The
 * images are grey (one channel) if every pixel of every image is; otherwise they have three channels. Transparency is left
 * out, and files that are neither PNG nor JPEG are passed over.
 */
export async function openImages(name: string, folder: string, entries: readonly string[]): Promise<RawDataset> {
  const testFolder = join(folder, TEST_FOLDERS.find((candidate) => entries.includes(candidate)) ?? 'test');
  const trainFolder = join(folder, 'train');
  const classNames = await listFolders(trainFolder);
  if (classNames.length === 0) throw new UserError(`${trainFolder} holds no class folders.`);
  const unknown = (await listFolders(testFolder)).find((className) => !classNames.includes(className));
  if (unknown !== undefined) {
    throw new UserError(`${join(testFolder, unknown)} is a class that ${trainFolder} does not have.`);
  }

  const train = await decodeAll(await listImages(trainFolder, classNames), undefined);
  const test = await decodeAll(await listImages(testFolder, classNames), train.size);
  const grey = train.grey && test.grey;
  const { width, height } = train.size;
  const split = ({ labels, rgb }: Decoded) => {
    const values: Values = grey
      ? { kind: 'bytes', bytes: firstChannel(rgb), offset: 0, stride: width * height, planar: false }
      : { kind: 'bytes', bytes: rgb, offset: 0, stride: 3 * width * height, planar: false };
    return { labels, load: () => values };
  };
  return {
    name,
    shape: [height, width, grey ? 1 : 3],
    classes: classNames.length,
    classNames,
    kind: 'bytes',
    train: split(train),
    test: split(test),
  };
}

async function list(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw fileFailure(error, 'read', folder);
  });
  // Not in the order of the locale, so that class numbers are the same on every machine.
  return entries.filter((entry) => !entry.name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function listFolders(folder: string): Promise<string[]> {
  return (await list(folder)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

interface ImageFile {
  readonly path: string;
  readonly label: number;
}

async function listImages(folder: string, classNames: readonly string[]): Promise<ImageFile[]> {
  const present = await listFolders(folder);
  const files: ImageFile[] = [];
  for (const [label, className] of classNames.entries()) {
    if (!present.includes(className)) continue;
    const classFolder = join(folder, className);
    const images = (await list(classFolder)).filter((entry) => IMAGE.test(entry.name) && !entry.isDirectory());
    if (images.length === 0) throw new UserError(`The class folder ${classFolder} holds no PNG or JPEG images.`);
    for (const image of images) files.push({ path: join(classFolder, image.name), label });
  }
  if (files.length === 0) throw new UserError(`${folder} holds no class folders.`);
  return files;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Decoded {
  readonly labels: Int32Array;
  readonly size: Size;
  /** All images one after the other, interleaved. */
  readonly rgb: Uint8Array;
  readonly grey: boolean;
}

async function decodeAll(files: readonly ImageFile[], expected: Size | undefined): Promise<Decoded> {
  let size = expected;
  let rgb: Uint8Array | undefined;
  let grey = true;
  for (let begin = 0; begin < files.length; begin += READ_TOGETHER) {
    const contents = await Promise.all(files.slice(begin, begin + READ_TOGETHER).map(({ path }) => readImage(path)));
    for (const [i, content] of contents.entries()) {
      const { path } = files[begin + i];
      const image = decodeImage(content, path);
      size ??= { width: image.width, height: image.height };
      if (image.width !== size.width || image.height !== size.height) {
        throw new UserError(
          `${path} is ${image.width}x${image.height} pixels, but the images before it are ${size.width}x${size.height}.`,
          { hint: 'Bring all images to one size.' },
        );
      }
      const length = 3 * size.width * size.height;
      rgb ??= allocate(files.length * length, path);
      const isGrey = copyColours(image.data, rgb.subarray((begin + i) * length, (begin + i + 1) * length));
      grey &&= isGrey;
    }
  }
  return { labels: Int32Array.from(files, ({ label }) => label), size: size!, rgb: rgb!, grey };
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

function allocate(bytes: number, path: string): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch {
    throw new UserError(
      `The images beside ${path} need ${(bytes / 2 ** 30).toFixed(1)} GiB of memory, more than there is; make them smaller.`,
    );
  }
}

function readImage(path: string): Promise<Buffer> {
  return readFile(path).catch((error) => {
    throw fileFailure(error, 'read', path);
  });
}

function decodeImage(content: Buffer, path: string): Size & { data: Uint8Array } {
  try {
    return /\.png$/i.test(path) ? PNG.sync.read(content) : decodeJpeg(content, { useTArray: true });
  } catch (error) {
    throw new UserError(`${path} cannot be decoded: ${error instanceof Error ? error.message : error}.`);
  }
}

function firstChannel(rgb: Uint8Array): Uint8Array {
  const values = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < values.length; i++) values[i] = rgb[3 * i];
  return values;
}
