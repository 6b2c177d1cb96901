/** Strided blocks of images. */
import type { Shape } from '../../protocol/tensor';
import { type Lowering, reshaped } from './values';

/** A block of an image's two spatial axes, which are `axis` and `axis + 1`. */
export interface Window {
  readonly axis: number;
  /** Extent of the image in the two axes. */
  readonly extent: Shape;
  readonly begin: Shape;
  readonly count: Shape;
  readonly strides: Shape;
}

/** Every `strides`-th pixel of an image, `count` of them from `begin`. */
export function windowOf(
  { emitter }: Lowering,
  image: string,
  { axis, extent, begin, count, strides }: Window,
): string {
  const end = begin.map((first, i) => first + (count[i] - 1) * strides[i] + 1);
  if (begin.every((first, i) => first === 0 && strides[i] === 1 && end[i] === extent[i])) return image;
  return emitter.emit('Slice', [
    image,
    emitter.integers(begin),
    emitter.integers(end),
    emitter.integers([axis, axis + 1]),
    emitter.integers(strides),
  ]);
}

/** Zeros around a value. */
export function padded({ emitter }: Lowering, name: string, before: Shape, after: Shape): string {
  if ([...before, ...after].every((amount) => amount === 0)) return name;
  return emitter.emit('Pad', [name, emitter.integers([...before, ...after])]);
}

/**
 * The pixels of a channels-first image `strides` apart, zeros between and after them:
 * [n, c, h, w] -> [n, c, h * sh, w * sw].
 */
export function spread(lowering: Lowering, image: string, [n, c, h, w]: Shape, [sh, sw]: readonly number[]): string {
  const { emitter } = lowering;
  const pixels = reshaped(emitter, image, [n, c, h, w], [n * c, h, 1, w, 1]);
  const cells = padded(lowering, pixels, [0, 0, 0, 0, 0], [0, 0, sh - 1, 0, sw - 1]);
  return reshaped(emitter, cells, [n * c, h, sh, w, sw], [n, c, h * sh, w * sw]);
}
