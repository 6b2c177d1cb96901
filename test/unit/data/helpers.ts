/** Small data sets on disk, for tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { PNG } from 'pngjs';
import { afterAll, expect } from 'vitest';
import type { Split } from '../../../server/protocol/data';
import { UserError } from '../../../server/protocol/errors';
import { type Shape, sizeOf } from '../../../server/protocol/tensor';

/** A folder that is removed after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-data-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Writes files under `folder`, given by relative path, and returns `folder`. */
export function writeFiles(folder: string, files: { [path: string]: Uint8Array | string }): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** An IDX file of bytes. */
export function idx(sizes: number[], values: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(0x800 + sizes.length);
  for (const [axis, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
  return Buffer.concat([header, Buffer.from(Array.from(values))]);
}

/** An IDX data set with 3 training and 2 test images of 2x2. */
export function idxFiles(): { [path: string]: Buffer } {
  return {
    'train-images-idx3-ubyte': idx([3, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    'train-labels-idx1-ubyte': idx([3], [0, 1, 2]),
    't10k-images-idx3-ubyte': idx([2, 2, 2], [255, 254, 253, 252, 0, 0, 0, 0]),
    't10k-labels-idx1-ubyte': idx([2], [2, 1]),
  };
}

/** A .npy file, version 1. */
export function npy(descr: string, shape: number[], data: Uint8Array, fortran = false): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const order = fortran ? 'True' : 'False';
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${tuple}, }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(padded.length, 8);
  return Buffer.concat([start, Buffer.from(padded), data]);
}

/** A .npz archive of .npy files. */
export function npz(arrays: { [name: string]: Uint8Array }): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(arrays).map(([name, file]) => [`${name}.npy`, file])));
}

export function floatBytes(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** A PNG of one colour a pixel: `colour(x, y)` is [red, green, blue]. */
export function png(width: number, height: number, colour: (x: number, y: number) => number[]): Buffer {
  const image = new PNG({ width, height });
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) image.data.set([...colour(x, y), 255], 4 * (y * width + x));
  }
  return PNG.sync.write(image);
}

/** The normalized values of some examples. */
export function read(split: Split, shape: Shape, ...indices: number[]): number[] {
  const out = new Float32Array(indices.length * sizeOf(shape));
  split.read(indices, out);
  return Array.from(out);
}

/** The UserError of a failing action: message and hint, with `folder` written as FOLDER. */
export async function failure(action: Promise<unknown>, folder: string): Promise<string> {
  const error = await action.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message, hint } = error as UserError;
  return (hint ? `${message} ${hint}` : message).replaceAll(folder, 'FOLDER');
}
