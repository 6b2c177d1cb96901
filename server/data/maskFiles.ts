/** Masks as PNG files: the class of every pixel as its grey value, or as its index in the palette. */
import type { PNGWithMetadata } from 'pngjs';
import { UserError } from '../protocol/errors';
import { allocateImages, readTogether, type Size } from './imageFiles';
import { chunks, decodePng } from './png';

const PALETTE: number = 3;

/** The file with the grey i as entry i of its palette, so that decoding gives indices instead of colours. */
function withIndices(png: Buffer): Buffer {
  const copy = Buffer.from(png);
  for (const { type, begin, end } of chunks(copy)) {
    if (type !== 'PLTE') continue;
    for (let at = begin; at < end; at++) copy[at] = Math.floor((at - begin) / 3);
  }
  return copy;
}

/** The value of each pixel of a mask: its index where there is a palette, else its grey as it is stored. */
function decodeMask(content: Buffer, path: string): Size & { values: ArrayLike<number> } {
  const wrong = (problem: string, hint: string) => new UserError(`${path} ${problem}.`, { hint });
  const advice = 'Write masks as PNG files whose grey values or palette indices are the class numbers 0, 1, 2, ….';
  let image: PNGWithMetadata;
  try {
    image = decodePng(content, path, { skipRescale: true });
    // The file is sound, but its checksum does not fit the other palette.
    if (image.colorType === PALETTE) {
      image = decodePng(withIndices(content), path, { skipRescale: true, checkCRC: false });
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw wrong(`cannot be decoded: ${error instanceof Error ? error.message : error}`, advice);
  }
  const { width, height, data, colorType } = image;
  if (colorType !== PALETTE && [...chunks(content)].some(({ type }) => type === 'tRNS')) {
    throw wrong('declares one of its values transparent, so its class is not known', advice);
  }
  const values = new Uint16Array(width * height);
  for (let pixel = 0; pixel < values.length; pixel++) {
    const [red, green, blue] = [data[4 * pixel], data[4 * pixel + 1], data[4 * pixel + 2]];
    if (red !== green || red !== blue) throw wrong('has colours, which are no class numbers', advice);
    if (red > 255) throw wrong(`has the value ${red}, but there can be 256 classes at most`, advice);
    values[pixel] = red;
  }
  return { width, height, values };
}

/** Reads masks of one size: `[n, h, w]`, the values as they are in the files. */
export async function decodeMasks(paths: readonly string[], size: Size): Promise<Uint8Array> {
  const length = size.width * size.height;
  const masks = allocateImages(paths.length * length, paths[0]);
  await readTogether(paths, (content, path, index) => {
    const mask = decodeMask(content, path);
    if (mask.width !== size.width || mask.height !== size.height) {
      throw new UserError(
        `${path} is ${mask.width}x${mask.height} pixels, but its image is ${size.width}x${size.height}.`,
        { hint: 'A mask has a class for each pixel of its image.' },
      );
    }
    masks.set(mask.values, index * length);
  });
  return masks;
}
