import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openDataset } from '../../../server/data/open';
import { writeSafetensors } from '../../../server/files/safetensors';
import { UserError } from '../../../server/protocol/errors';
import { floatTensor, type HostTensor, intTensor } from '../../../server/protocol/tensor';
import { failure, idx, idxFiles, png, temporaryFolder, writeFiles } from './helpers';

const folder = temporaryFolder();
let folders = 0;

/** The message for a data set folder with these files, in which the folder is called FOLDER. */
function failureOf(files: { [path: string]: Uint8Array | string }): Promise<string> {
  const path = join(folder, String(folders++));
  mkdirSync(path);
  return failure(openDataset(writeFiles(path, files)), path);
}

test('names and paths that are not there', async () => {
  expect(await failure(openDataset('minst', { baseFolder: folder }), folder)).toBe(
    "There is no data set 'minst'. Known are mnist, fashion-mnist, cifar10, cifar100, cells, noise:SHAPE:CLASSES, and paths of folders and of .safetensors, .npz and .csv files.",
  );
  expect(await failure(openDataset('./absent', { baseFolder: folder }), folder)).toBe(
    'Cannot read FOLDER/absent: it does not exist.',
  );
  expect(await failure(openDataset('fashion-mnist', { baseFolder: folder }), folder)).toBe(
    'fashion-mnist does not ship with PruneLens and is not in FOLDER/data/fashion-mnist. Put its four files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) there, or give the path of the folder that holds them.',
  );
  expect(await failure(openDataset('cifar10', { baseFolder: folder }), folder)).toContain('data_batch_1.bin');
});

test('an unknown name is wrong use, a broken file a failure', async () => {
  const kind = (name: string) => openDataset(name, { baseFolder: folder }).catch((error: UserError) => error.kind);
  expect(await kind('minst')).toBe('usage');
  expect(await kind('noise:0:10')).toBe('usage');
  expect(await kind('./absent.npz')).toBe('failed');
});

test('folders and files that are no data sets', async () => {
  expect(await failureOf({ 'readme.txt': 'hello' })).toMatch(
    /^FOLDER is not a data set that is known here\. It should/,
  );
  const file = join(folder, 'data.arff');
  writeFileSync(file, '1,2');
  expect(await failure(openDataset(file), folder)).toBe(
    'FOLDER/data.arff is not a data set: it is neither a folder nor a .safetensors, .npz or .csv file.',
  );
});

test('malformed noise', async () => {
  for (const name of ['noise', 'noise:28x28', 'noise:ax3:2', 'noise:0:10', 'noise:4:0', 'noise:4:2:0']) {
    expect(await failure(openDataset(name), folder)).toBe(
      `'${name}' is not a noise data set. Write noise:SHAPE:CLASSES, such as noise:28x28x1:10, for a class a pixel noise:28x28x1:3:pixels, or for token ids below 1000 noise:16@1000:2.`,
    );
  }
});

test('normalization that does not fit', async () => {
  const path = writeFiles(join(folder, 'normalized'), idxFiles());
  expect(await failure(openDataset(path, { normalize: { mean: [0, 0], std: [1] } }), folder)).toBe(
    'The normalization of normalized has 2 means and 1 deviations, but its examples have 1 channel.',
  );
  for (const [mean, std] of [
    [0, 0],
    [0, -1],
    [Number.NaN, 1],
  ]) {
    expect(await failure(openDataset(path, { normalize: { mean: [mean], std: [std] } }), folder)).toBe(
      'The normalization of normalized must have finite means and positive deviations.',
    );
  }
});

test('IDX: a missing file', async () => {
  const { 't10k-labels-idx1-ubyte': _, ...files } = idxFiles();
  expect(await failureOf(files)).toBe(
    'FOLDER is not complete: t10k-labels-idx1-ubyte (or t10k-labels-idx1-ubyte.gz) is missing.',
  );
});

