/** How PyTorch names and lays out the parameters of Keras's layers. */

import type { Network, Parameter, StoredTensor } from '../../models/types';
import { UserError } from '../../protocol/errors';
import { type Shape, sizeOf } from '../../protocol/tensor';
import type { LayerDescription, ModelDescription } from './description';
import { descriptionOf } from './network/createNetwork';

function layerOf(description: ModelDescription, name: string): LayerDescription | undefined {
  return description.layers.find((layer) => layer.name === name);
}

/** Layers that leave the order of a vector's elements as it is. */
const ELEMENTWISE = new Set(['Activation', 'Dropout', 'ReLU', 'LeakyReLU', 'ELU', 'PReLU', 'BatchNormalization']);

/**
 * The shape [height, width, channels] of the image that a dense layer's inputs were flattened from. PyTorch flattens
 * channels first, so the inputs then come in another order. Undefined where nothing was flattened, or the order is the same.
 */
function flattenedImage(network: Network, layer: string): Shape | undefined {
  const description = descriptionOf(network);
  let current = layerOf(description, layer);
  do {
    current = current && layerOf(description, current.calls[0]?.[0]?.layer ?? '');
  } while (current && ELEMENTWISE.has(current.className));
  if (current?.className !== 'Flatten') return undefined;
  const before = current.calls[0]?.[0]?.layer;
  const shape = network.layers.find(({ name }) => name === before)?.outputShape;
  return shape?.length === 3 && shape[2] > 1 && shape[0] * shape[1] > 1 ? shape : undefined;
}

/** [in, out] is [out, in] in PyTorch, the inputs of a flattened image channels first. */
function denseTensor(name: string, [inputs, outputs]: Shape, image: Shape | undefined): StoredTensor {
  const shape = [outputs, inputs];
  return image
    ? { name, view: [...image, outputs], order: [3, 2, 0, 1], shape }
    : { name, view: [inputs, outputs], order: [1, 0], shape };
}

/** A value for each channel, or for each element of a vector: those of a flattened image come channels first. */
function vectorTensor(name: string, parameter: Parameter, image: Shape | undefined): StoredTensor {
  const size = parameter.shape[parameter.shape.length - 1];
  if (size !== sizeOf(parameter.shape)) {
    throw new UserError(`PyTorch has one value a channel where ${parameter.name} has one a position.`, {
      hint: 'Export the masks as safetensors or npz, which hold it as it is.',
    });
  }
  const shape = [size];
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
  if (role !== 'kernel') return vectorTensor(name, parameter, flattenedImage(network, layer));
  if (shape.length === 2) return denseTensor(name, shape, flattenedImage(network, layer));
  if (shape.length !== 4) throw new Error(`${parameter.name}: no PyTorch layout for a tensor of shape [${shape}]`);
  const [kh, kw, channels, multiplier] = shape;
  if (parameter.name.endsWith('/depthwise_kernel')) {
    return { name, view: shape, order: [2, 3, 0, 1], shape: [channels * multiplier, 1, kh, kw] };
  }
  // Both Keras kernels, [kh, kw, in, out] and the transposed [kh, kw, out, in], lead to their PyTorch form by this order.
  return { name, view: shape, order: [3, 2, 0, 1], shape: [multiplier, channels, kh, kw] };
}
