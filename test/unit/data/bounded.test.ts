/** What files claim is checked before memory of that size is taken. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { encode } from 'jpeg-js';
import { afterEach, describe, expect, it } from 'vitest';
import { pruningBatches } from '../../../server/data/batches';
import { openDataset } from '../../../server/data/open';
import { readSafetensors } from '../../../server/files/safetensors';
import { failure, idx, idxFiles, npy, png, temporaryFolder, writeFiles } from './helpers';

const folder = temporaryFolder();
let folders = 0;

afterEach(() => {
  delete process.env.PRUNELENS_FILE_MEMORY;
});

function failureOf(files: { [path: string]: Uint8Array | string }): Promise<string> {
  const path = join(folder, String(folders++));
  mkdirSync(path);
  return failure(openDataset(writeFiles(path, files)), path);
}

/** Most memory that `action` takes at a time beside what was there, in MiB, as far as the process shows it. */
async function memoryOf(action: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 1);
  await action();
  clearInterval(watch);
  return (Math.max(most, process.memoryUsage().rss) - before) / 2 ** 20;
}

const chunk = (type: string, data: Uint8Array) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([frame, body, sum]);
};

/** A PNG file that says it has that size. */
function claimedPng(width: number, height: number, data: Uint8Array, interlaced = false): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, interlaced ? 1 : 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

const images = (first: Uint8Array, name = '0.png') => ({
  [`train/cat/${name}`]: first,
  'train/dog/1.png': png(2, 2, () => [1, 2, 3]),
  'test/cat/2.png': png(2, 2, () => [1, 2, 3]),
  'test/dog/3.png': png(2, 2, () => [1, 2, 3]),
});

describe('images', () => {
  it('of more pixels than fit are refused by their header', async () => {
    const claimed = claimedPng(2 ** 31 - 1, 2 ** 31 - 1, deflateSync('x'));
    expect(await failureOf(images(claimed))).toMatch(
      /^FOLDER\/train\/cat\/0\.png, an image of 2147483647x2147483647 pixels, would take [\d,]+ MiB of memory; the limit is 1,024 MiB\. If it is what it should be, raise the limit with PRUNELENS_FILE_MEMORY=MIB in the environment\.$/,
    );
  });

  it('that hold more than their size allows take no memory for it', async () => {
    const bomb = claimedPng(1, 1, deflateSync(Buffer.alloc(1 << 28)), true);
    const taken = await memoryOf(async () => {
      expect(await failureOf(images(bomb))).toBe(
        'FOLDER/train/cat/0.png cannot be decoded: it holds more data than its size allows.',
      );
    });
    expect(taken).toBeLessThan(128);
  });

  it('that are interlaced are read', async () => {
    const pixel = claimedPng(1, 1, deflateSync(Buffer.from([0, 10, 20, 30])), true);
    const path = writeFiles(join(folder, String(folders++)), {
      'train/cat/0.png': pixel,
      'test/cat/0.png': pixel,
    });
    const { train } = await openDataset(path, { normalize: 'unit' });
    const out = new Float32Array(3);
    train.read([0], out);
    expect([...out].map((value) => Math.round(255 * value))).toEqual([10, 20, 30]);
  });

  it('in JPEG files are bounded likewise', async () => {
    process.env.PRUNELENS_FILE_MEMORY = '1';
    const { data } = encode({ width: 512, height: 512, data: Buffer.alloc(4 * 512 * 512) }, 50);
    expect(await failureOf(images(data, '0.jpg'))).toMatch(
      /^FOLDER\/train\/cat\/0\.jpg, decoded, would take \d+ MiB of memory; the limit is 1 MiB\./,
    );
  });

  it.skipIf(process.platform === 'win32')('that are no files are not waited for', async () => {
    const path = writeFiles(join(folder, String(folders++)), images(png(2, 2, () => [1, 2, 3])));
    execFileSync('mkfifo', [join(path, 'train/cat/pipe.png')]);
    expect(await failure(openDataset(path), path)).toBe('FOLDER/train/cat/pipe.png is not a regular file.');
  });
});

