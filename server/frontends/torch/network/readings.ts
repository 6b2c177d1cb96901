/** What the operators of a graph read a tensor of the model as, through whatever computation it reaches them. */
import { equalShapes } from '../../../graph/shapes';
import type { Argument, ExportedCall, ExportedGraph } from '../exported';
import { type OperatorName, parseOperator } from '../lowering/table';

/** `matrix` and `transposed matrix`: a factor of a product, [in, out] and [out, in]. */
export type Reading =
  | 'convolution'
  | 'transposed convolution'
  | 'linear'
  | 'matrix'
  | 'transposed matrix'
  | 'bias'
  | 'gamma'
  | 'beta'
  | 'slope'
  | 'embedding'
  | 'moving-mean'
  | 'moving-variance'
  | 'added'
  | 'multiplied';

type Readings = readonly (Reading | undefined)[];

const NORMALIZATION: Readings = [undefined, 'gamma', 'beta', 'moving-mean', 'moving-variance'];
const CONVOLUTION: Readings = [undefined, 'convolution', 'bias'];
const TRANSPOSED: Readings = [undefined, 'transposed convolution', 'bias'];
const LATE: Readings = [undefined, undefined, 'gamma', 'beta'];
const CELL: Readings = [undefined, undefined, 'linear', 'linear', 'bias', 'bias'];

/** By operator: how it reads each of its arguments. */
const OPERATORS: { readonly [name: string]: Readings } = {
  conv1d: CONVOLUTION,
  conv2d: CONVOLUTION,
  conv3d: CONVOLUTION,
  conv_transpose1d: TRANSPOSED,
  conv_transpose2d: TRANSPOSED,
  linear: [undefined, 'linear', 'bias'],
  addmm: ['bias', 'matrix', 'matrix'],
  baddbmm: ['bias', 'matrix', 'matrix'],
  mm: ['matrix', 'matrix'],
  bmm: ['matrix', 'matrix'],
  matmul: ['matrix', 'matrix'],
  mv: ['matrix'],
  einsum: [undefined, 'matrix'],
  embedding: ['embedding'],
  index: ['embedding'],
  index_select: ['embedding'],
  gather: ['embedding'],
  batch_norm: NORMALIZATION,
  instance_norm: NORMALIZATION,
  layer_norm: LATE,
  group_norm: LATE,
  rms_norm: LATE,
  prelu: [undefined, 'slope'],
  lstm: [undefined, undefined, 'linear'],
  gru: [undefined, undefined, 'linear'],
  rnn_tanh: [undefined, undefined, 'linear'],
  rnn_relu: [undefined, undefined, 'linear'],
  lstm_cell: CELL,
  gru_cell: CELL,
  rnn_tanh_cell: CELL,
  rnn_relu_cell: CELL,
  add: ['added', 'added'],
  sub: ['added', 'added'],
  cat: ['added'],
  mul: ['multiplied', 'multiplied'],
  div: ['multiplied', 'multiplied'],
};

/** Calls whose first argument is handed on, in another shape or in part. */
const MOVES = new Set(
  (
    'view _unsafe_view reshape flatten unflatten squeeze unsqueeze permute transpose swapaxes t numpy_T mT contiguous clone alias ' +
    'detach to type_as slice narrow select split split_with_sizes chunk unbind getitem expand repeat cat stack _weight_norm movedim'
  ).split(' '),
);

/** Calls that exchange the two axes of a matrix. */
const EXCHANGES = new Set(['t', 'transpose', 'swapaxes', 'permute', 'numpy_T', 'mT']);

/** What a call reads a tensor as. */
export interface Read {
  readonly tensor: number;
  readonly reading: Reading;
  readonly call: ExportedCall;
}

const isReference = (argument: Argument): argument is { readonly node: number } =>
  typeof argument === 'object' && argument !== null && 'node' in argument;

/** Places of the nodes in an argument. */
function nodesIn(argument: Argument): readonly number[] {
  if (isReference(argument)) return [argument.node];
  return Array.isArray(argument) ? argument.flatMap(nodesIn) : [];
}

/** For each node whether it depends on the model's input. */
function findDependent({ nodes }: ExportedGraph): readonly boolean[] {
  const dependent: boolean[] = [];
  for (const node of nodes) {
    const isSize = node.kind === 'call' && /^(aten\.sym_|python\.)/.test(node.operator) && node.shape === undefined;
    const reads = node.kind === 'call' ? [...node.args, ...Object.values(node.kwargs)].flatMap(nodesIn) : [];
    dependent.push(node.kind === 'input' || (!isSize && reads.some((one) => dependent[one])));
  }
  return dependent;
}

/** A tensor of the model behind a node. */
interface Origin {
  readonly tensor: number;
  /** Whether its axes have been exchanged on the way. */
  readonly isExchanged: boolean;
}

/** What each call reads of the tensors that the model holds. */
export function findReads(graph: ExportedGraph): readonly Read[] {
  const dependent = findDependent(graph);
  const known = new Map<number, readonly Origin[]>();
  const originsOf = (node: number): readonly Origin[] => {
    const found = known.get(node);
    if (found) return found;
    const origins = dependent[node] ? [] : trace(graph, node, originsOf);
    known.set(node, origins);
    return origins;
  };
  return graph.nodes.flatMap((call) => {
    if (call.kind !== 'call') return [];
    const name = parseOperator(call.operator);
    return call.args.flatMap((argument, position) => {
      const reading = readingOf(name, call, position, dependent);
      if (!reading) return [];
      return nodesIn(argument).flatMap((node) =>
        originsOf(node).map(({ tensor, isExchanged }) => ({
          tensor,
          call,
          reading: refined(reading, graph.nodes[node].shape, isExchanged),
        })),
      );
    });
  });
}

function readingOf({ name }: OperatorName, call: ExportedCall, position: number, dependent: readonly boolean[]) {
  const readings = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : [];
  const reading = readings[position];
  const isArithmetic = reading === 'added' || reading === 'multiplied';
  // What weights are computed by is no reading: what is computed is read elsewhere.
  const meetsInput = call.args.some((other) => nodesIn(other).some((node) => dependent[node]));
  return isArithmetic && !meetsInput ? undefined : reading;
}

function refined(reading: Reading, shape: readonly number[] | undefined, isExchanged: boolean): Reading {
  if (reading === 'matrix' && (shape?.length ?? 0) < 2) return 'multiplied';
  if (reading === 'matrix' && isExchanged) return 'transposed matrix';
  // LSTM's list holds weights and biases.
  return reading === 'linear' && shape?.length === 1 ? 'bias' : reading;
}

/** The tensors whose elements are those of a node that depends on no input: moved, or changed one by one. */
function trace(graph: ExportedGraph, place: number, originsOf: (node: number) => readonly Origin[]): readonly Origin[] {
  const node = graph.nodes[place];
  if (node.kind === 'tensor') return [{ tensor: node.tensor, isExchanged: false }];
  if (node.kind === 'input') return [];
  const { name } = parseOperator(node.operator);
  if (MOVES.has(name)) {
    const isExchanged = EXCHANGES.has(name);
    return nodesIn(node.args[0])
      .flatMap(originsOf)
      .map((origin) => ({ ...origin, isExchanged: origin.isExchanged !== isExchanged }));
  }
  const { shape } = node;
  if (!shape) return [];
  return node.args
    .flatMap(nodesIn)
    .filter((one) => equalShapes(graph.nodes[one].shape ?? [], shape))
    .flatMap(originsOf);
}
