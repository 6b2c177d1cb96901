import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'jpeg-js';
import { expect, test } from 'vitest';
import { openMnist } from '../../../server/data/mnist';
import { channelStatistics } from '../../../server/data/normalization';
import { openDataset } from '../../../server/data/open';
import { channelsOf } from '../../../server/data/values';
import { writeSafetensors } from '../../../server/files/safetensors';
import { floatTensor, intTensor } from '../../../server/protocol/tensor';
import { floatBytes, idxFiles, npy, npz, png, read, temporaryFolder, writeFiles } from './helpers';

const folder = temporaryFolder();
const raw = { normalize: 'unit', baseFolder: folder } as const;

/** Values of bytes under normalization 'unit'. */
const bytes = (...values: number[]) => values.map((value) => Math.fround(value / 255));

test('MNIST is the real one', async () => {
  const mnist = await openDataset('mnist');
  expect([mnist.shape, mnist.classes, mnist.train.size, mnist.test.size]).toEqual([[28, 28, 1], 10, 60_000, 10_000]);
  expect([...mnist.train.labels.slice(0, 4)]).toEqual([5, 0, 4, 1]);
  expect([...mnist.test.labels.slice(0, 4)]).toEqual([7, 2, 1, 0]);
  const five = read((await openDataset('mnist', raw)).train, mnist.shape, 0);
  // Row 5 of the first image, from column 12.
  expect(five.slice(5 * 28 + 12, 5 * 28 + 18).map((value) => Math.round(value * 255))).toEqual([
    3, 18, 18, 18, 126, 136,
  ]);
});

test("MNIST's known mean and deviation are those of its training images", async () => {
  const { train, shape, statistics } = await openMnist();
  const computed = channelStatistics(train.load(), shape, channelsOf(shape), train.labels.length);
  expect(computed.mean[0]).toBeCloseTo(statistics!.mean[0], 12);
  expect(computed.std[0]).toBeCloseTo(statistics!.std[0], 12);
});

test('IDX folders: plain, gzipped, and with dots in their names', async () => {
  const plain = idxFiles();
  const gzipped = Object.fromEntries(
    Object.entries(plain).map(([name, content]) => [`${name.replace('-idx', '.idx')}.gz`, gzipSync(content)]),
  );
  for (const files of [plain, gzipped]) {
    const dataset = await openDataset(writeFiles(join(folder, `idx${Object.keys(files)[0]}`), files), raw);
    expect([dataset.shape, dataset.classes, dataset.train.size, dataset.test.size]).toEqual([[2, 2, 1], 3, 3, 2]);
    expect([...dataset.train.labels, ...dataset.test.labels]).toEqual([0, 1, 2, 2, 1]);
    expect(read(dataset.train, dataset.shape, 2, 0)).toEqual(bytes(8, 9, 10, 11, 0, 1, 2, 3));
    expect(read(dataset.test, dataset.shape, 0)).toEqual(bytes(255, 254, 253, 252));
  }
});

test('Fashion-MNIST is found in its usual folder, with the names of its classes', async () => {
  writeFiles(join(folder, 'data', 'fashion-mnist'), idxFiles());
  const dataset = await openDataset('fashion-mnist', { baseFolder: folder });
  expect([dataset.name, dataset.classes, dataset.classNames?.[9]]).toEqual(['fashion-mnist', 10, 'Ankle boot']);
});

test('normalization: zero mean and unit deviation of the training split, or given numbers', async () => {
  const path = writeFiles(join(folder, 'normalized'), idxFiles());
  const standard = await openDataset(path);
  const train = read(standard.train, standard.shape, 0, 1, 2);
  const mean = 5.5 / 255;
  const std = Math.sqrt(143 / 12) / 255;
  expect(train[0]).toBeCloseTo(-mean / std, 5);
  expect(train.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 4);
  expect(train.reduce((sum, value) => sum + value ** 2, 0) / 12).toBeCloseTo(1, 4);
  expect(read(standard.test, standard.shape, 0)[0]).toBeCloseTo((1 - mean) / std, 3);

  const given = await openDataset(path, { normalize: { mean: [0.5], std: [0.25] } });
  expect(read(given.test, given.shape, 0)[0]).toBe(2);
});

