/** Data whose pixels have classes: generated cells, folders of images with masks, arrays, and moving both together. */
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { describe, expect, it, test } from 'vitest';
import { type Augmentation, augment } from '../../../server/data/augmentation';
import { augmentBatch, checkAugmented } from '../../../server/data/augmentBatch';
import { assembleBatch, pruningBatches } from '../../../server/data/batches';
import { openDataset } from '../../../server/data/open';
import { writeSafetensors } from '../../../server/files/safetensors';
import { floatTensor, intTensor } from '../../../server/protocol/tensor';
import { failure, png, read, temporaryFolder, writeFiles } from './helpers';

const folder = temporaryFolder();

describe('cells', () => {
  it('are 512 and 128 images with three classes by default', async () => {
    const { shape, labelShape, classes, classNames, train, test: held } = await openDataset('cells');
    expect({ shape, labelShape, classes, classNames }).toEqual({
      shape: [32, 32, 1],
      labelShape: [32, 32],
      classes: 3,
      classNames: ['background', 'cell', 'nucleus'],
    });
    expect([train.size, held.size, train.labels.length]).toEqual([512, 128, 512 * 1024]);
    const shares = [0, 0, 0];
    for (const label of train.labels) shares[label] += 1 / train.labels.length;
    // Much background, few nuclei, as in microscopy.
    expect(shares[0]).toBeGreaterThan(0.6);
    expect(shares[1]).toBeGreaterThan(0.12);
    expect(shares[2]).toBeGreaterThan(0.02);
    expect(shares[0] + shares[1] + shares[2]).toBeCloseTo(1, 6);
  });

  it('follow from the seed alone, whatever their number', async () => {
    const [small, large, other] = await Promise.all(
      ['cells:16x24:3:2', 'cells:16x24:5:2', 'cells:16x24:3:2:1'].map((name) =>
        openDataset(name, { normalize: 'unit' }),
      ),
    );
    expect(small.shape).toEqual([16, 24, 1]);
    expect(read(small.train, small.shape, 2)).toEqual(read(large.train, large.shape, 2));
    expect(small.train.labels).toEqual(large.train.labels.slice(0, 3 * 16 * 24));
    expect(read(small.train, small.shape, 0)).not.toEqual(read(other.train, other.shape, 0));
    expect(read(small.train, small.shape, 0)).not.toEqual(read(small.test, small.shape, 0));
  });

  it('have nuclei inside cells: none touches the background', async () => {
    const { train } = await openDataset('cells:64x64:20:1');
    let touching = 0;
    let nuclei = 0;
    train.labels.forEach((label, i) => {
      if (label !== 2 || i % 64 === 63) return;
      nuclei++;
      if (train.labels[i + 1] === 0) touching++;
    });
    expect(nuclei).toBeGreaterThan(500);
    expect(touching / nuclei).toBeLessThan(0.01);
  });

  it.each(['cells:', 'cells:32', 'cells:4x4', 'cells:32x32:10', 'cells:32x32:0:5', 'cells:32x32:5:5:x'])(
    'refuse the name %s',
    async (name) => {
      expect(await failure(openDataset(name), folder)).toContain(`'${name}' is not a data set of cells. Write cells`);
    },
  );
});

/** A PNG of grey values or palette indices, `depth` bits each. */
function rawPng(width: number, height: number, values: readonly number[], depth: number, palette?: number[]): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, palette ? 3 : 0], 8);
  const rowBytes = Math.ceil((width * depth) / 8);
  const rows = Buffer.alloc(height * (rowBytes + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const at = y * (rowBytes + 1) + 1 + (bit >> 3);
      const value = values[y * width + x];
      if (depth === 16) rows.writeUInt16BE(value, at);
      else rows[at] |= value << (8 - depth - (bit & 7));
    }
  }
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Buffer.from(palette))] : []),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const image = (seed: number) => png(3, 2, (x, y) => [seed + x, seed + y, seed]);
const mask = (values: readonly number[]) => rawPng(3, 2, values, 8);
const classMask = mask([0, 1, 2, 2, 1, 0]);

