/** Convolution as a matrix product of patches, pixel by pixel. */
import type { ConvolutionGeometry } from '../../graph/types';
import { type Shape, sizeOf } from '../../protocol/tensor';
import { type Lowering, reshaped } from './values';
import { padded, windowOf } from './windows';

/**
 * Measured on the CPU: with so many channels on so few pixels the copies are small beside the product, which is larger
 * and needs no transposed kernel. Elsewhere patches would be many times the image.
 */
const MOST_PIXELS = 16;
const FEWEST_CHANNELS = 128;

/** Whether a convolution [n, h, w, c] -> [n, oh, ow, o] is best computed as a product of patches. */
export function prefersPatches(
  { cpu }: Lowering,
  x: Shape,
  kernel: Shape,
  y: Shape,
  { groups }: ConvolutionGeometry,
): boolean {
  const channels = Math.min(kernel[2], kernel[3]);
  return (
    cpu && groups === 1 && channels >= FEWEST_CHANNELS && y[1] * y[2] <= MOST_PIXELS && x[1] * x[2] <= 4 * MOST_PIXELS
  );
}

/** The patches of an NHWC image that a kernel [kh, kw, c, o] sees: [n * oh * ow, kh * kw * c]. */
export function patches(
  lowering: Lowering,
  image: string,
  x: Shape,
  kernel: Shape,
  y: Shape,
  { strides, padding, dilations }: ConvolutionGeometry,
): string {
  const { emitter } = lowering;
  const [kh, kw] = kernel;
  const [n, oh, ow] = y;
  const [top, bottom, left, right] = padding;
  const surrounded = padded(lowering, image, [0, top, left, 0], [0, bottom, right, 0]);
  const extent = [x[1] + top + bottom, x[2] + left + right];
  const taps = Array.from({ length: kh * kw }, (_, tap) => {
    const begin = [Math.floor(tap / kw) * dilations[0], (tap % kw) * dilations[1]];
    const seen = windowOf(lowering, surrounded, { axis: 1, extent, begin, count: [oh, ow], strides });
    return reshaped(emitter, seen, [n, oh, ow, x[3]], [n * oh * ow, x[3]]);
  });
  return taps.length === 1 ? taps[0] : emitter.emit('Concat', taps, { attributes: { axis: 1 } });
}

/** Bytes of a float32 tensor. */
export const bytesOf = (shape: Shape): number => 4 * sizeOf(shape);