/** One CIFAR record whose pixel p of channel c is (first + p + 7c) mod 256. */
function cifarRecord(labels: number[], first: number): Buffer {
  const planes = Array.from({ length: 3072 }, (_, i) => (first + (i % 1024) + 7 * Math.floor(i / 1024)) % 256);
  return Buffer.from([...labels, ...planes]);
}

test('CIFAR-10: planes become channels, files follow each other', async () => {
  const files: { [name: string]: Buffer | string } = { 'test_batch.bin': cifarRecord([9], 100) };
  for (let i = 1; i <= 5; i++) files[`data_batch_${i}.bin`] = cifarRecord([i], i);
  files['batches.meta.txt'] = 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n';
  writeFiles(join(folder, 'data', 'cifar10'), files);
  const dataset = await openDataset('cifar10', raw);
  expect([dataset.shape, dataset.classes, dataset.classNames?.[3]]).toEqual([[32, 32, 3], 10, 'cat']);
  expect([...dataset.train.labels]).toEqual([1, 2, 3, 4, 5]);
  expect([...dataset.test.labels]).toEqual([9]);
  expect(read(dataset.train, dataset.shape, 4).slice(0, 6)).toEqual(bytes(5, 12, 19, 6, 13, 20));
  expect(read(dataset.test, dataset.shape, 0).slice(-3)).toEqual(bytes(99, 106, 113));

  const standard = await openDataset('cifar10', { baseFolder: folder });
  const values = read(standard.train, standard.shape, 0, 1, 2, 3, 4);
  for (const channel of [0, 1, 2]) {
    const ofChannel = values.filter((_, i) => i % 3 === channel);
    expect(ofChannel.reduce((sum, value) => sum + value, 0) / ofChannel.length).toBeCloseTo(0, 5);
    expect(ofChannel.reduce((sum, value) => sum + value ** 2, 0) / ofChannel.length).toBeCloseTo(1, 5);
  }
});

test('CIFAR-100: the fine label counts', async () => {
  const path = writeFiles(join(folder, 'cifar-100'), {
    'train.bin': Buffer.concat([cifarRecord([3, 42], 0), cifarRecord([19, 99], 1)]),
    'test.bin': cifarRecord([0, 7], 2),
  });
  const dataset = await openDataset(path, raw);
  expect([dataset.classes, dataset.classNames]).toEqual([100, undefined]);
  expect([...dataset.train.labels, ...dataset.test.labels]).toEqual([42, 99, 7]);
  expect(read(dataset.train, dataset.shape, 1).slice(0, 3)).toEqual(bytes(1, 8, 15));
});

test('image folders: classes by name, colours in order, other files passed over', async () => {
  const path = writeFiles(join(folder, 'images'), {
    'train/dog/1.png': png(2, 1, (x) => [x, 10, 20]),
    'train/cat/b.PNG': png(2, 1, () => [1, 2, 3]),
    'train/cat/a.png': png(2, 1, () => [4, 5, 6]),
    'train/cat/notes.txt': 'not an image',
    'train/.hidden/x.png': 'not a class',
    'val/dog/1.png': png(2, 1, () => [7, 7, 7]),
  });
  const dataset = await openDataset(path, raw);
  expect([dataset.shape, dataset.classes, dataset.classNames]).toEqual([[1, 2, 3], 2, ['cat', 'dog']]);
  expect([...dataset.train.labels, ...dataset.test.labels]).toEqual([0, 0, 1, 1]);
  expect(read(dataset.train, dataset.shape, 2, 0)).toEqual(bytes(0, 10, 20, 1, 10, 20, 4, 5, 6, 4, 5, 6));
});

