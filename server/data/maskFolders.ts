/**
 * Folders of images with masks: `images/` and `masks/` with files of the same names, in one of three forms:
 * - `train/images`, `train/masks`, `test/images`, `test/masks`;
 * - `images/train`, `images/test`, `masks/train`, `masks/test`;
 * - `images`, `masks`, of which three tenths, the same each time, are set aside for the test.
 * A file `classes.txt` beside them may name the classes, one a line.
 */
import { join, parse } from 'node:path';
import { fileFailure } from '../files/failures';
import { readText } from '../files/regular';
import { UserError } from '../protocol/errors';
import type { RawDataset } from './examples';
import { decodeImages, IMAGE, imageValues, listEntries, listFolders, TEST_FOLDERS } from './imageFiles';
import { decodeMasks } from './maskFiles';
import { testExamples } from './split';

const CLASS_NAMES = 'classes.txt';

interface Folders {
  readonly images: string;
  readonly masks: string;
}

/** Where the pairs of each split are; without `test`, those of `train` are to be divided. */
interface Layout {
  readonly train: Folders;
  readonly test?: Folders;
}

/** The layout of the folder, or undefined where it holds no images with masks. */
async function findLayout(folder: string): Promise<Layout | undefined> {
  const top = await listFolders(folder);
  const pair = (prefix: string, suffix = ''): Folders => ({
    images: join(prefix, 'images', suffix),
    masks: join(prefix, 'masks', suffix),
  });
  if (top.includes('images') && top.includes('masks')) {
    const inner = await listFolders(join(folder, 'images'));
    const test = TEST_FOLDERS.find((name) => inner.includes(name));
    if (!inner.includes('train') || test === undefined) return { train: pair(folder) };
    return { train: pair(folder, 'train'), test: pair(folder, test) };
  }
  const test = TEST_FOLDERS.find((name) => top.includes(name));
  if (!top.includes('train') || test === undefined) return undefined;
  const inner = await listFolders(join(folder, 'train'));
  if (!inner.includes('images') || !inner.includes('masks')) return undefined;
  return { train: pair(join(folder, 'train')), test: pair(join(folder, test)) };
}

interface Pair {
  readonly image: string;
  readonly mask: string;
}

/** Images with the masks of the same name (`a.jpg` and `a.png`, or `a_mask.png`). */
async function listPairs({ images, masks }: Folders): Promise<Pair[]> {
  const files = async (folder: string) =>
    (await listEntries(folder)).filter((entry) => IMAGE.test(entry.name) && !entry.isDirectory());
  const maskFiles = (await files(masks)).map(({ name }) => name);
  const lossy = maskFiles.find((name) => !/\.png$/i.test(name));
  if (lossy !== undefined) {
    throw new UserError(`${join(masks, lossy)} is not a PNG file; JPEG does not keep class numbers.`);
  }
  const byStem = new Map<string, string>();
  for (const name of maskFiles) {
    const stem = parse(name).name.replace(/_mask$/, '');
    const other = byStem.get(stem);
    if (other !== undefined)
      throw new UserError(`${join(masks, name)} and ${other} are both masks of the image ${stem}.`);
    byStem.set(stem, name);
  }
  const pairs = (await files(images)).map(({ name }): Pair => {
    const stem = parse(name).name;
    const mask = byStem.get(stem);
    if (mask === undefined) {
      throw new UserError(`${join(images, name)} has no mask: there is no ${stem}.png in ${masks}.`);
    }
    byStem.delete(stem);
    return { image: join(images, name), mask: join(masks, mask) };
  });
  const [lonely] = byStem.values();
  if (lonely !== undefined) throw new UserError(`${join(masks, lonely)} has no image of that name in ${images}.`);
  if (pairs.length === 0) throw new UserError(`${images} holds no PNG or JPEG images.`);
  return pairs;
}