test('IDX: broken files', async () => {
  const images = idxFiles()['train-images-idx3-ubyte'];
  const cases: [string, Uint8Array, string][] = [
    [
      'train-images-idx3-ubyte',
      idx([3], [1, 2, 3]),
      'is not an IDX file of images: it starts with 0x00000801, not with 0x00000803.',
    ],
    ['train-images-idx3-ubyte', images.subarray(0, 3), 'is not an IDX file of images: it is too short.'],
    ['train-images-idx3-ubyte', images.subarray(0, 9), 'is truncated: its header is not complete.'],
    [
      'train-images-idx3-ubyte',
      images.subarray(0, 20),
      'is truncated: its header promises 3x2x2 values, 28 bytes, but it has 20.',
    ],
    [
      'train-images-idx3-ubyte',
      Buffer.concat([images, Buffer.alloc(2)]),
      'is too long: its header promises 3x2x2 values, 28 bytes, but it has 30.',
    ],
    [
      'train-labels-idx1-ubyte',
      images,
      'is not an IDX file of labels: it starts with 0x00000803, not with 0x00000801.',
    ],
    ['t10k-labels-idx1-ubyte', idx([2], [0, 3]), ': example 1 has label 3, which is not in 0 to 2.'],
    ['t10k-images-idx3-ubyte', idx([2, 1, 1], [0, 1]), 'has images of 1x1, but the training images are 2x2.'],
  ];
  for (const [name, content, message] of cases) {
    const space = message.startsWith(':') ? '' : ' ';
    expect(await failureOf({ ...idxFiles(), [name]: content })).toBe(`FOLDER/${name}${space}${message}`);
  }
});

test('IDX: different numbers of images and labels, and none at all', async () => {
  expect(await failureOf({ ...idxFiles(), 'train-labels-idx1-ubyte': idx([2], [0, 1]) })).toBe(
    'FOLDER/train-images-idx3-ubyte holds 3 examples, but FOLDER/train-labels-idx1-ubyte holds 2 labels.',
  );
  expect(
    await failureOf({
      ...idxFiles(),
      't10k-images-idx3-ubyte': idx([0, 2, 2], []),
      't10k-labels-idx1-ubyte': idx([0], []),
    }),
  ).toBe('FOLDER/t10k-images-idx3-ubyte holds no examples.');
});

test('IDX: a truncated gzip file', async () => {
  const { 'train-images-idx3-ubyte': images, ...files } = idxFiles();
  expect(await failureOf({ ...files, 'train-images-idx3-ubyte.gz': gzipSync(images).subarray(0, 20) })).toMatch(
    /^FOLDER\/train-images-idx3-ubyte\.gz cannot be unzipped, it is damaged or truncated: /,
  );
});

test('IDX: a file that changes after it was opened', async () => {
  const path = writeFiles(join(folder, 'changing'), idxFiles());
  const dataset = await openDataset(path);
  writeFileSync(join(path, 'train-images-idx3-ubyte'), '');
  expect(() => dataset.train.read([0], new Float32Array(4))).toThrow(UserError);
});

test('CIFAR: missing and truncated files, labels out of range', async () => {
  const record = (label: number) => Buffer.concat([Buffer.from([label]), Buffer.alloc(3072)]);
  const files = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, record(i)]));
  expect(await failureOf(files)).toBe('FOLDER is not complete: test_batch.bin is missing.');
  expect(await failureOf({ ...files, 'test_batch.bin': record(0).subarray(1) })).toBe(
    'FOLDER/test_batch.bin has 3072 bytes, which is not a whole number of CIFAR records of 3073 bytes.',
  );
  expect(await failureOf({ ...files, 'test_batch.bin': Buffer.alloc(0) })).toContain('has 0 bytes');
  const wrong = { ...files, 'data_batch_2.bin': Buffer.concat([record(9), record(10)]), 'test_batch.bin': record(0) };
  expect(await failureOf(wrong)).toBe('FOLDER/data_batch_2.bin: example 1 has label 10, which is not in 0 to 9.');
});

