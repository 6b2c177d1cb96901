/** Random crops and flips of images whose pixels have labels, which move with them. */
import { type Shape, sizeOf } from '../protocol/tensor';
import { type Augmentation, checkAugmentation, drawMove, type Move } from './augmentation';

/**
 * Values of pixels `[n, h, w, c]` (images, or labels of `c` values a pixel), those of each example shifted by up to `cropPadding` and
 * mirrored with probability one half, by the same moves as `augment` makes. What a shift brings in at the border is not zeros, for which
 * labels would need a class of their own, but the pixels mirrored there. Usage errors are those of `augment`.
 */
export function movePixels<Values extends Float32Array | Int32Array>(
  values: Values,
  shape: Shape,
  indices: ArrayLike<number>,
  augmentation: Augmentation,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
): Values {
  checkAugmentation(shape, augmentation);
  const [height, width, channels] = shape;
  const moved = values.slice() as Values;
  for (let i = 0; i < indices.length; i++) {
    const sources = sourcePixels(height, width, drawMove(augmentation, seed, epoch, indices[i]));
    copyPixels(values, moved, i * sizeOf(shape), sources, channels);
  }
  return moved;
}

/** For each pixel of the moved image, the number of the pixel it is taken from. */
function sourcePixels(height: number, width: number, { down, right, flip }: Move): Int32Array {
  const sources = new Int32Array(height * width);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = reflect((flip ? width - 1 - column : column) + right, width);
      sources[row * width + column] = reflect(row + down, height) * width + from;
    }
  }
  return sources;
}

/** A place within 0 … length-1, outside ones mirrored at the border's pixels (-1 is 0, length is length - 1). */
function reflect(place: number, length: number): number {
  if (place < 0) return -1 - place;
  return place < length ? place : 2 * length - 1 - place;
}

function copyPixels(
  from: Float32Array | Int32Array,
  to: Float32Array | Int32Array,
  start: number,
  sources: Int32Array,
  channels: number,
): void {
  for (let pixel = 0; pixel < sources.length; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      to[start + pixel * channels + channel] = from[start + sources[pixel] * channels + channel];
    }
  }
}
