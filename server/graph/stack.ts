/**
 * Several networks of one architecture in one program: every operation once over all of them, by a rule an operation, in a
 * total table. Nothing of one network reaches another.
 *
 * With K networks, a value of shape [...s] is held in one of three ways. `shared`: the same for all, as it is. `first`: [K, ...s].
 * `last`: the networks side by side in the channels, [...s without c, K c]; so a convolution of K networks is one with K times
 * the groups, and normalization and pooling need not know of them.
 */
import { type Shape, sizeOf } from '../protocol/tensor';
import { type Builder, createBuilder } from './builder';
import { createProgram } from './program';
import { replay } from './replay';
import { reducedShape } from './shapes';
import type { ConvolutionGeometry, Node, OpAttributes, OpName, OpNode, Program } from './types';

/** How the values of an input or an output lie side by side. */
export type Layout = 'first' | 'last';

/** A value of all networks; `shape` is that of one. */
interface Value {
  readonly node: Node;
  readonly layout: Layout | 'shared';
  readonly shape: Shape;
}

interface Scope {
  readonly b: Builder;
  /** How many networks. */
  readonly width: number;
}

/** How a tensor is given to a stacked program, and how it gives it. */
export function layoutOf({ shape, dtype }: Pick<Node, 'shape' | 'dtype'>): Layout {
  return shape.length === 4 && dtype === 'float32' ? 'last' : 'first';
}

/** The shape of `width` tensors in a layout. */
export function stackedShape(shape: Shape, layout: Layout, width: number): Shape {
  return layout === 'first' ? [width, ...shape] : shape.with(-1, shape[shape.length - 1] * width);
}

const lastOf = (shape: Shape): number => shape[shape.length - 1];

/** [...s without c, K c] -> [...s without c, K, c]. */
function split({ b, width }: Scope, { node, shape }: Value): Node {
  return b.reshape(node, [...shape.slice(0, -1), width, lastOf(shape)]);
}

function first(scope: Scope, value: Value): Node {
  const { b, width } = scope;
  const { node, layout, shape } = value;
  if (layout === 'first') return node;
  if (layout === 'shared') return b.broadcast(b.reshape(node, [1, ...shape]), [width, ...shape]);
  const rank = shape.length;
  const axes = shape.slice(0, -1).map((_, axis) => axis);
  return b.transpose(split(scope, value), [rank - 1, ...axes, rank]);
}

/** Of values that have an axis. */
function last(scope: Scope, value: Value): Node {
  const { b, width } = scope;
  const { node, layout, shape } = value;
  if (layout === 'last') return node;
  const stacked = stackedShape(shape, 'last', width);
  const rank = shape.length;
  if (layout === 'first') {
    const axes = shape.slice(0, -1).map((_, axis) => axis + 1);
    return b.reshape(b.transpose(node, [...axes, 0, rank]), stacked);
  }
  const lead = shape.slice(0, -1);
  const repeated = b.broadcast(b.reshape(node, [...lead, 1, lastOf(shape)]), [...lead, width, lastOf(shape)]);
  return b.reshape(repeated, stacked);
}

type Rule<K extends OpName> = (scope: Scope, node: OpNode<K>, args: readonly Value[]) => Value;

const inFirst = ({ shape }: OpNode, node: Node): Value => ({ node, layout: 'first', shape });
const inLast = ({ shape }: OpNode, node: Node): Value => ({ node, layout: 'last', shape });

/** The same operation on values as they lie. */
const asItLies: Rule<OpName> = ({ b }, node, [{ node: x, layout }]) => ({
  node: replay(b, node, [x]),
  layout,
  shape: node.shape,
});

/** [K, ...s] with axes of one element after the first one, so that it broadcasts to `rank` axes as s does. */
function aligned(scope: Scope, { node, layout, shape }: Value, rank: number): Node {
  if (layout === 'shared') return node;
  const ones = new Array<number>(rank - shape.length).fill(1);
  const inFront = first(scope, { node, layout, shape });
  return ones.length === 0 ? inFront : scope.b.reshape(inFront, [scope.width, ...ones, ...shape]);
}