test('image folders: grey images have one channel, JPEG is read', async () => {
  const data = new Uint8Array(8 * 8 * 4).fill(128);
  const jpeg = encode({ width: 8, height: 8, data }, 100).data;
  const path = writeFiles(join(folder, 'grey'), {
    'train/0/1.jpg': jpeg,
    'train/1/1.jpeg': jpeg,
    'test/0/1.png': png(8, 8, (x, y) => [8 * y + x, 8 * y + x, 8 * y + x]),
  });
  const dataset = await openDataset(path, raw);
  expect(dataset.shape).toEqual([8, 8, 1]);
  for (const value of read(dataset.train, dataset.shape, 1)) expect(Math.abs(value * 255 - 128)).toBeLessThanOrEqual(2);
  expect(read(dataset.test, dataset.shape, 0).slice(0, 9)).toEqual(bytes(0, 1, 2, 3, 4, 5, 6, 7, 8));
});

test('safetensors: float features are taken as they are, labels may be one-hot', async () => {
  const path = join(folder, 'arrays.safetensors');
  await writeSafetensors(path, {
    'train/x': floatTensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)),
    'train/y': intTensor([2], Int32Array.of(1, 0)),
    'test/x': floatTensor([1, 3], Float32Array.of(7, 8, 9)),
    'test/y': floatTensor([1, 2], Float32Array.of(0, 1)),
  });
  const dataset = await openDataset('arrays.safetensors', { baseFolder: folder });
  expect([dataset.name, dataset.shape, dataset.classes]).toEqual(['arrays.safetensors', [3], 2]);
  expect(read(dataset.train, dataset.shape, 1, 0)).toEqual([4, 5, 6, 1, 2, 3]);
  expect([...dataset.train.labels, ...dataset.test.labels]).toEqual([1, 0, 1]);
  const standard = await openDataset(path, { normalize: 'standard' });
  expect(read(standard.train, standard.shape, 0)[0]).toBeCloseTo(-2.5 / Math.sqrt(35 / 12), 5);
});

test('npz as Keras writes it: grey uint8 images without a channel axis', async () => {
  const path = join(folder, 'mnist.npz');
  writeFileSync(
    path,
    npz({
      x_train: npy('|u1', [2, 2, 2], Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7)),
      y_train: npy('<i8', [2], new Uint8Array(BigInt64Array.of(0n, 1n).buffer)),
      x_test: npy('|u1', [1, 2, 2], Uint8Array.of(255, 0, 0, 0)),
      y_test: npy('<f4', [1, 1], floatBytes(1)),
    }),
  );
  const dataset = await openDataset(path, raw);
  expect([dataset.shape, dataset.classes, [...dataset.train.labels], [...dataset.test.labels]]).toEqual([
    [2, 2, 1],
    2,
    [0, 1],
    [1],
  ]);
  expect(read(dataset.train, dataset.shape, 1)).toEqual(bytes(4, 5, 6, 7));
});

test('noise: the same on every run, different between examples and splits', async () => {
  const dataset = await openDataset('noise:4x4x2:3');
  expect([dataset.shape, dataset.classes, dataset.train.size]).toEqual([[4, 4, 2], 3, 1024]);
  expect([...dataset.train.labels.slice(0, 4)]).toEqual([0, 1, 2, 0]);
  const first = read(dataset.train, dataset.shape, 0);
  expect(read((await openDataset('noise:4x4x2:3')).train, dataset.shape, 5, 0).slice(32)).toEqual(first);
  expect(read(dataset.test, dataset.shape, 0)).not.toEqual(first);
  expect((await openDataset('noise:8:2:16')).train.size).toBe(16);
});

test('reading examples that are not there, or into a buffer of a wrong size, is a defect and says so', async () => {
  const dataset = await openDataset(writeFiles(join(folder, 'defects'), idxFiles()));
  expect(() => read(dataset.train, dataset.shape, 3)).toThrow('example 3 of 3');
  expect(() => read(dataset.train, dataset.shape, -1)).toThrow(RangeError);
  expect(() => dataset.train.read([0], new Float32Array(3))).toThrow(RangeError);
});