test('images: odd sizes, empty and unknown classes, undecodable files', async () => {
  const image = png(2, 2, () => [0, 0, 0]);
  const files = { 'train/a/1.png': image, 'test/a/1.png': image };
  expect(await failureOf({ ...files, 'train/a/2.png': png(3, 2, () => [0, 0, 0]) })).toBe(
    'FOLDER/train/a/2.png is 3x2 pixels, but the images before it are 2x2. Bring all images to one size, or have torchvision do so: --data torchvision:ImageFolder@FOLDER.',
  );
  expect(await failureOf({ ...files, 'test/a/2.png': png(1, 2, () => [0, 0, 0]) })).toContain(
    'FOLDER/test/a/2.png is 1x2',
  );
  expect(await failureOf({ ...files, 'train/b/notes.txt': '' })).toBe(
    'The class folder FOLDER/train/b holds no PNG or JPEG images.',
  );
  expect(await failureOf({ ...files, 'test/c/1.png': image })).toBe(
    'FOLDER/test/c is a class that FOLDER/train does not have.',
  );
  expect(await failureOf({ 'train/1.png': image, 'test/a/1.png': image })).toBe('FOLDER/train holds no class folders.');
  expect(await failureOf({ 'train/a/1.png': image, 'test/1.png': image })).toBe('FOLDER/test holds no class folders.');
  expect(await failureOf({ ...files, 'train/a/3.png': image.subarray(0, 40) })).toMatch(
    /^FOLDER\/train\/a\/3\.png cannot be decoded: /,
  );
  expect(await failureOf({ ...files, 'train/a/3.jpg': 'text' })).toMatch(
    /^FOLDER\/train\/a\/3\.jpg cannot be decoded: /,
  );
});

test('arrays: what is missing, what has a wrong shape, what is not a number', async () => {
  const path = join(folder, 'arrays.safetensors');
  const x = floatTensor([2, 2], Float32Array.of(1, 2, 3, 4));
  const y = intTensor([2], Int32Array.of(0, 1));
  const good = { 'train/x': x, 'train/y': y, 'test/x': x, 'test/y': y };
  const failing = async (change: { [name: string]: HostTensor }, storage?: 'U8') => {
    await writeSafetensors(path, { ...good, ...change }, storage ? { storage } : {});
    return (await failure(openDataset(path), path)).replace('FOLDER, array ', '');
  };
  await writeSafetensors(path, good);
  expect((await openDataset(path)).classes).toBe(2);

  await writeSafetensors(path, { 'train/x': x, labels: y });
  expect(await failure(openDataset(path), path)).toBe(
    "FOLDER has no array 'train/y' (or y_train, train_y, train_labels, train/labels); it holds train/x, labels.",
  );
  expect(await failing({ 'train/x': floatTensor([4], x.data as Float32Array) })).toBe(
    "'train/x' has shape [4]; examples must be [n, features], [n, h, w] or [n, h, w, c].",
  );
  expect(await failing({ 'test/x': floatTensor([4, 1], x.data as Float32Array) })).toBe(
    "'test/x' has examples of shape [1], but the training examples are [2].",
  );
  expect(await failing({ 'test/x': floatTensor([2, 2], Float32Array.of(0, 0, Number.NaN, 0)) })).toBe(
    "'test/x': example 1 contains NaN.",
  );
  expect(await failing({ 'train/x': floatTensor([2, 2], Float32Array.of(0, -1 / 0, 0, 0)) })).toBe(
    "'train/x': example 0 contains -Infinity.",
  );
  expect(await failing({ 'train/y': intTensor([3], Int32Array.of(0, 1, 0)) })).toBe(
    "'train/x' holds 2 examples, but FOLDER, array 'train/y' holds 3 labels.",
  );
  expect(await failing({ 'test/y': intTensor([2], Int32Array.of(0, 2)) })).toBe(
    "'test/y': example 1 has label 2, which is not in 0 to 1.",
  );
  expect(await failing({ 'train/y': intTensor([2], Int32Array.of(0, -1)) })).toContain('example 1 has label -1');
  expect(await failing({ 'train/y': floatTensor([2, 2], Float32Array.of(1, 0, 0.5, 0.5)) })).toBe(
    "'train/y': the row of example 1 is not one-hot.",
  );
  expect(await failing({ 'train/y': floatTensor([1, 1, 2], Float32Array.of(1, 0)) })).toBe(
    "'train/y' has shape [1,1,2], but the examples are [2]; labels are [n], one-hot [n, classes], or [n, h, w] with a class for each pixel.",
  );
});