describe('folders of images with masks', () => {
  let count = 0;
  const open = (files: { [path: string]: Uint8Array | string }) => {
    const path = writeFiles(join(folder, `masks${count++}`), files);
    return { path, dataset: openDataset(path, { normalize: 'unit' }) };
  };
  const failureOf = ({ path, dataset }: ReturnType<typeof open>) => failure(dataset, path);
  const split = (train: string, held: string) => ({
    [`${train}images/a.png`]: image(10),
    [`${train}images/b.png`]: image(20),
    [`${train}masks/a.png`]: classMask,
    [`${train}masks/b_mask.png`]: mask([0, 0, 0, 1, 1, 1]),
    [`${held}images/c.png`]: image(30),
    [`${held}masks/c.png`]: mask([2, 2, 2, 2, 2, 2]),
  });

  it('are read in either order of folders', async () => {
    const inner = Object.fromEntries(
      Object.entries(split('train/', 'test/')).map(([path, content]) => {
        const [part, kind, name] = path.split('/');
        return [`${kind}/${part}/${name}`, content];
      }),
    );
    for (const files of [split('train/', 'test/'), split('train/', 'val/'), inner]) {
      const { shape, labelShape, classes, train, test: held } = await open(files).dataset;
      expect({ shape, labelShape, classes }).toEqual({ shape: [2, 3, 3], labelShape: [2, 3], classes: 3 });
      expect([...train.labels]).toEqual([0, 1, 2, 2, 1, 0, 0, 0, 0, 1, 1, 1]);
      expect([...held.labels]).toEqual([2, 2, 2, 2, 2, 2]);
      expect(read(train, shape, 1)[0]).toBeCloseTo(20 / 255, 6);
    }
  });

  it('are divided where they have no test split, the same each time', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const files = Object.fromEntries(
      names.flatMap((name, i) => [
        [`images/${name}.png`, image(10 * i)],
        [`masks/${name}.png`, classMask],
      ]),
    );
    const [first, second] = await Promise.all([open(files).dataset, open(files).dataset]);
    expect([first.train.size, first.test.size]).toEqual([7, 3]);
    expect(read(first.test, first.shape, 0, 1, 2)).toEqual(read(second.test, second.shape, 0, 1, 2));
  });

  it('take classes from indices, from greys of few bits, and from black and white', async () => {
    const palette = [0, 0, 0, 200, 10, 10, 200, 10, 10];
    const indexed = rawPng(3, 2, [0, 1, 2, 2, 1, 0], 2, palette);
    const labelsOf = async (content: Buffer, more: { [path: string]: string } = {}) => {
      const files = { 'train/images/a.png': image(1), 'test/images/b.png': image(2), ...more };
      const masks = { 'train/masks/a.png': content, 'test/masks/b.png': content };
      const { train, classes, classNames } = await open({ ...files, ...masks }).dataset;
      return { labels: [...train.labels], classes, classNames };
    };
    // Two entries of one colour, told apart by their index.
    expect(await labelsOf(indexed)).toMatchObject({ labels: [0, 1, 2, 2, 1, 0], classes: 3 });
    expect((await labelsOf(rawPng(3, 2, [0, 1, 2, 2, 1, 0], 4))).labels).toEqual([0, 1, 2, 2, 1, 0]);
    expect((await labelsOf(rawPng(3, 2, [0, 1, 1, 1, 1, 0], 1))).labels).toEqual([0, 1, 1, 1, 1, 0]);
    expect((await labelsOf(rawPng(3, 2, [0, 1, 2, 2, 1, 0], 16))).labels).toEqual([0, 1, 2, 2, 1, 0]);
    expect(await labelsOf(mask([0, 255, 255, 0, 0, 255]))).toMatchObject({ labels: [0, 1, 1, 0, 0, 1], classes: 2 });
    const named = await labelsOf(mask([0, 3, 3, 0, 0, 0]), { 'classes.txt': 'sky\nroad\ncar\ntree\n' });
    expect(named).toEqual({ labels: [0, 3, 3, 0, 0, 0], classes: 4, classNames: ['sky', 'road', 'car', 'tree'] });
  });

  it('say what is wrong with them', async () => {
    const good = split('train/', 'test/');
    const { 'train/masks/a.png': _, ...without } = good;
    expect(await failureOf(open(without))).toBe(
      'FOLDER/train/images/a.png has no mask: there is no a.png in FOLDER/train/masks.',
    );
    expect(await failureOf(open({ ...good, 'test/masks/x.png': classMask }))).toBe(
      'FOLDER/test/masks/x.png has no image of that name in FOLDER/test/images.',
    );
    expect(await failureOf(open({ ...good, 'test/masks/c_mask.png': classMask }))).toBe(
      'FOLDER/test/masks/c_mask.png and c.png are both masks of the image c.',
    );
    expect(await failureOf(open({ ...good, 'test/masks/c.jpg': classMask }))).toBe(
      'FOLDER/test/masks/c.jpg is not a PNG file; JPEG does not keep class numbers.',
    );
    expect(await failureOf(open({ ...good, 'test/masks/c.png': rawPng(2, 3, [0, 0, 0, 0, 0, 0], 8) }))).toContain(
      'FOLDER/test/masks/c.png is 2x3 pixels, but its image is 3x2.',
    );
    expect(await failureOf(open({ ...good, 'train/masks/a.png': png(3, 2, (x) => [x, 0, 9]) }))).toContain(
      'FOLDER/train/masks/a.png has colours, which are no class numbers. Write masks as PNG files',
    );
    expect(await failureOf(open({ ...good, 'train/masks/a.png': rawPng(3, 2, [0, 0, 0, 0, 0, 700], 16) }))).toContain(
      'has the value 700, but there can be 256 classes at most.',
    );
    expect(await failureOf(open({ ...good, 'train/masks/a.png': 'text' }))).toContain(
      'FOLDER/train/masks/a.png cannot be decoded: ',
    );
    expect(await failureOf(open({ ...good, 'train/masks/a.png': mask([0, 128, 255, 0, 0, 0]) }))).toContain(
      'The masks in FOLDER have the values 0, 1, 2, 128, 255, which are not the class numbers 0, 1, 2, ….',
    );
    expect(await failureOf(open({ ...good, 'classes.txt': 'sky\nroad' }))).toBe(
      'The masks in FOLDER have the value 2, but classes.txt names 2 classes, 0 to 1.',
    );
    expect(await failureOf(open({ 'images/a.png': image(1), 'masks/a.png': classMask }))).toContain(
      'FOLDER has 1 images, too few to set some aside for the test.',
    );
    const dark = mask([0, 0, 0, 0, 0, 0]);
    const empty = { 'train/masks/a.png': dark, 'train/masks/b_mask.png': dark, 'test/masks/c.png': dark };
    expect(await failureOf(open({ ...good, ...empty }))).toBe(
      'The masks in FOLDER have a single class: all their pixels are 0.',
    );
  });

  it('keep what a PNG writer makes of greys', async () => {
    const written = new PNG({ width: 3, height: 2 });
    [0, 1, 2, 2, 1, 0].forEach((value, i) => {
      written.data.set([value, value, value, 255], 4 * i);
    });
    const { train } = await open({ ...split('train/', 'test/'), 'train/masks/a.png': PNG.sync.write(written) }).dataset;
    expect([...train.labels.slice(0, 6)]).toEqual([0, 1, 2, 2, 1, 0]);
  });
});