describe('compressed files', () => {
  it('of IDX are unpacked as far as their header promises', async () => {
    const files = idxFiles();
    const bomb = gzipSync(Buffer.concat([idx([3, 2, 2], []), Buffer.alloc(1 << 28)]));
    const { 'train-images-idx3-ubyte': _, ...others } = files;
    const taken = await memoryOf(async () => {
      expect(await failureOf({ ...others, 'train-images-idx3-ubyte.gz': bomb })).toBe(
        'FOLDER/train-images-idx3-ubyte.gz is too long: its header promises 3x2x2 values, 28 bytes, but it has more.',
      );
    });
    expect(taken).toBeLessThan(128);
    const claimed = gzipSync(idx([2 ** 31, 2 ** 10, 2 ** 10], []));
    expect(await failureOf({ ...others, 'train-images-idx3-ubyte.gz': claimed })).toMatch(
      /^FOLDER\/train-images-idx3-ubyte\.gz would take [\d,]+ MiB of memory; the limit is 4,096 MiB\./,
    );
  });

  it('of NumPy are measured before they are unpacked', async () => {
    process.env.PRUNELENS_FILE_MEMORY = '8';
    const array = npy('|u1', [1 << 23], new Uint8Array(1 << 23));
    const path = join(folder, 'large.npz');
    writeFileSync(path, zipSync({ 'train_x.npy': array }));
    expect(await failure(openDataset(path), folder)).toMatch(
      /^FOLDER\/large\.npz, unpacked, would take 9 MiB of memory; the limit is 8 MiB\./,
    );
  });

  it('of NumPy are unpacked where their header fits their size, and no further', async () => {
    const path = join(folder, 'bomb.npz');
    const bombs: [Uint8Array, RegExp][] = [
      [new Uint8Array(1 << 26), /array 'train_x' is not a NumPy array: it does not start with the NPY magic number\.$/],
      [npy('|u1', [3, 4], new Uint8Array(1 << 26)), /shape \[3,4\] of U8 needs 12 bytes, 67108864 are there/],
    ];
    for (const [array, message] of bombs) {
      writeFileSync(path, zipSync({ 'train_x.npy': array }, { level: 1 }));
      const taken = await memoryOf(async () => {
        expect(await failure(openDataset(path), folder)).toMatch(message);
      });
      expect(taken).toBeLessThan(40);
    }
  });

  it('of NumPy that hold more or less than their list says are told', async () => {
    const path = join(folder, 'lies.npz');
    const array = npy('|u1', [4, 4], new Uint8Array(16));
    const failureAt = async (size: number) => {
      const archive = Buffer.from(zipSync({ 'train_x.npy': array }));
      // The size in the list of entries, which begins with its signature.
      archive.writeUInt32LE(size, archive.indexOf(Buffer.from('PK\x01\x02', 'latin1')) + 24);
      writeFileSync(path, archive);
      return failure(openDataset(path), folder);
    };
    expect(await failureAt(array.length + 16)).toMatch(/shape \[4,4\] of U8 needs 16 bytes, 32 are there/);
    expect(await failureAt(20)).toMatch(/'train_x\.npy' holds more than the 20 bytes that its list says\.$/);
    const two = npy('|u1', [8, 4], new Uint8Array(16));
    const archive = Buffer.from(zipSync({ 'train_x.npy': two }));
    archive.writeUInt32LE(two.length + 16, archive.indexOf(Buffer.from('PK\x01\x02', 'latin1')) + 24);
    writeFileSync(path, archive);
    expect(await failure(openDataset(path), folder)).toBe(
      `FOLDER/lies.npz is not a zip archive, or is damaged: 'train_x.npy' holds fewer than the ${two.length + 16} bytes that its list says.`,
    );
  });

  it('have a limit that is a number', async () => {
    process.env.PRUNELENS_FILE_MEMORY = 'much';
    expect(await failureOf(images(png(2, 2, () => [1, 2, 3])))).toBe(
      'PRUNELENS_FILE_MEMORY in the environment is "much". It must be a number greater than 0.',
    );
  });
});

describe('noise', () => {
  it('of more examples than fit, and batches of more, are refused before they are made', async () => {
    for (const name of ['noise:8x8x1:4:1000000000000', 'noise:8:3:1000000000000:values']) {
      await expect(openDataset(name)).rejects.toThrow(
        /^The labels of noise:.* would take [\d,]+ MiB of memory; the limit/,
      );
    }
    const dataset = await openDataset('noise:8x8x1:4');
    expect(() => pruningBatches(dataset, { count: 1, size: 1e9, seed: 0, balanced: true })).toThrow(
      /^A batch of 1,000,000,000 examples would take 244,141 MiB of memory; the limit/,
    );
  });
});

describe('safetensors', () => {
  const written = (header: string, size = header.length) => {
    const path = join(folder, `${folders++}.safetensors`);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(size));
    writeFileSync(path, Buffer.concat([length, Buffer.from(header)]));
    return path;
  };

  it('headers of any depth end in a sentence', async () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    for (const header of [`{"a":{"x":${deep}}}`, `{"a":{"dtype":"F32","shape":${deep},"data_offsets":[0,0]}}`]) {
      expect(await failure(readSafetensors(written(header)), folder)).toMatch(
        /is not a safetensors file: its header is nested too deep\.$/,
      );
    }
  });

  it('headers that promise more than there is are not read', async () => {
    expect(await failure(readSafetensors(written('{}', 2 ** 40)), folder)).toMatch(
      /its header does not fit in its size/,
    );
  });
});
