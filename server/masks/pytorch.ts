/** Weight tensors as PyTorch lays them out and names them. */
import type { Network, Parameter } from '../models/types';
import { UserError } from '../protocol/errors';
import type { LayerDescription, ModelDescription } from '../protocol/model';
import { type Shape, sizeOf } from '../protocol/tensor';

export interface NamedMask {
  readonly name: string;
  readonly shape: Shape;
  readonly mask: Uint8Array;
}

/** The mask with its axes in another order: axis i of the result is axis `order[i]` of `shape`. */
function permute(mask: Uint8Array, shape: Shape, order: readonly number[]): { shape: Shape; mask: Uint8Array } {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const target = order.map((axis) => shape[axis]);
  const steps = order.map((axis) => strides[axis]);
  const result = new Uint8Array(mask.length);
  const at = new Array<number>(target.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = mask[from];
    for (let axis = target.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++at[axis] < target[axis]) break;
      from -= target[axis] * steps[axis];
      at[axis] = 0;
    }
  }
  return { shape: target, mask: result };
}

function layerOf(description: ModelDescription, name: string): LayerDescription | undefined {
  return description.layers.find((layer) => layer.name === name);
}

/** Layers that leave the order of a vector's elements as it is. */
const ELEMENTWISE = new Set(['Activation', 'Dropout', 'ReLU', 'LeakyReLU', 'ELU', 'PReLU', 'BatchNormalization']);

/**
 * The shape [height, width, channels] of the image that a dense layer's inputs were flattened from. PyTorch flattens
 * channels first, so the inputs then come in another order. Undefined where nothing was flattened, or the order is the same.
 */
function flattenedImage(network: Network, description: ModelDescription, layer: string): Shape | undefined {
  let current = layerOf(description, layer);
  do {
    current = current && layerOf(description, current.calls[0]?.[0]?.layer ?? '');
  } while (current && ELEMENTWISE.has(current.className));
  if (current?.className !== 'Flatten') return undefined;
  const before = current.calls[0]?.[0]?.layer;
  const shape = network.layers.find(({ name }) => name === before)?.outputShape;
  return shape?.length === 3 && shape[2] > 1 && shape[0] * shape[1] > 1 ? shape : undefined;
}

function denseMask(mask: Uint8Array, [inputs, outputs]: Shape, image: Shape | undefined) {
  if (!image) return permute(mask, [inputs, outputs], [1, 0]);
  return { shape: [outputs, inputs], mask: permute(mask, [...image, outputs], [3, 2, 0, 1]).mask };
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

/** A value for each channel, or for each element of a vector: those of a flattened image come channels first. */
function vectorMask(mask: Uint8Array, { name, shape }: Parameter, image: Shape | undefined) {
  const size = shape[shape.length - 1];
  if (size !== mask.length) {
    throw new UserError(`PyTorch has one value a channel where ${name} has one a position.`, {
      hint: 'Export the masks as safetensors or npz, which hold it as it is.',
    });
  }
  return { shape: [size], mask: image && sizeOf(image) === size ? permute(mask, image, [2, 0, 1]).mask : mask };
}

/**
 * A mask as PyTorch lays the weight out: convolutions [out, in, kh, kw], depthwise ones [in * multiplier, 1, kh, kw],
 * transposed ones [in, out, kh, kw], dense layers [out, in] with the inputs of a flattened image channels first. Biases,
 * normalizations and slopes are vectors.
 * @throws UserError where PyTorch cannot hold it.
 */
export function toPytorch(
  network: Network,
  description: ModelDescription,
  parameter: Parameter,
  mask: Uint8Array,
): NamedMask {
  const { shape, layer, name } = parameter;
  const className = network.layers.find((one) => one.name === layer)?.className ?? '';
  const target = pytorchName(parameter, className);
  if (parameter.role === 'bias') return { name: target, shape, mask };
  if (parameter.role !== 'kernel') {
    return { name: target, ...vectorMask(mask, parameter, flattenedImage(network, description, layer)) };
  }
  if (shape.length === 2)
    return { name: target, ...denseMask(mask, shape, flattenedImage(network, description, layer)) };
  if (shape.length !== 4) throw new Error(`${name}: no PyTorch layout for a tensor of shape [${shape}]`);
  const [kh, kw, channels, multiplier] = shape;
  if (name.endsWith('/depthwise_kernel')) {
    return { name: target, shape: [channels * multiplier, 1, kh, kw], mask: permute(mask, shape, [2, 3, 0, 1]).mask };
  }
  // Both Keras kernels, [kh, kw, in, out] and the transposed [kh, kw, out, in], lead to their PyTorch form by this order.
  return { name: target, ...permute(mask, shape, [3, 2, 0, 1]) };
}
