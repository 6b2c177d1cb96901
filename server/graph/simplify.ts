/**
 * Local simplifications, applied to each node as it is made: constant folding, neutral elements, zeros through linear
 * operations, chains of shape changes. With them, derivative graphs carry no dead weight into the executors.
 */
import { equalShapes, type ValueType } from './shapes';
import type { Node, OpAttributes, OpName } from './types';

/** What the simplifier needs of a builder: making further nodes. */
export interface NodeFactory {
  make<K extends OpName>(op: K, attributes: OpAttributes[K], args: readonly Node[], declared?: ValueType): Node;
}

/** The value of a node whose elements all equal one number, else undefined. */
export function constantValue(node: Node): number | undefined {
  return node.op === 'constant' ? node.attributes.value : undefined;
}

const unaryFolds: { [K in OpName]?: (x: number) => number } = {
  negate: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  abs: Math.abs,
  sign: Math.sign,
  relu: (x) => Math.max(x, 0),
  stopGradient: (x) => x,
  reshape: (x) => x,
  broadcast: (x) => x,
  transpose: (x) => x,
  slice: (x) => x,
};

const binaryFolds: { [K in OpName]?: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  maximum: Math.max,
  gate: (a, b) => (a > 0 ? b : 0),
  greater: (a, b) => (a > b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
};

/** Argument positions in which an operation is linear, so that a zero there makes the result zero. */
const linearArguments: { [K in OpName]?: readonly number[] } = {
  negate: [0],
  deviceSum: [0],
  multiply: [0, 1],
  divide: [0],
  gate: [1],
  reduceSum: [0],
  reshape: [0],
  transpose: [0],
  broadcast: [0],
  slice: [0],
  pad: [0],
  gatherRows: [0],
  scatterRows: [0],
  matmul: [0, 1],
  conv2d: [0, 1],
  conv2dInputGradient: [0, 1],
  conv2dKernelGradient: [0, 1],
  maxPoolGather: [1],
  maxPoolScatter: [1],
  averagePool: [0],
  averagePoolGradient: [0],
  batchNormGradient: [1, 2],
  batchNormGammaGradient: [1],
};

const broadcasting: ReadonlySet<OpName> = new Set([
  'add',
  'subtract',
  'multiply',
  'divide',
  'maximum',
  'gate',
  'greater',
  'equal',
]);

/** An equal, simpler node, or undefined where the node is to be made as it stands. */
export function simplify(
  factory: NodeFactory,
  op: OpName,
  attributes: OpAttributes[OpName],
  args: readonly Node[],
  type: ValueType,
): Node | undefined {
  const constant = (value: number) => factory.make('constant', { value }, [], type);
  const values = args.map(constantValue);

  const foldUnary = unaryFolds[op];
  if (foldUnary && values[0] !== undefined) return constant(foldUnary(values[0]));
  const foldBinary = binaryFolds[op];
  if (foldBinary && values[0] !== undefined && values[1] !== undefined)
    return constant(foldBinary(values[0], values[1]));
  if (linearArguments[op]?.some((position) => values[position] === 0)) return constant(0);

  if (broadcasting.has(op)) {
    const stripped = stripBroadcasts(args, type);
    if (stripped) return factory.make(op, attributes, stripped);
  }
  return simplifyArithmetic(factory, op, args, values, type) ?? simplifyShape(factory, op, attributes, args, type);
}

/** Broadcasting operations do not need an argument broadcast beforehand when the other one has the result's shape. */
function stripBroadcasts(args: readonly Node[], type: ValueType): readonly Node[] | undefined {
  for (const [position, other] of [
    [0, 1],
    [1, 0],
  ]) {
    const arg = args[position];
    if (arg.op === 'broadcast' && equalShapes(args[other].shape, type.shape)) {
      return position === 0 ? [arg.args[0], args[1]] : [args[0], arg.args[0]];
    }
  }
  return undefined;
}

function simplifyArithmetic(
  factory: NodeFactory,
  op: OpName,
  args: readonly Node[],
  values: readonly (number | undefined)[],
  type: ValueType,
): Node | undefined {
  const expanded = (x: Node) => (equalShapes(x.shape, type.shape) ? x : factory.make('broadcast', {}, [x], type));
  const [a, b] = args;
  const [left, right] = values;
  switch (op) {
    case 'add':
      if (left === 0) return expanded(b);
      if (right === 0) return expanded(a);
      if (b.op === 'negate') return factory.make('subtract', {}, [a, b.args[0]]);
      return a.op === 'negate' ? factory.make('subtract', {}, [b, a.args[0]]) : undefined;
    case 'subtract':
      if (right === 0) return expanded(a);
      if (left === 0) return expanded(factory.make('negate', {}, [b]));
      return b.op === 'negate' ? factory.make('add', {}, [a, b.args[0]]) : undefined;
    case 'multiply': {
      if (left === 1) return expanded(b);
      if (right === 1) return expanded(a);
      if (left === -1) return expanded(factory.make('negate', {}, [b]));
      if (right === -1) return expanded(factory.make('negate', {}, [a]));
      return mergeFactors(factory, a, left, b, right);
    }
    case 'divide':
      return right === 1 ? expanded(a) : undefined;
    case 'negate':
      return a.op === 'negate' ? a.args[0] : undefined;
    default:
      return undefined;
  }
}

/** (x * c) * d becomes x * (c d) for constants c and d, where that needs no broadcast of c or d. */
function mergeFactors(
  factory: NodeFactory,
  a: Node,
  left: number | undefined,
  b: Node,
  right: number | undefined,
): Node | undefined {
  const [factor, scale] = left === undefined ? [a, right] : [b, left];
  const other = left === undefined ? b : a;
  if (scale === undefined || factor.op !== 'multiply') return undefined;
  for (const position of [0, 1]) {
    const inner = constantValue(factor.args[position]);
    if (inner !== undefined) {
      const merged = factory.make('constant', { value: inner * scale }, [], { shape: other.shape, dtype: 'float32' });
      const kept = factor.args[1 - position];
      // The merged constant must keep the result's shape: only when the kept factor already has it.
      return equalShapes(kept.shape, factor.shape) ? factory.make('multiply', {}, [kept, merged]) : undefined;
    }
  }
  return undefined;
}

function simplifyShape(
  factory: NodeFactory,
  op: OpName,
  attributes: OpAttributes[OpName],
  args: readonly Node[],
  type: ValueType,
): Node | undefined {
  const [x] = args;
  switch (op) {
    case 'broadcast':
    case 'slice':
    case 'pad':
      if (equalShapes(x.shape, type.shape)) return x;
      break;
    case 'concat':
      return args.length === 1 ? x : undefined;
    case 'reshape':
      if (equalShapes(x.shape, type.shape)) return x;
      return x.op === 'reshape' ? factory.make('reshape', {}, [x.args[0]], type) : undefined;
    case 'transpose': {
      const { permutation } = attributes as OpAttributes['transpose'];
      if (permutation.every((axis, i) => axis === i)) return x;
      if (x.op !== 'transpose') return undefined;
      const inner = x.attributes.permutation;
      return factory.make('transpose', { permutation: permutation.map((axis) => inner[axis]) }, [x.args[0]]);
    }
    case 'reduceSum': {
      const { axes } = attributes as OpAttributes['reduceSum'];
      const value = constantValue(x);
      if (value !== undefined) {
        const count = axes.reduce((product, axis) => product * x.shape[axis], 1);
        return factory.make('constant', { value: value * count }, [], type);
      }
      return axes.every((axis) => x.shape[axis] === 1) ? factory.make('reshape', {}, [x], type) : undefined;
    }
    case 'stopGradient':
      return x.op === 'stopGradient' ? x : undefined;
    default:
      break;
  }
  return undefined;
}
