/** Contents of files that claim what they do not hold. */
import { deflateSync } from 'node:zlib';

/** Zeros by the gigabyte, which compress to kilobytes. */
export const zeros = (megabytes) => Buffer.alloc(megabytes * 2 ** 20);

export function npy(shape, descr = '<f4') {
  const said = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const text = `${said.padEnd(117)}\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  return Buffer.concat([head, Buffer.from(text)]);
}

export function safetensors(header, length = Buffer.byteLength(header)) {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([size, Buffer.from(header)]);
}

/** The beginning of an IDX file of images of 8x8. */
export function idx(images) {
  const head = Buffer.from([0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 8]);
  head.writeUInt32BE(images, 4);
  return head;
}

/** The beginning of an HDF5 file of so many bytes. */
export function hdf5(size) {
  const head = Buffer.alloc(64);
  head.write('\x89HDF\r\n\x1a\n', 'latin1');
  head.set([2, 8, 8], 8);
  head.writeBigUInt64LE(BigInt(size), 28);
  return head;
}

function pngChunk(kind, data) {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  // Checksums are not looked at before sizes are.
  return Buffer.concat([size, Buffer.from(kind), data, Buffer.alloc(4)]);
}

export function png(width, height, data = deflateSync(Buffer.alloc(1000)), interlaced = false) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, Number(interlaced)], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, pngChunk('IHDR', head), pngChunk('IDAT', data), pngChunk('IEND', Buffer.alloc(0))]);
}

export const JPEG = Buffer.concat([
  Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0]),
  Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9]),
]);
