/** How PyTorch names and lays out the parameters of Keras's layers. */

import type { Network, Parameter, StoredTensor } from '../../models/types';
import { UserError } from '../../protocol/errors';
import { type Shape, sizeOf } from '../../protocol/tensor';
import { type Part, partsBefore } from './vectorOrder';

/** [in, out] is [out, in] in PyTorch, the inputs of a flattened image channels first. */
function denseTensor(name: string, [inputs, outputs]: Shape, parts: readonly Part[]): StoredTensor {
  const shape = [outputs, inputs];
  const [{ image }] = parts;
  if (parts.length > 1) return { name, view: [inputs, outputs], rows: rowsOf(parts), order: [1, 0], shape };
  return image
    ? { name, view: [...image, outputs], order: [3, 2, 0, 1], shape }
    : { name, view: [inputs, outputs], order: [1, 0], shape };
}

/** Which elements of a vector stand where in PyTorch. */
function rowsOf(parts: readonly Part[]): number[] {
  let start = 0;
  return parts.flatMap(({ size, image }) => {
    const first = start;
    start += size;
    if (!image) return Array.from({ length: size }, (_, i) => first + i);
    const [height, width, channels] = image;
    const pixels = height * width;
    return Array.from({ length: size }, (_, i) => first + (i % pixels) * channels + Math.floor(i / pixels));
  });
}

/** A value for each channel, or for each element of a vector: those of a flattened image come channels first. */
function vectorTensor(name: string, parameter: Parameter, parts: readonly Part[]): StoredTensor {
  const size = parameter.shape[parameter.shape.length - 1];
  if (size !== sizeOf(parameter.shape)) {
    throw new UserError(`PyTorch has one value a channel where ${parameter.name} has one a position.`, {
      hint: 'Export the masks as safetensors or npz, which hold it as it is.',
    });
  }
  const shape = [size];
  const [{ image }] = parts;
  const isVector = parts.reduce((sum, part) => sum + part.size, 0) === size;
  if (isVector && parts.length > 1) return { name, view: shape, rows: rowsOf(parts), order: [0], shape };
  return image && sizeOf(image) === size
    ? { name, view: image, order: [2, 0, 1], shape }
    : { name, view: shape, order: [0], shape };
}

/**
 * `block/conv1/kernel` as `block.conv1.weight`; a separable convolution is two modules in PyTorch. The gamma of a normalization
 * and the slope of a PReLU are weights there, the beta a bias.
 */
function pytorchName({ name, layer, role }: Parameter, className: string): string {
  const short = name.slice(name.lastIndexOf('/') + 1);
  const module = layer.replaceAll('/', '.');
  const parameter = role === 'bias' || role === 'beta' ? 'bias' : 'weight';
  if (className !== 'SeparableConv2D') return `${module}.${parameter}`;
  return `${module}.${short === 'depthwise_kernel' ? 'depthwise' : 'pointwise'}.${parameter}`;
}

/**
 * A parameter as PyTorch lays it out: convolutions [out, in, kh, kw], depthwise ones [in * multiplier, 1, kh, kw],
 * transposed ones [in, out, kh, kw], dense layers [out, in] with the inputs of a flattened image channels first. Biases,
 * normalizations and slopes are vectors.
 * @throws UserError where PyTorch cannot hold it.
 */
export function pytorchTensor(network: Network, parameter: Parameter): StoredTensor {
  const { shape, layer, role } = parameter;
  const className = network.layers.find((one) => one.name === layer)?.className ?? '';
  const name = pytorchName(parameter, className);
  if (role === 'bias') return { name, view: shape, order: [0], shape };
  if (role !== 'kernel') return vectorTensor(name, parameter, partsBefore(network, layer));
  if (shape.length === 2) return denseTensor(name, shape, partsBefore(network, layer));
  if (shape.length !== 4) {
    throw new UserError(`How PyTorch lays out ${parameter.name}, of the shape [${shape.join(', ')}], is not known.`, {
      hint: 'Export the masks as safetensors or npz, which hold it as it is.',
    });
  }
  const [kh, kw, channels, multiplier] = shape;
  if (parameter.name.endsWith('/depthwise_kernel')) {
    return { name, view: shape, order: [2, 3, 0, 1], shape: [channels * multiplier, 1, kh, kw] };
  }
  // Both Keras kernels, [kh, kw, in, out] and the transposed [kh, kw, out, in], lead to their PyTorch form by this order.
  return { name, view: shape, order: [3, 2, 0, 1], shape: [multiplier, channels, kh, kw] };
}