/** A value that broadcasts over `channels` channels, as it broadcasts over those of all networks; undefined where it does not. */
function besideLast(scope: Scope, value: Value, channels: number): Node | undefined {
  const { b, width } = scope;
  const { node, layout, shape } = value;
  const own = shape.length === 0 ? 1 : lastOf(shape);
  if (own !== 1 && own !== channels) return undefined;
  if (layout === 'last') return own === channels ? node : undefined;
  if (own === channels && shape.length > 0) return layout === 'shared' && own === 1 ? node : last(scope, value);
  if (layout === 'shared') return node;
  const spread = [...shape.slice(0, -1), channels];
  const wide = shape.length === 0 ? b.reshape(node, [width, 1]) : node;
  return last(scope, { node: b.broadcast(wide, [width, ...spread]), layout, shape: spread });
}

/** In the layout of the larger argument, so that the smaller one is moved. */
const broadcasting: Rule<OpName> = (scope, node, args) => {
  const { b } = scope;
  const stacked = args.filter(({ layout }) => layout !== 'shared');
  const largest = stacked.reduce((a, c) => (sizeOf(c.shape) > sizeOf(a.shape) ? c : a));
  if (largest.layout === 'last') {
    const beside = args.map((arg) => besideLast(scope, arg, lastOf(node.shape)));
    if (beside.every((one) => one !== undefined)) return inLast(node, replay(b, node, beside));
  }
  const rank = node.shape.length;
  return inFirst(
    node,
    replay(
      b,
      node,
      args.map((arg) => aligned(scope, arg, rank)),
    ),
  );
};

const reduction: Rule<'reduceSum' | 'reduceMax'> = (scope, node, [value]) => {
  const { b, width } = scope;
  const { axes, keepDims } = node.attributes;
  const { shape, layout } = value;
  const again = (x: Node, over: readonly number[], keeps: boolean) =>
    replay(b, node as OpNode<'reduceSum'>, [x], undefined, { axes: over, keepDims: keeps });
  if (layout === 'first') {
    return inFirst(
      node,
      again(
        value.node,
        axes.map((axis) => axis + 1),
        keepDims,
      ),
    );
  }
  const channel = shape.length - 1;
  if (!axes.includes(channel)) return inLast(node, again(value.node, axes, keepDims));
  // The networks stand before the channels, which go.
  const reduced = again(split(scope, value), [...axes.slice(0, -1), channel + 1], false);
  const rank = reduced.shape.length;
  const lead = reducedShape(shape, axes, false).map((_, axis) => axis);
  const inFront = b.transpose(reduced, [rank - 1, ...lead]);
  return inFirst(node, b.reshape(inFront, [width, ...node.shape]));
};

/** An operation over axes, each network by itself: in front where the channels are touched, else where they lie. */
function overAxes<K extends 'slice' | 'pad' | 'transpose' | 'reshape' | 'broadcast'>(
  keepsChannels: (node: OpNode<K>, x: Shape) => boolean,
  besideChannels: (node: OpNode<K>, stacked: Shape) => OpAttributes[K],
  behind: (node: OpNode<K>) => OpAttributes[K],
): Rule<K> {
  return (scope, node, [value]) => {
    const { b, width } = scope;
    if (value.layout === 'last' && keepsChannels(node, value.shape)) {
      const shape = stackedShape(node.shape, 'last', width);
      return inLast(node, replay(b, node, [value.node], shape, besideChannels(node, shape)));
    }
    return inFirst(node, replay(b, node, [first(scope, value)], [width, ...node.shape], behind(node)));
  };
}

const sameLast = ({ shape }: OpNode, x: Shape) => shape.length > 0 && lastOf(shape) === lastOf(x);

