/**
 * The binary version of CIFAR-10 and CIFAR-100 (https://www.cs.toronto.edu/~kriz/cifar.html): records of one label byte
 * (CIFAR-100: coarse, then fine label) and 3072 bytes, three planes of 32x32.
 */
import { join } from 'node:path';
import { fileFailure } from '../files/failures';
import { checkMemory } from '../files/memory';
import { readRegular, readText } from '../files/regular';
import { UserError } from '../protocol/errors';
import type { RawDataset, RawSplit } from './examples';
import { checkLabels } from './labels';

const IMAGE_BYTES = 3072;

interface CifarFormat {
  readonly train: readonly string[];
  readonly test: string;
  readonly labelBytes: number;
  readonly classes: number;
  readonly namesFile: string;
}

const CIFAR10: CifarFormat = {
  train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`),
  test: 'test_batch.bin',
  labelBytes: 1,
  classes: 10,
  namesFile: 'batches.meta.txt',
};

const CIFAR100: CifarFormat = {
  train: ['train.bin'],
  test: 'test.bin',
  labelBytes: 2,
  classes: 100,
  namesFile: 'fine_label_names.txt',
};

function formatOf(entries: readonly string[]): CifarFormat | undefined {
  return [CIFAR10, CIFAR100].find(({ train, test }) => [...train, test].some((file) => entries.includes(file)));
}

/** Whether a folder with these entries looks like CIFAR-10 or CIFAR-100. */
export function isCifarFolder(entries: readonly string[]): boolean {
  return formatOf(entries) !== undefined;
}

/** Opens the folder with CIFAR's binary files. Images are 32x32x3; CIFAR-100's classes are the fine ones. */
export async function openCifar(name: string, folder: string, entries: readonly string[]): Promise<RawDataset> {
  const format = formatOf(entries) ?? CIFAR10;
  const missing = [...format.train, format.test].find((file) => !entries.includes(file));
  if (missing !== undefined) throw new UserError(`${folder} is not complete: ${missing} is missing.`);

  const train = await openSplit(folder, format.train, format);
  const test = await openSplit(folder, [format.test], format);
  const classNames = entries.includes(format.namesFile) ? await readNames(join(folder, format.namesFile)) : undefined;
  return {
    name,
    shape: [32, 32, 3],
    classes: format.classes,
    kind: 'bytes',
    ...(classNames?.length === format.classes ? { classNames } : {}),
    train,
    test,
  };
}

async function openSplit(folder: string, files: readonly string[], format: CifarFormat): Promise<RawSplit> {
  const stride = format.labelBytes + IMAGE_BYTES;
  // The labels are strewn through the files, which therefore have to be read now.
  const contents: Buffer[] = [];
  for (const file of files) contents.push(await readRecords(join(folder, file), stride));
  const bytes = contents.length === 1 ? contents[0] : Buffer.concat(contents);

  const labels = new Int32Array(bytes.length / stride);
  for (let i = 0; i < labels.length; i++) labels[i] = bytes[i * stride + format.labelBytes - 1];
  let first = 0;
  for (const [index, content] of contents.entries()) {
    const end = first + content.length / stride;
    checkLabels(labels.subarray(first, end), format.classes, join(folder, files[index]));
    first = end;
  }
  return { labels, load: () => ({ kind: 'bytes', bytes, offset: format.labelBytes, stride, planar: true }) };
}

async function readRecords(path: string, stride: number): Promise<Buffer> {
  const bytes = await readRegular(path, (size) => checkMemory(path, size, 'file'));
  if (bytes.length === 0 || bytes.length % stride !== 0) {
    throw new UserError(
      `${path} has ${bytes.length} bytes, which is not a whole number of CIFAR records of ${stride} bytes.`,
    );
  }
  return bytes;
}

async function readNames(path: string): Promise<string[]> {
  const text = await readText(path).catch((error) => {
    throw fileFailure(error, 'read', path);
  });
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