/** Pairs to train on, and those set aside for the test. */
function divide(pairs: readonly Pair[], folder: string): readonly [readonly Pair[], readonly Pair[]] {
  const isTest = testExamples(pairs.length);
  if (!isTest) {
    throw new UserError(`${folder} has ${pairs.length} images, too few to set some aside for the test.`, {
      hint: 'Put the test images and masks into folders of their own: test/images and test/masks.',
    });
  }
  return [pairs.filter((_, i) => isTest[i] === 0), pairs.filter((_, i) => isTest[i] === 1)];
}

async function readClassNames(folder: string): Promise<readonly string[] | undefined> {
  if (!(await listEntries(folder)).some(({ name }) => name === CLASS_NAMES)) return undefined;
  const path = join(folder, CLASS_NAMES);
  const text = await readText(path).catch((error) => {
    throw fileFailure(error, 'read', path);
  });
  const names = text.split(/\r?\n/).map((line) => line.trim());
  return names.filter((line) => line !== '');
}

/** The values that occur, ascending. */
function distinct(masks: readonly Uint8Array[]): number[] {
  const seen = new Uint8Array(256);
  for (const values of masks) for (const value of values) seen[value] = 1;
  return Array.from(seen.keys()).filter((value) => seen[value] === 1);
}

/**
 * Makes class numbers of the masks' values, in place, and gives the number of classes. Values are class numbers as they
 * are; black and white (0 and 255) alone are classes 0 and 1.
 */
function toClasses(masks: readonly Uint8Array[], names: readonly string[] | undefined, folder: string): number {
  const values = distinct(masks);
  const isBlackAndWhite = values.every((value) => value === 0 || value === 255) && values.includes(255);
  if (isBlackAndWhite && (names === undefined || names.length === 2)) {
    for (const mask of masks) for (let i = 0; i < mask.length; i++) mask[i] = mask[i] === 0 ? 0 : 1;
    return 2;
  }
  const highest = values[values.length - 1];
  if (names !== undefined) {
    if (highest < names.length) return names.length;
    throw new UserError(
      `The masks in ${folder} have the value ${highest}, but ${CLASS_NAMES} names ${names.length} classes, 0 to ${names.length - 1}.`,
    );
  }
  if (highest !== values.length - 1) {
    const shown = values.length > 12 ? `${values.slice(0, 12).join(', ')}, …` : values.join(', ');
    throw new UserError(
      `The masks in ${folder} have the values ${shown}, which are not the class numbers 0, 1, 2, ….`,
      {
        hint: `Write class numbers without gaps (or only 0 and 255), or name all classes in a file ${CLASS_NAMES}, one a line.`,
      },
    );
  }
  if (highest === 0) throw new UserError(`The masks in ${folder} have a single class: all their pixels are 0.`);
  return values.length;
}

/**
 * Opens a folder of images with masks; undefined where the folder holds none. All images have one size, and their masks
 * have it too. The images are grey if every pixel of every image is. Everything else is a UserError that names the file.
 */
export async function openMaskFolder(name: string, folder: string): Promise<RawDataset | undefined> {
  const layout = await findLayout(folder);
  if (!layout) return undefined;
  const found = await listPairs(layout.train);
  const [trainPairs, testPairs] = layout.test ? [found, await listPairs(layout.test)] : divide(found, folder);
  const images = (pairs: readonly Pair[]) => pairs.map(({ image }) => image);
  const train = await decodeImages(images(trainPairs));
  const test = await decodeImages(images(testPairs), train.size);
  const masks = (pairs: readonly Pair[]) =>
    decodeMasks(
      pairs.map(({ mask }) => mask),
      train.size,
    );
  const [trainLabels, testLabels] = [await masks(trainPairs), await masks(testPairs)];
  const classNames = await readClassNames(folder);
  const classes = toClasses([trainLabels, testLabels], classNames, folder);
  const grey = train.grey && test.grey;
  const [trainValues, testValues] = [imageValues(train, grey), imageValues(test, grey)];
  const { height, width } = train.size;
  return {
    name,
    shape: [height, width, grey ? 1 : 3],
    classes,
    ...(classNames && { classNames }),
    labelShape: [height, width],
    kind: 'bytes',
    train: { labels: trainLabels, load: () => trainValues },
    test: { labels: testLabels, load: () => testValues },
  };
}