test('arrays with a class for each pixel', async () => {
  const path = join(folder, 'pixels.safetensors');
  const x = floatTensor(
    [2, 2, 3],
    Float32Array.from({ length: 12 }, (_, i) => i),
  );
  const y = intTensor([2, 2, 3], Int32Array.of(0, 1, 0, 1, 2, 2, 1, 1, 1, 0, 0, 0));
  await writeSafetensors(path, { 'train/x': x, 'train/y': y, 'test/x': x, 'test/y': y });
  const { shape, labelShape, classes, train } = await openDataset(path);
  expect({ shape, labelShape, classes, size: train.size }).toEqual({
    shape: [2, 3, 1],
    labelShape: [2, 3],
    classes: 3,
    size: 2,
  });
  expect([...assembleBatch(train, [{ shape, dtype: 'float32' }], [1]).y]).toEqual([1, 1, 1, 0, 0, 0]);

  const flat = intTensor([2], Int32Array.of(0, 1));
  await writeSafetensors(path, { 'train/x': x, 'train/y': y, 'test/x': x, 'test/y': flat });
  expect(await failure(openDataset(path), path)).toContain("'test/y' has the shape [2], unlike the training labels.");
  const wide = intTensor([2, 3, 2], y.data as Int32Array);
  await writeSafetensors(path, { 'train/x': x, 'train/y': wide, 'test/x': x, 'test/y': wide });
  expect(await failure(openDataset(path), path)).toContain("'train/y' has shape [2,3,2], but the examples are [2,3,1]");
});

test('noise with a class for each pixel', async () => {
  const { labelShape, classes, train } = await openDataset('noise:2x3x1:4:5:pixels');
  expect({ labelShape, classes, size: train.size }).toEqual({ labelShape: [2, 3], classes: 4, size: 5 });
  expect([...train.labels.slice(0, 6)]).toEqual([0, 1, 2, 3, 0, 1]);
});

test('batches to score on hold distinct images with their masks', async () => {
  const dataset = await openDataset('cells:8x8:6:1');
  const batches = pruningBatches(dataset, { count: 2, size: 3, seed: 1, balanced: false });
  expect(batches.flatMap(({ indices }) => [...indices]).sort()).toEqual([0, 1, 2, 3, 4, 5]);
  for (const { y, indices } of batches) {
    indices.forEach((index, i) => {
      expect(y.slice(64 * i, 64 * (i + 1))).toEqual(
        Int32Array.from(dataset.train.labels.slice(64 * index, 64 * index + 64)),
      );
    });
  }
});

