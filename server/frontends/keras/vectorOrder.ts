/**
 * In which order the elements of vectors stand, in a network with channels last and in the same one with channels first: flattened
 * there, an image gives its channels one after the other.
 */
import type { Network } from '../../models/types';
import { UserError } from '../../protocol/errors';
import { type Shape, sizeOf } from '../../protocol/tensor';
import type { LayerDescription } from './description';
import { descriptionOf } from './network/createNetwork';
import { createInstances, findLayer, type LayerInstance, type ModelInstance } from './network/instances';

/** Elements of a vector that belong together. */
export interface Part {
  readonly size: number;
  /** The image [height, width, channels] that they were flattened from, where the order is another one in PyTorch. */
  readonly image?: Shape;
}

/** What is known of a tensor: an image or sequence, or a vector of parts. */
type Order =
  | { readonly kind: 'image'; readonly shape: Shape }
  | { readonly kind: 'vector'; readonly parts: readonly Part[] };

/** Layers that leave each element where it is. */
const ELEMENTWISE: ReadonlySet<string> = new Set([
  'Activation',
  'AlphaDropout',
  'BatchNormalization',
  'Dropout',
  'ELU',
  'GaussianDropout',
  'GaussianNoise',
  'GroupNormalization',
  'LayerNormalization',
  'LeakyReLU',
  'Masking',
  'Normalization',
  'PReLU',
  'RandomFlip',
  'ReLU',
  'Rescaling',
  'Softmax',
  'SpatialDropout2D',
  'ThresholdedReLU',
]);
/** Layers that combine elements at equal places. */
const MERGING: ReadonlySet<string> = new Set(['Add', 'Average', 'Maximum', 'Minimum', 'Multiply', 'Subtract']);

function plain(size: number): Order {
  return { kind: 'vector', parts: [{ size }] };
}

function ofShape(shape: Shape): Order {
  return shape.length === 1 ? plain(shape[0]) : { kind: 'image', shape };
}

/** Parts of an image that is flattened; those of one channel or one pixel stand in one order anyway. */
function flattened(shape: Shape): Order {
  const isMoved = shape.length === 3 && shape[2] > 1 && shape[0] * shape[1] > 1;
  const size = sizeOf(shape);
  return isMoved ? { kind: 'vector', parts: [{ size, image: shape }] } : plain(size);
}

function textOf(order: Order): string {
  return JSON.stringify(order);
}

function unknownOrder(layer: LayerInstance, what: string): never {
  throw new UserError(`In which order PyTorch has the inputs of "${layer.name}" is not known: ${what}.`, {
    ...(layer.description.source[0] && { location: layer.description.source[0] }),
    hint: 'Export the masks as safetensors or npz, which hold the layouts of the model.',
  });
}

/** Whether a vector has parts that stand in another order in PyTorch. */
function isMoved(order: Order): boolean {
  return order.kind === 'vector' && order.parts.some(({ image }) => image !== undefined);
}

function reshaped(layer: LayerInstance, input: Order, output: Shape): Order {
  if (input.kind === 'image' && output.length === 1) return flattened(input.shape);
  if (input.kind === 'vector' && output.length === 1) return input;
  // The same image: axes of one element come and go.
  if (input.kind === 'image' && output.join() === input.shape.join()) return input;
  const isOnePixel = output.length === 3 && output[0] * output[1] === 1;
  if (input.kind === 'vector' && isOnePixel && !isMoved(input)) return { kind: 'image', shape: output };
  return unknownOrder(
    layer,
    'a vector becomes an image, or an image another one, whose axes PyTorch has in another order',
  );
}

function merged(layer: LayerInstance, inputs: readonly Order[], output: Shape): Order {
  if (output.length !== 1) return { kind: 'image', shape: output };
  const [first] = inputs;
  const others = inputs.filter((one) => textOf(one) !== textOf(first));
  if (others.length === 0) return first;
  const sizeOfOrder = (order: Order) =>
    order.kind === 'vector' ? order.parts.reduce((sum, { size }) => sum + size, 0) : 0;
  // A single number meets each element.
  const wide = inputs.filter((one) => sizeOfOrder(one) > 1);
  if (wide.every((one) => textOf(one) === textOf(wide[0]))) return wide[0];
  if (!inputs.some(isMoved)) return plain(output[0]);
  return unknownOrder(layer, 'a flattened image meets a vector that is none');
}

function concatenated(inputs: readonly Order[], output: Shape): Order {
  if (output.length !== 1) return { kind: 'image', shape: output };
  const parts = inputs.flatMap((one) => (one.kind === 'vector' ? one.parts : []));
  // Parts whose order is that of the model are one.
  return parts.some(({ image }) => image) ? { kind: 'vector', parts } : plain(output[0]);
}

/** Follows the network and gives the orders of what each layer is given, by its unique name. */
function followOrders(network: Network): Map<string, Order> {
  const model = createInstances(descriptionOf(network));
  const outputs = new Map(network.layers.map(({ name, outputShape }) => [name, outputShape]));
  const before = new Map<string, Order>();

  const apply = (layer: LayerInstance, inputs: readonly Order[]): Order => {
    const { className } = layer.description;
    const output = outputs.get(layer.name) ?? [];
    const [first] = inputs;
    const known = before.get(layer.name);
    if (known && textOf(known) !== textOf(first)) unknownOrder(layer, 'it is given vectors of several orders');
    before.set(layer.name, first);
    if (ELEMENTWISE.has(className)) return first;
    if (MERGING.has(className)) return merged(layer, inputs, output);
    if (className === 'Concatenate') return concatenated(inputs, output);
    if (className === 'Flatten' || className === 'Reshape') return reshaped(layer, first, output);
    return ofShape(output);
  };

  const valuesOf = (inner: ModelInstance, given: readonly Order[]) => {
    const results = new Map<string, Order>();
    const keyOf = ({ layer, call, output }: LayerDescription['calls'][number][number]) => `${layer} ${call} ${output}`;
    inner.description.inputs.forEach((reference, i) => {
      results.set(keyOf(reference), given[i]);
    });
    const look = (reference: LayerDescription['calls'][number][number]): Order => {
      const found = results.get(keyOf(reference));
      if (found) return found;
      const layer = findLayer(inner, reference.layer);
      const inputs = layer.description.calls[reference.call].map(look);
      const value = layer.model
        ? valuesOf(layer.model, inputs)(layer.model.description.outputs[reference.output])
        : apply(layer, inputs);
      results.set(keyOf(reference), value);
      return value;
    };
    return look;
  };

  const inputs = network.inputs.map(({ shape }) => ofShape(shape));
  const look = valuesOf(model, inputs);
  for (const output of model.description.outputs) look(output);
  return before;
}

/**
 * The parts of the vectors that a layer is given, in the order of the model.
 * @throws UserError where PyTorch's order cannot be told.
 */
export function partsBefore(network: Network, layer: string): readonly Part[] {
  const order = followOrders(network).get(layer);
  if (order?.kind === 'vector') return order.parts;
  return [{ size: order ? order.shape[order.shape.length - 1] : 0 }];
}
