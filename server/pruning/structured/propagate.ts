/**
 * Labels through the operations of a network's program: which indices of which axes belong together. An operation that
 * keeps channels apart hands labels on; one that contracts an axis (a kernel, a matrix) pairs it with the axis it reads; one
 * that mixes channels in any other way (a mean, a softmax) fixes them, because it would give other values without some.
 */
import type { Node } from '../../graph/types';
import { type AxisLabels, fixAxis, type Labels, STAYS, uniteAxes } from './labels';
import { reshapeLabels, type Split } from './reshape';

type Axes = readonly AxisLabels[];

/**
 * What is followed further where the framework makes the smaller model of the user's own: axes that come apart, equal parts of an axis,
 * products of two values. Layers whose settings hold such numbers have them changed there.
 */
export interface Wholes {
  /** Axes that have come apart so far. */
  readonly splits: Split[];
  /** Slices that are equal parts of an axis. */
  readonly parts: ReadonlySet<Node>;
}

/** What the labels of a node's arguments are turned into. */
export interface Propagation {
  readonly labels: Labels;
  /** Name of the layer the node belongs to, for reasons. */
  readonly layer: string;
  /** Labels of each argument's axes. */
  readonly args: readonly Axes[];
  /** Whether each argument depends on the input, rather than on parameters only. */
  readonly dependent: readonly boolean[];
  /** Absent where heads, groups and parts are not followed. */
  readonly wholes?: Wholes;
}

const noLabels = (node: Node): Axes => node.shape.map(() => undefined);

/** Labels along axes whose indices are all needed. */
function staying(node: Node, axes: readonly number[], known: Axes): Axes {
  return known.map((axis, i) => (axes.includes(i) ? new Int32Array(node.shape[i]).fill(STAYS) : axis));
}

function elementwise(node: Node, { labels, layer, args, dependent }: Propagation): Axes {
  const rank = node.shape.length;
  const merges = dependent.filter(Boolean).length > 1;
  let result = noLabels(node);
  args.forEach((axes, position) => {
    const offset = rank - axes.length;
    const reason = `'${layer}' combines it with values that cannot be cut`;
    result = result.map((axis, i) =>
      i < offset ? axis : uniteAxes(labels, axis, axes[i - offset], reason, merges && position > 0 ? layer : undefined),
    );
  });
  return result;
}

/** x [n,h,w,c] with a kernel [kh,kw,c/groups,o]; a group of channels is read and made as a whole. */
function convolution(node: Node & { op: 'conv2d' }, { labels, layer, args: [x, kernel] }: Propagation): Axes {
  const { groups } = node.attributes;
  const made = kernel[3];
  for (const window of [kernel[0], kernel[1], x[1], x[2]]) fixAxis(labels, window, `'${layer}' slides over it`);
  if (groups === 1) {
    uniteAxes(labels, x[3], kernel[2], `'${layer}' reads values that cannot be cut`);
  } else {
    fixAxis(labels, kernel[2], `'${layer}' has groups of one size`);
    const [read, written] = [node.args[0].shape[3] / groups, node.shape[3] / groups];
    for (let group = 0; group < groups; group++) {
      const members = [
        ...Array.from({ length: read }, (_, i) => x[3]?.[group * read + i] ?? STAYS),
        ...Array.from({ length: written }, (_, i) => made?.[group * written + i] ?? STAYS),
      ];
      const reason = `'${layer}' makes it from channels that cannot be cut`;
      for (const member of members.slice(1)) labels.unite(members[0], member, reason, layer);
    }
  }
  return staying(node, [1, 2], [x[0], undefined, undefined, made]);
}

/** y [n,h,w,o] with a kernel [kh,kw,c,o], forwards: the transposed convolution. */
function transposedConvolution(node: Node, { labels, layer, args: [y, kernel] }: Propagation): Axes {
  for (const window of [kernel[0], kernel[1], y[1], y[2]]) fixAxis(labels, window, `'${layer}' slides over it`);
  uniteAxes(labels, y[3], kernel[3], `'${layer}' reads values that cannot be cut`);
  return staying(node, [1, 2], [y[0], undefined, undefined, kernel[2]]);
}

