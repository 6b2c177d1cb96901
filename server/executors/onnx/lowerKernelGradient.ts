/** The kernel gradient of a convolution: `kernel[i, j, c, o] = sum over n, p of x[n, p + (i, j), c] y[n, p, o]`. */
import type { OpNode } from '../../graph/types';
import type { Shape } from '../../protocol/tensor';
import { batchedProduct } from './batchedProduct';
import { bytesOf, patches } from './patches';
import { dense, full, type Lowering, reshaped, transposed, type Value } from './values';
import { padded, windowOf } from './windows';

type KernelGradient = OpNode<'conv2dKernelGradient'>;

/** Above this the products of single images, which are summed at the end, cost more than they save (bytes). */
const MOST_IMAGE_PRODUCTS = 64e6;

/** The patches of one image, which ONNX Runtime makes on the way, should stay in a core's cache (bytes). */
const MOST_IMAGE_PATCHES = 1.3e6;

/** Chooses among three forms that were measured on the CPU; other providers get the one that every one of them has. */
export function conv2dKernelGradient(lowering: Lowering, node: KernelGradient): Value {
  const [x, y] = node.args;
  const { groups } = node.attributes;
  const [kh, kw, inputs] = node.shape;
  if (lowering.cpu && groups === 1 && bytesOf([x.shape[0], ...node.shape]) > MOST_IMAGE_PRODUCTS) {
    const imagePatches = bytesOf([y.shape[0], y.shape[1], y.shape[2], kh, kw, inputs]);
    if (imagePatches <= 2 * MOST_IMAGE_PRODUCTS) return patchProduct(lowering, node);
  }
  const small = bytesOf([y.shape[1], y.shape[2], kh, kw, inputs]) <= MOST_IMAGE_PATCHES;
  if (lowering.cpu && kh * kw > 1 && (small || groups > 1)) return convolutionOfImages(lowering, node);
  return tapProducts(lowering, node);
}

/** One product of the patches of all pixels with y's pixels: for many channels on few pixels. */
function patchProduct(lowering: Lowering, node: KernelGradient): Value {
  const { emitter } = lowering;
  const [x, y] = node.args;
  const [kh, kw, inputs, outputs] = node.shape;
  const [n, oh, ow] = y.shape;
  const columns = patches(lowering, dense(lowering, x), x.shape, node.shape, y.shape, node.attributes);
  const pixels = reshaped(emitter, dense(lowering, y), y.shape, [n * oh * ow, outputs]);
  const name = emitter.emit('Gemm', [columns, pixels], { attributes: { transA: 1 } });
  return full(node, reshaped(emitter, name, [kh * kw * inputs, outputs], node.shape));
}

/**
 * Each image is a group of a three-dimensional convolution over (height, width, channel) whose kernel is y's image:
 * ONNX Runtime then makes the patches in its cache, for every stride, padding and dilation (those of the kernel's
 * positions are y's strides and the other way round). The images' results are summed.
 */
function convolutionOfImages(lowering: Lowering, node: KernelGradient): Value {
  const { emitter } = lowering;
  const { padding, groups, strides, dilations } = node.attributes;
  const [x, y] = node.args;
  const [kh, kw, inputs, outputs] = node.shape;
  const [n, h, w] = x.shape;
  const [, oh, ow] = y.shape;
  const [top, bottom, left, right] = padding;
  const image = groupedPixels(lowering, node);
  const kernels = reshaped(
    emitter,
    dense(lowering, y, 'channelsFirst'),
    [n, outputs, oh, ow],
    [n * outputs, 1, oh, ow, 1],
  );
  const attributes = {
    group: n * groups,
    kernel_shape: [oh, ow, 1],
    pads: [top, left, 0, bottom, right, 0],
    strides: [...dilations, 1],
    dilations: [...strides, 1],
  };
  const products = emitter.emit('Conv', [image, kernels], { attributes });
  // Rows and columns that the strided window did not reach give taps beyond the kernel.
  const positions = [h + top + bottom, w + left + right].map(
    (extent, axis) => Math.floor((extent - ((y.shape[axis + 1] - 1) * strides[axis] + 1)) / dilations[axis]) + 1,
  );
  const perImage = [n, outputs, ...positions, inputs];
  const split = reshaped(emitter, products, [1, n * outputs, ...positions, inputs], perImage);
  const sum = emitter.emit('ReduceSum', [split, emitter.integers([0])], { attributes: { keepdims: 0 } });
  const window = { axis: 1, extent: positions, begin: [0, 0], count: [kh, kw], strides: [1, 1] };
  const taps = reshaped(
    emitter,
    windowOf(lowering, sum, window),
    [outputs, kh, kw, inputs],
    [outputs, kh * kw * inputs],
  );
  const name = transposed(emitter, taps, [outputs, kh * kw * inputs], [1, 0]);
  return full(node, reshaped(emitter, name, [kh * kw * inputs, outputs], node.shape));
}

/** x as [1, n * groups, h, w, in/groups]. */
function groupedPixels(lowering: Lowering, { args: [x], attributes: { groups }, shape }: KernelGradient): string {
  const { emitter } = lowering;
  const [n, h, w, c] = x.shape;
  const result = [1, n * groups, h, w, shape[2]];
  if (groups === 1) return reshaped(emitter, dense(lowering, x), x.shape, result);
  const split = [n, groups, shape[2], h * w];
  const planes = reshaped(emitter, dense(lowering, x, 'channelsFirst'), [n, c, h, w], split);
  const pixels = transposed(emitter, planes, split, [0, 1, 3, 2]);
  return reshaped(emitter, pixels, [n, groups, h * w, shape[2]], result);
}

/** One batched matrix product a kernel tap, of the pixels that the tap sees with y's: for large images. */
function tapProducts(lowering: Lowering, node: KernelGradient): Value {
  const { emitter } = lowering;
  const { padding, groups, strides, dilations } = node.attributes;
  const [x, y] = node.args;
  const [kh, kw, inputs, outputs] = node.shape;
  const [n, oh, ow] = y.shape;
  const [top, bottom, left, right] = padding;
  const image = padded(lowering, dense(lowering, x, 'channelsFirst'), [0, 0, top, left], [0, 0, bottom, right]);
  const extent = [x.shape[1] + top + bottom, x.shape[2] + left + right];
  const pixels = (name: string, channels: number): string =>
    reshaped(emitter, name, [n, groups * channels, oh, ow], [n * groups, channels, oh * ow]);
  const gradient = pixels(dense(lowering, y, 'channelsFirst'), outputs / groups);
  const taps = Array.from({ length: kh * kw }, (_, tap) => {
    const begin = [Math.floor(tap / kw) * dilations[0], (tap % kw) * dilations[1]];
    const seen = windowOf(lowering, image, { axis: 2, extent, begin, count: [oh, ow], strides });
    const products = batchedProduct(lowering, [pixels(seen, inputs), gradient], 3, false, true);
    const perImage = [n, groups, inputs, outputs / groups];
    const split = reshaped(emitter, products, [n * groups, inputs, outputs / groups], perImage);
    return emitter.emit('ReduceSum', [split, emitter.integers([0])], { attributes: { keepdims: 1 } });
  });
  const all = taps.length === 1 ? taps[0] : emitter.emit('Concat', taps, { attributes: { axis: 0 } });
  const grouped: Shape = [kh * kw, groups, inputs, outputs / groups];
  const name = transposed(emitter, all, grouped, [0, 2, 1, 3]);
  return full(node, reshaped(emitter, name, [kh * kw, inputs, groups, outputs / groups], node.shape));
}