const concat: Rule<'concat'> = (scope, node, args) => {
  const { b, width } = scope;
  const { axis } = node.attributes;
  if (!args.some(({ layout }) => layout === 'last')) {
    return inFirst(
      node,
      b.concat(
        args.map((arg) => first(scope, arg)),
        axis + 1,
      ),
    );
  }
  const beside = args.map((arg) => ({ ...arg, node: last(scope, arg), layout: 'last' as const }));
  const channel = node.shape.length - 1;
  if (axis !== channel) {
    return inLast(
      node,
      b.concat(
        beside.map((arg) => arg.node),
        axis,
      ),
    );
  }
  const joined = b.concat(
    beside.map((arg) => split(scope, arg)),
    channel + 1,
  );
  return inLast(node, b.reshape(joined, stackedShape(node.shape, 'last', width)));
};

/** Each network by itself, one after the other: for what has no form over several. */
const oneByOne: Rule<'gatherRows' | 'scatterRows'> = (scope, node, args) => {
  const { b, width } = scope;
  const results = Array.from({ length: width }, (_, lane) => {
    const own = args.map((arg) =>
      arg.layout === 'shared' ? arg.node : laneNode(b, first(scope, arg), 'first', lane, arg.shape),
    );
    return b.reshape(replay(b, node as OpNode<'gatherRows'>, own), [1, ...node.shape]);
  });
  return inFirst(node, b.concat(results, 0));
};

const convolution: Rule<'conv2d' | 'conv2dInputGradient' | 'conv2dKernelGradient'> = (scope, node, args) => {
  const geometry: ConvolutionGeometry = { ...node.attributes, groups: node.attributes.groups * scope.width };
  const beside = args.map((arg) => last(scope, arg));
  const shape = stackedShape(node.shape, 'last', scope.width);
  return inLast(node, replay(scope.b, node as OpNode<'conv2d'>, beside, shape, geometry));
};

/** Channels have nothing to do with each other. */
const byChannel: Rule<OpName> = (scope, node, args) => {
  const beside = args.map((arg) => last(scope, arg));
  return inLast(node, replay(scope.b, node, beside, stackedShape(node.shape, 'last', scope.width)));
};

