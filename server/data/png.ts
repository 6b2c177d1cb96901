/** Decoding of PNG files whose claims have been checked. */
import { inflateSync } from 'node:zlib';
import { PNG, type PNGOptions, type PNGWithMetadata } from 'pngjs';
import { errorCode } from '../files/failures';
import { checkMemory } from '../files/memory';

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's data. */
const CHUNK_FRAME = 12;
/** Width, height, depth, kind of colours, compression, filter, interlace. */
const HEADER_BYTES = 13;
/** Decoded to four channels, of two bytes at most, beside the scan lines they come from. */
const BYTES_PER_PIXEL = 16;

/** A chunk's type, and where its data begins and ends. */
export interface Chunk {
  readonly type: string;
  readonly begin: number;
  readonly end: number;
}

export function* chunks(png: Buffer): Generator<Chunk> {
  for (let at = SIGNATURE_BYTES; at + CHUNK_FRAME <= png.length; ) {
    const length = png.readUInt32BE(at);
    const begin = at + 8;
    yield { type: png.toString('latin1', at + 4, begin), begin, end: begin + length };
    at += CHUNK_FRAME + length;
  }
}

/**
 * @throws UserError where the image would take more memory than the limit, and an Error where more is compressed in it than an image
 *   of its size has: the decoder bounds that itself but for interlaced images.
 */
function checkClaims(png: Buffer, path: string): void {
  const [header] = chunks(png);
  if (header?.type !== 'IHDR' || header.end > png.length || header.end - header.begin < HEADER_BYTES) return;
  const [width, height] = [png.readUInt32BE(header.begin), png.readUInt32BE(header.begin + 4)];
  const needed = BYTES_PER_PIXEL * width * height;
  checkMemory(`${path}, an image of ${width}x${height} pixels,`, needed, 'image');
  const isInterlaced = png[header.begin + 12] !== 0;
  if (!isInterlaced) return;
  const parts = [...chunks(png)].filter(({ type }) => type === 'IDAT');
  const compressed = Buffer.concat(parts.map(({ begin, end }) => png.subarray(begin, end)));
  try {
    // Seven passes have a byte more a line each.
    inflateSync(compressed, { maxOutputLength: needed + 8 * (height + 8) });
  } catch (error) {
    if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE') throw new Error('it holds more data than its size allows');
    throw error;
  }
}

/** Decodes a PNG file. @throws UserError for the memory it would take, an Error where it is damaged. */
export function decodePng(
  png: Buffer,
  path: string,
  options?: PNGOptions & { skipRescale?: boolean },
): PNGWithMetadata {
  checkClaims(png, path);
  return PNG.sync.read(png, options);
}
