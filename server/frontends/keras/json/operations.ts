/** Operations of Keras 3 (`x + y`, `keras.ops.relu(x)`) in a model, as the layers that compute the same. */
import type { Node } from 'jsonc-parser';
import type { LayerConfig } from '../description';
import { readTensors } from './inboundNodes';
import { child, elements, errorAt, type JsonDocument, numberValue, stringValue } from './jsonNodes';

interface Layer {
  readonly className: string;
  readonly config: LayerConfig;
}

/** Of two tensors. */
const MERGING = ['Add', 'Subtract', 'Multiply', 'Maximum', 'Minimum'];

/** Functions of one tensor, by the names of activations. */
const FUNCTIONS: { readonly [operation: string]: string } = {
  Relu: 'relu',
  Relu6: 'relu6',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
  Silu: 'silu',
  Softplus: 'softplus',
  Softsign: 'softsign',
};

/** What a number does to a tensor; `isFirst` where it stands before it. Undefined where no scale and offset do so. */
type Scaling = (value: number, isFirst: boolean) => LayerConfig | undefined;

const SCALING: { readonly [operation: string]: Scaling } = {
  Add: (value) => ({ offset: value }),
  Multiply: (value) => ({ scale: value }),
  Subtract: (value, isFirst) => ({ scale: isFirst ? -1 : 1, offset: isFirst ? value : -value }),
  Divide: (value, isFirst) => (isFirst ? undefined : { scale: 1 / value }),
  TrueDivide: (value, isFirst) => (isFirst ? undefined : { scale: 1 / value }),
};

/** Operations by which Keras hands on its masks; the layers themselves do it here. */
export const MASK_OPERATIONS: readonly string[] = ['NotEqual', 'Any'];

/** Whether the node is an operation, and no layer. */
export function isOperation(node: Node): boolean {
  return /^keras(?:\.src)?\.ops\b/.test(stringValue(child(node, 'module')) ?? '');
}

/** Axes of the tensors in an argument, where they are told. */
function ranksIn(argument: Node): readonly number[] {
  const shape = child(child(argument, 'config'), 'shape');
  return shape ? [elements(shape).length] : [];
}

/** The arguments of the only call. */
function argumentsOf(node: Node): readonly Node[] {
  const calls = child(node, 'inbound_nodes');
  const [call] = calls ? elements(calls) : [];
  const args = child(call, 'args');
  return args ? elements(args) : [];
}

function layerFor(document: JsonDocument, node: Node, operation: string): Layer | undefined {
  const args = argumentsOf(node);
  const isTensor = (argument: Node) => readTensors(document, argument).length === 1 && argument.type === 'object';
  const tensors = args.filter(isTensor);
  const activation = FUNCTIONS[operation];
  if (activation !== undefined)
    return tensors.length === 1 ? { className: 'Activation', config: { activation } } : undefined;
  const ranks = new Set(tensors.flatMap(ranksIn));
  if (MERGING.includes(operation) && args.length === 2 && tensors.length === 2 && ranks.size < 2) {
    return { className: operation, config: {} };
  }
  const place = args.findIndex((argument) => numberValue(argument) !== undefined);
  if (args.length !== 2 || tensors.length !== 1 || place < 0) return undefined;
  const config = SCALING[operation]?.(numberValue(args[place])!, place === 0);
  return config && { className: 'Rescaling', config };
}

/**
 * The layer that computes what an operation does.
 * @throws UserError with the line, where there is none.
 */
export function readOperation(document: JsonDocument, node: Node, operation: string, name: string): Layer {
  if (MASK_OPERATIONS.includes(operation)) return { className: operation, config: { name } };
  const layer = layerFor(document, node, operation);
  if (layer) return { ...layer, config: { ...layer.config, name } };
  throw errorAt(
    document,
    node,
    `The operation "${name}" (${operation} of keras.ops) is not supported with these arguments.`,
    `Use a layer that computes the same. Supported are ${[...MERGING, ...Object.keys(FUNCTIONS)].join(', ')} of tensors, and sums and products with a number.`,
  );
}