function fixAll(node: Node, { labels, args }: Propagation, reason: string): Axes {
  for (const axes of args) for (const axis of axes) fixAxis(labels, axis, reason);
  return node.shape.map((extent) => new Int32Array(extent).fill(STAYS));
}

function reduction(node: Node & { op: 'reduceSum' | 'reduceMax' }, { labels, layer, args: [x] }: Propagation): Axes {
  const { axes, keepDims } = node.attributes;
  for (const axis of axes)
    fixAxis(labels, x[axis], `'${layer}' mixes all channels, so that its result depends on their number`);
  return keepDims ? x.map((axis, i) => (axes.includes(i) ? undefined : axis)) : x.filter((_, i) => !axes.includes(i));
}

function concatenation(node: Node & { op: 'concat' }, propagation: Propagation): Axes {
  const { labels, layer, args } = propagation;
  const { axis } = node.attributes;
  const joined = args.flatMap((axes, i) => {
    const known = axes[axis];
    return known ? [...known] : new Array<number>(node.args[i].shape[axis]).fill(STAYS);
  });
  const others = args.reduce((sum, axes) =>
    sum.map((own, i) =>
      i === axis ? undefined : uniteAxes(labels, own, axes[i], `'${layer}' joins it with what cannot be cut`, layer),
    ),
  );
  return others.map((own, i) => (i === axis ? Int32Array.from(joined) : own));
}

/** Products of matrices over the last two axes; heads of attention lie along the axes before. */
function product(node: Node & { op: 'matmul' }, { labels, layer, args: [x, y], dependent }: Propagation): Axes {
  const { transposeA, transposeB } = node.attributes;
  const last = x.length - 1;
  const [rows, inner] = transposeA ? [x[last], x[last - 1]] : [x[last - 1], x[last]];
  const [read, columns] = transposeB ? [y[last], y[last - 1]] : [y[last - 1], y[last]];
  const reason = `'${layer}' reads values that cannot be cut`;
  const summed = uniteAxes(labels, inner, read, reason);
  // Of queries and keys less would be another scale.
  if (dependent[0] && dependent[1]) fixAxis(labels, summed, `'${layer}' adds up its products`);
  const batch = x.slice(0, -2).map((axis, i) => uniteAxes(labels, axis, y[i], reason, layer));
  return [...batch, rows, columns];
}

/** One of the equal parts of an axis has the same indices as the others; of any other slice the axis stays. */
function slice(node: Node & { op: 'slice' }, { labels, layer, args: [x] }: Propagation, { parts }: Wholes): Axes {
  const { begin } = node.attributes;
  return x.map((axis, i) => {
    const size = node.shape[i];
    if (!axis || size === node.args[0].shape[i]) return axis;
    if (!parts.has(node) || size === 1) {
      fixAxis(labels, axis, `'${layer}' takes a part of it`);
      return new Int32Array(size).fill(STAYS);
    }
    const reason = `'${layer}' takes parts of it that cannot be cut`;
    for (const [index, label] of axis.entries()) labels.unite(axis[index % size], label, reason);
    return axis.slice(begin[i], begin[i] + size);
  });
}

/** Rows of a table by numbers: all rows may be asked for. */
function rowsOf({ labels, layer, args: [table, numbers] }: Propagation): Axes {
  fixAxis(labels, table[0], `'${layer}' looks its rows up`);
  return [...numbers, ...table.slice(1)];
}