describe('augmentation', () => {
  const shape = [5, 4, 2];
  const indices = [3, 1, 4, 1, 5, 9, 2, 6];
  const y = Int32Array.from({ length: indices.length * 20 }, (_, i) => i + 1);
  // Each pixel's value names it, so that image and mask can be compared after they were moved.
  const x = Float32Array.from({ length: 2 * y.length }, (_, i) => y[i >> 1] * (i % 2 === 0 ? 1 : -1));
  const options = { cropPadding: 2, horizontalFlip: true };
  const chance = { seed: 7, epoch: 3 };
  const format = { inputs: [{ shape, dtype: 'float32' }], labelShape: [5, 4] } as const;
  const batch = { x, y, size: indices.length, indices: Int32Array.from(indices), position: 0 };
  const augmentPixels = (augmentation: Augmentation) => augmentBatch(batch, format, augmentation, chance);

  it('moves masks with their images', () => {
    const moved = augmentPixels(options);
    moved.y.forEach((label, pixel) => {
      expect([moved.x[2 * pixel], moved.x[2 * pixel + 1]]).toEqual([label, -label]);
    });
    expect(moved.y).not.toEqual(y);
    const still = augmentPixels({ cropPadding: 0, horizontalFlip: false });
    expect(still).toEqual({ x, y, size: indices.length });
  });

  it('moves as classification does, with mirrored borders in place of zeros', () => {
    const moved = augmentPixels(options);
    const zeros = augment(x, shape, indices, options, chance);
    let filled = 0;
    zeros.forEach((value, i) => {
      if (value !== 0) expect(moved.x[i]).toBe(value);
      else filled++;
      expect(moved.x[i]).not.toBe(0);
    });
    expect(filled).toBeGreaterThan(0);
    // A shift to the right by one mirrors the first column.
    const row = { x: Float32Array.of(1, 2, 3), y: Int32Array.of(1, 2, 3), size: 1, position: 0 };
    const rowFormat = { inputs: [{ shape: [1, 3, 1], dtype: 'float32' }], labelShape: [1, 3] } as const;
    const seen = new Set(
      Array.from({ length: 40 }, (_, index) => {
        const example = { ...row, indices: Int32Array.of(index) };
        return augmentBatch(example, rowFormat, { cropPadding: 0, horizontalFlip: true }, chance).y.join();
      }),
    );
    expect([...seen].sort()).toEqual(['1,2,3', '3,2,1']);
  });

  it('refuses what classification does', () => {
    expect(() => augmentPixels({ ...options, cropPadding: 4 })).toThrow('5x4');
  });

  it('moves float labels of pixels, and leaves labels of examples alone', () => {
    const values = Float32Array.from(y.subarray(0, 40 * 8), (value) => value / 2);
    const pixels = { ...format, labelShape: [5, 4, 1] };
    const moved = augmentBatch({ ...batch, y: values }, pixels, options, chance);
    moved.y.forEach((label, pixel) => {
      expect(moved.x[2 * pixel]).toBe(2 * label);
    });
    const whole = { ...batch, y: Float32Array.from(indices) };
    for (const labelShape of [[], [1]]) {
      const example = augmentBatch(whole, { ...format, labelShape }, options, chance);
      expect(example.y).toEqual(whole.y);
      expect(example.x).toEqual(augment(x, shape, indices, options, chance));
    }
  });

  it('moves all images of an example alike, and nothing else', () => {
    const further = [x.map((value) => 3 * value), Float32Array.from(indices), Int32Array.from(indices)];
    const inputs = [...format.inputs, format.inputs[0], { shape: [1], dtype: 'float32' }] as const;
    const several = { inputs: [...inputs, { shape: [1], dtype: 'int32', vocabulary: 10 }] as const, labelShape: [] };
    const moved = augmentBatch({ ...batch, further }, several, options, chance);
    expect(moved.x).toEqual(augment(x, shape, indices, options, chance));
    expect(moved.further![0]).toEqual((moved.x as Float32Array).map((value) => 3 * value));
    expect(moved.further!.slice(1)).toEqual(further.slice(1));
  });

  it('refuses labels of other places than the pixels', () => {
    expect(() => checkAugmented({ ...format, labelShape: [5, 4] }, options, 'rows')).not.toThrow();
    expect(() => checkAugmented({ ...format, labelShape: [3, 2, 1] }, options, 'rows')).toThrow(
      'the labels of rows are [3, 2, 1] for an example, which are not the pixels of an image',
    );
  });
});
