/** Folders of PNG and JPEG images: `train/<class>/…` and `test/<class>/…`. */
import { join } from 'node:path';
import { UserError } from '../protocol/errors';
import type { RawDataset } from './examples';
import {
  type DecodedImages,
  decodeImages,
  IMAGE,
  imageValues,
  listEntries,
  listFolders,
  TEST_FOLDERS,
} from './imageFiles';

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

  const trainFiles = await listImages(trainFolder, classNames);
  const train = await decodeImages(pathsOf(trainFiles));
  const testFiles = await listImages(testFolder, classNames);
  const test = await decodeImages(pathsOf(testFiles), train.size);
  const grey = train.grey && test.grey;
  const split = (files: readonly ImageFile[], images: DecodedImages) => {
    const values = imageValues(images, grey);
    return { labels: Int32Array.from(files, ({ label }) => label), load: () => values };
  };
  return {
    name,
    shape: [train.size.height, train.size.width, grey ? 1 : 3],
    classes: classNames.length,
    classNames,
    kind: 'bytes',
    train: split(trainFiles, train),
    test: split(testFiles, test),
  };
}

interface ImageFile {
  readonly path: string;
  readonly label: number;
}

function pathsOf(files: readonly ImageFile[]): string[] {
  return files.map(({ path }) => path);
}

async function listImages(folder: string, classNames: readonly string[]): Promise<ImageFile[]> {
  const present = await listFolders(folder);
  const files: ImageFile[] = [];
  for (const [label, className] of classNames.entries()) {
    if (!present.includes(className)) continue;
    const classFolder = join(folder, className);
    const images = (await listEntries(classFolder)).filter((entry) => IMAGE.test(entry.name) && !entry.isDirectory());
    if (images.length === 0) throw new UserError(`The class folder ${classFolder} holds no PNG or JPEG images.`);
    for (const image of images) files.push({ path: join(classFolder, image.name), label });
  }
  if (files.length === 0) throw new UserError(`${folder} holds no class folders.`);
  return files;
}