/** Slices that are equal parts of an axis, of which one at most is not used: the gate of a state that is zero. */
export function equalParts(nodes: Iterable<Node>): ReadonlySet<Node> {
  const groups = new Map<string, (Node & { op: 'slice' })[]>();
  for (const node of nodes) {
    if (node.op !== 'slice') continue;
    const [source] = node.args;
    const cut = node.shape.flatMap((size, axis) => (size === source.shape[axis] ? [] : [axis]));
    if (cut.length !== 1 || source.shape[cut[0]] % node.shape[cut[0]] !== 0) continue;
    const key = `${source.id} ${cut[0]} ${node.shape[cut[0]]}`;
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const isWhole = ([key, slices]: readonly [string, readonly (Node & { op: 'slice' })[]]) => {
    const [, axis, size] = key.split(' ').map(Number);
    const begins = new Set(slices.map(({ attributes }) => attributes.begin[axis]));
    const missing = slices[0].args[0].shape[axis] / size - begins.size;
    return begins.size > 1 && missing <= 1 && [...begins].every((begin) => begin % size === 0);
  };
  return new Set([...groups].filter(isWhole).flatMap(([, slices]) => slices));
}

/**
 * The labels of a node's axes from those of its arguments. Operations that no layer's forward pass has fix what they touch.
 * An axis of extent 1 has no labels: it is broadcast, and its only index is always needed.
 */
export function propagate(node: Node, propagation: Propagation): Axes {
  return follow(node, propagation).map((axis, i) => (node.shape[i] > 1 ? axis : undefined));
}

function follow(node: Node, propagation: Propagation): Axes {
  const { labels, layer, args, wholes } = propagation;
  switch (node.op) {
    case 'constant':
      return noLabels(node);
    case 'negate':
    case 'exp':
    case 'log':
    case 'sqrt':
    case 'tanh':
    case 'sigmoid':
    case 'softplus':
    case 'erf':
    case 'abs':
    case 'sign':
    case 'relu':
    case 'stopGradient':
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
    case 'maximum':
    case 'gate':
    case 'greater':
    case 'equal':
      return elementwise(node, propagation);
    case 'reduceSum':
    case 'reduceMax':
      return reduction(node, propagation);
    case 'reshape': {
      const reason = `'${layer}' reshapes it so that no rectangle would be left`;
      return reshapeLabels(labels, args[0], node.args[0].shape, node.shape, reason, wholes?.splits);
    }
    case 'transpose':
      return node.attributes.permutation.map((axis) => args[0][axis]);
    case 'broadcast': {
      const offset = node.shape.length - args[0].length;
      return node.shape.map((_, i) => (i < offset ? undefined : args[0][i - offset]));
    }
    case 'pad': {
      const { before, after } = node.attributes;
      const padded = before.flatMap((size, i) => (size + after[i] > 0 ? [i] : []));
      for (const axis of padded) fixAxis(labels, args[0][axis], `'${layer}' pads it`);
      return staying(node, padded, args[0]);
    }
    case 'concat':
      return concatenation(node, propagation);
    case 'slice':
      if (!wholes) break;
      return slice(node, propagation, wholes);
    case 'gatherRows':
      if (!wholes) break;
      return rowsOf(propagation);
    case 'matmul':
      if (wholes) return product(node, propagation);
      if (node.shape.length > 2 || node.attributes.transposeA || node.attributes.transposeB) break;
      uniteAxes(labels, args[0][1], args[1][0], `'${layer}' reads values that cannot be cut`);
      return [args[0][0], args[1][1]];
    case 'conv2d':
      return convolution(node, propagation);
    case 'conv2dInputGradient':
      if (node.attributes.groups > 1) break;
      return transposedConvolution(node, propagation);
    case 'maxPool':
    case 'averagePool':
      for (const axis of [1, 2]) fixAxis(labels, args[0][axis], `'${layer}' pools over it`);
      return staying(node, [1, 2], args[0]);
    case 'batchNorm':
    case 'inverseDeviation': {
      const last = args[0].length - 1;
      for (const axis of args[0].slice(1, last)) fixAxis(labels, axis, `'${layer}' takes statistics over it`);
      return node.op === 'batchNorm' ? elementwise(node, propagation) : [args[0][last]];
    }
    default:
      break;
  }
  return fixAll(node, propagation, `'${layer}' mixes its values`);
}