const rules: { [K in OpName]: Rule<K> } = {
  input: ({ b, width }, node) => {
    const { shape, dtype, attributes } = node;
    const layout = layoutOf(node);
    return { node: b.input(attributes.name, stackedShape(shape, layout, width), dtype), layout, shape };
  },
  // What has no arguments is shared, and made as it is.
  constant: ({ b }, node) => ({ node: replay(b, node, []), layout: 'shared', shape: node.shape }),
  literal: ({ b }, node) => ({ node: replay(b, node, []), layout: 'shared', shape: node.shape }),

  negate: asItLies,
  exp: asItLies,
  log: asItLies,
  sqrt: asItLies,
  tanh: asItLies,
  sigmoid: asItLies,
  softplus: asItLies,
  erf: asItLies,
  abs: asItLies,
  sign: asItLies,
  relu: asItLies,
  stopGradient: asItLies,
  deviceSum: asItLies,

  add: broadcasting,
  subtract: broadcasting,
  multiply: broadcasting,
  divide: broadcasting,
  maximum: broadcasting,
  gate: broadcasting,
  greater: broadcasting,
  equal: broadcasting,

  reduceSum: reduction,
  reduceMax: reduction,
  argMax: (scope, node, [x]) =>
    inFirst(node, replay(scope.b, node, [first(scope, x)], undefined, { axis: node.attributes.axis + 1 })),

  reshape: overAxes<'reshape'>(
    sameLast,
    () => ({}),
    () => ({}),
  ),
  transpose: overAxes<'transpose'>(
    ({ attributes: { permutation } }) => lastOf(permutation) === permutation.length - 1,
    ({ attributes }) => attributes,
    ({ attributes: { permutation } }) => ({ permutation: [0, ...permutation.map((axis) => axis + 1)] }),
  ),
  broadcast: (scope, node, [value]) => {
    const { b, width } = scope;
    if (value.layout === 'last' && sameLast(node, value.shape)) {
      return inLast(node, b.broadcast(value.node, stackedShape(node.shape, 'last', width)));
    }
    return inFirst(node, b.broadcast(aligned(scope, value, node.shape.length), [width, ...node.shape]));
  },
  slice: overAxes<'slice'>(
    sameLast,
    ({ attributes }) => attributes,
    ({ attributes: { begin } }) => ({ begin: [0, ...begin] }),
  ),
  pad: overAxes<'pad'>(
    sameLast,
    ({ attributes }) => attributes,
    ({ attributes: { before, after } }) => ({ before: [0, ...before], after: [0, ...after] }),
  ),
  concat,
  oneHot: (scope, node, [x]) => inFirst(node, replay(scope.b, node, [first(scope, x)])),
  gatherRows: oneByOne,
  scatterRows: oneByOne,

  matmul: (scope, node, args) =>
    inFirst(
      node,
      replay(
        scope.b,
        node,
        args.map((arg) => first(scope, arg)),
      ),
    ),
  conv2d: convolution,
  conv2dInputGradient: convolution,
  conv2dKernelGradient: convolution,

  maxPool: byChannel,
  maxPoolGather: byChannel,
  maxPoolScatter: byChannel,
  averagePool: byChannel,
  averagePoolGradient: byChannel,

  batchNorm: byChannel,
  batchNormGradient: byChannel,
  batchNormGammaGradient: byChannel,
  inverseDeviation: byChannel,
};

function stackNode<K extends OpName>(scope: Scope, node: OpNode<K>, args: readonly Value[]): Value {
  if (args.length > 0 && args.every(({ layout }) => layout === 'shared')) {
    const made = replay(
      scope.b,
      node,
      args.map((arg) => arg.node),
    );
    return { node: made, layout: 'shared', shape: node.shape };
  }
  return rules[node.op](scope, node, args);
}

/**
 * The program for `width` networks at once. Inputs and outputs have the names of the program's and the shapes of
 * {@link stackedShape}, in the layout that {@link layoutOf} gives to what they are in the program.
 */
export function stackProgram(program: Program, width: number): Program {
  const scope: Scope = { b: createBuilder(), width };
  const values = new Map<Node, Value>();
  for (const node of program.nodes) {
    values.set(
      node,
      stackNode(
        scope,
        node as OpNode,
        node.args.map((arg) => values.get(arg)!),
      ),
    );
  }
  const outputs = Object.entries(program.outputs).map(([name, node]) => {
    const value = values.get(node)!;
    return [name, layoutOf(node) === 'last' ? last(scope, value) : first(scope, value)];
  });
  return createProgram(`${width} x ${program.name}`, Object.fromEntries(outputs));
}

/** The part of network `lane` of a stacked tensor; `shape` is that of one. */
export function laneNode(b: Builder, stacked: Node, layout: Layout, lane: number, shape: Shape): Node {
  if (layout === 'first') {
    const begin = [lane, ...shape.map(() => 0)];
    return b.reshape(b.slice(stacked, begin, [1, ...shape]), shape);
  }
  return b.slice(
    stacked,
    shape.map((_, axis) => (axis === shape.length - 1 ? lane * lastOf(shape) : 0)),
    shape,
  );
}

/** Tensors of one shape beside each other. */
export function stackNodes(b: Builder, nodes: readonly Node[], layout: Layout): Node {
  const [{ shape }] = nodes;
  if (layout === 'last') return b.concat(nodes, shape.length - 1);
  return b.concat(
    nodes.map((node) => b.reshape(node, [1, ...shape])),
    0,
  );
}
