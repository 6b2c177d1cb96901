/** Random crops and flips of image batches. */
import { usageError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';

export interface Augmentation {
  /** Rows and columns of zeros around the image, of which a window of the image's size is cut out; 0 for no crop. */
  readonly cropPadding: number;
  /** Mirrors every other image, left to right. */
  readonly horizontalFlip: boolean;
}

/** How an image is moved. */
export interface Move {
  /** Rows and columns by which the window is shifted against the image. */
  readonly down: number;
  readonly right: number;
  /** Whether the window is mirrored afterwards. */
  readonly flip: boolean;
}

/** The move of example `index` in an epoch; depends on nothing else. */
export function drawMove(
  { cropPadding, horizontalFlip }: Augmentation,
  seed: number,
  epoch: number,
  index: number,
): Move {
  const random = createRandom(seed, 'augmentation', epoch, index);
  const down = random.integer(2 * cropPadding + 1) - cropPadding;
  const right = random.integer(2 * cropPadding + 1) - cropPadding;
  return { down, right, flip: random.integer(2) === 1 && horizontalFlip };
}

/** Throws a usage error where examples of `shape` are not images, or the padding is as large as the image. */
export function checkAugmentation(shape: Shape, { cropPadding }: Augmentation): void {
  if (shape.length !== 3) {
    throw usageError(`Random crops and flips need images, but the examples have shape [${shape.join(', ')}].`);
  }
  const [height, width] = shape;
  if (!Number.isInteger(cropPadding) || cropPadding < 0 || cropPadding >= Math.min(height, width)) {
    throw usageError(
      `The crop padding must be a whole number below the image's size ${height}x${width}, not ${cropPadding}.`,
    );
  }
}

/**
 * A new batch in which each image of `x` (`[n, h, w, c]`, already normalized, so that the padding is the mean's zero) is
 * shifted by up to `cropPadding` and mirrored with probability one half. What happens to an example depends on seed, epoch
 * and its number in `indices` only, not on the batch it is in. Examples that are not images, and padding
 * as large as the image, are usage errors.
 */
export function augment(
  x: Float32Array,
  shape: Shape,
  indices: ArrayLike<number>,
  augmentation: Augmentation,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
): Float32Array {
  checkAugmentation(shape, augmentation);
  const [height, width, channels] = shape;
  const size = sizeOf(shape);
  const out = new Float32Array(x.length);
  for (let i = 0; i < indices.length; i++) {
    const { down, right, flip } = drawMove(augmentation, seed, epoch, indices[i]);
    // The part of the shifted window that lies on the image; the rest stays zero.
    const firstColumn = Math.max(0, -right);
    const endColumn = Math.min(width, width - right);
    for (let row = Math.max(0, -down); row < Math.min(height, height - down); row++) {
      const target = i * size + row * width * channels;
      const source = i * size + ((row + down) * width + right) * channels;
      const cut = x.subarray(source + firstColumn * channels, source + endColumn * channels);
      if (flip) copyMirrored(cut, out, target + (width - endColumn) * channels, channels);
      else out.set(cut, target + firstColumn * channels);
    }
  }
  return out;
}

/** Copies the pixels of a row to `out` from `target` on, the last pixel first. */
function copyMirrored(row: Float32Array, out: Float32Array, target: number, channels: number): void {
  for (let from = row.length - channels, to = target; from >= 0; from -= channels, to += channels) {
    for (let channel = 0; channel < channels; channel++) out[to + channel] = row[from + channel];
  }
}
