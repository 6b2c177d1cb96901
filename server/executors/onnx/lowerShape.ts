/** Reductions, shape operations and the matrix product. */
import type { Node, OpNode } from '../../graph/types';
import { sizeOf } from '../../protocol/tensor';
import { batchedProduct } from './batchedProduct';
import { channelProducts } from './channelProducts';
import { toFloat } from './lowerElementwise';
import {
  axisIn,
  commonLayout,
  dense,
  full,
  type Layout,
  type Lowering,
  loose,
  type Rule,
  reshaped,
  sameShape,
  shapeIn,
  TO_CHANNELS_FIRST,
  TO_LOGICAL,
  transposed,
  type Value,
} from './values';
import { padded } from './windows';

/** Order of the axes as they are in memory: `order[i]` is the logical axis at place i. */
const orderOf = (layout: Layout, rank: number): readonly number[] =>
  layout === 'channelsFirst' ? TO_CHANNELS_FIRST : Array.from({ length: rank }, (_, i) => i);

const ascending = (values: readonly number[]): boolean => values.every((value, i) => i === 0 || value > values[i - 1]);

/**
 * A reduction in the argument's own layout where the axes that stay keep their order, else in the logical one.
 */
function reduction(op: 'ReduceSum' | 'ReduceMax') {
  return (lowering: Lowering, node: OpNode<'reduceSum' | 'reduceMax'>): Value => {
    const { emitter } = lowering;
    const { axes, keepDims } = node.attributes;
    const [x] = node.args;
    const own = lowering.value(x).layout;
    const staying = orderOf(own, x.shape.length).filter((axis) => !axes.includes(axis) && x.shape[axis] !== 1);
    const layout = keepDims || ascending(staying) ? own : 'logical';
    if (axes.length === 0) return lowering.value(x);
    if (op === 'ReduceSum' && isChannelSum(lowering, x, axes) && x.op === 'multiply') {
      const [a, b] = x.args.map((arg: Node) => dense(lowering, arg, 'channelsFirst'));
      const sums = channelProducts(lowering, a, b, shapeIn('channelsFirst', x.shape));
      return full(node, reshaped(emitter, sums, [x.shape[3]], node.shape));
    }
    const mapped = axes.map((axis) => axisIn(layout, axis)).sort((a, b) => a - b);
    const attributes = { keepdims: keepDims ? 1 : 0 };
    const name = emitter.emit(op, [dense(lowering, x, layout), emitter.integers(mapped)], { attributes });
    if (keepDims) return full(node, name, layout);
    const reducedShape = shapeIn(layout, x.shape).filter((_, axis) => !mapped.includes(axis));
    return full(node, reshaped(emitter, name, reducedShape, node.shape));
  };
}

/** Whether a product of two whole images is only summed per channel, so that it need not be in memory. */
function isChannelSum(lowering: Lowering, x: Node, axes: readonly number[]): boolean {
  return (
    x.op === 'multiply' &&
    axes.join() === '0,1,2' &&
    x.shape.length === 4 &&
    lowering.uses(x) === 1 &&
    lowering.value(x).layout === 'channelsFirst' &&
    x.args.every((arg: Node) => sameShape(lowering.value(arg).shape, shapeIn('channelsFirst', x.shape)))
  );
}

function argMax(lowering: Lowering, node: OpNode<'argMax'>): Value {
  const { emitter } = lowering;
  const attributes = { axis: node.attributes.axis, keepdims: 0, select_last_index: 0 };
  const index = emitter.emit('ArgMax', [dense(lowering, node.args[0])], { attributes });
  return full(node, emitter.emit('Cast', [index], { attributes: { to: 6 } }));
}

function reshape(lowering: Lowering, node: OpNode<'reshape'>): Value {
  const { emitter } = lowering;
  const [x] = node.args;
  const value = lowering.value(x);
  if (sizeOf(value.shape) === 1)
    return { name: reshaped(emitter, value.name, value.shape, []), shape: [], layout: 'logical' };
  return full(node, reshaped(emitter, dense(lowering, x), x.shape, node.shape));
}

function transpose(lowering: Lowering, node: OpNode<'transpose'>): Value {
  const { emitter } = lowering;
  const [x] = node.args;
  const { permutation } = node.attributes;
  const { layout } = lowering.value(x);
  // From the layout that x is held in, in one transpose.
  const composed = layout === 'channelsFirst' ? permutation.map((axis) => TO_LOGICAL[axis]) : permutation;
  return full(node, transposed(emitter, dense(lowering, x, layout), shapeIn(layout, x.shape), composed));
}

/** Left to the operation that uses the result, which broadcasts by itself. */
function broadcast(lowering: Lowering, node: OpNode<'broadcast'>): Value {
  const [x] = node.args;
  const sameRank = x.shape.length === node.shape.length;
  return sameRank ? lowering.value(x) : loose(lowering, x, 'logical');
}

function slice(lowering: Lowering, node: OpNode<'slice'>): Value {
  const { emitter } = lowering;
  const [x] = node.args;
  const { layout } = lowering.value(x);
  const { begin } = node.attributes;
  const cut = x.shape.map((_, axis) => axis).filter((axis) => node.shape[axis] !== x.shape[axis]);
  if (cut.length === 0) return lowering.value(x);
  const name = emitter.emit('Slice', [
    dense(lowering, x, layout),
    emitter.integers(cut.map((axis) => begin[axis])),
    emitter.integers(cut.map((axis) => begin[axis] + node.shape[axis])),
    emitter.integers(cut.map((axis) => axisIn(layout, axis))),
  ]);
  return full(node, name, layout);
}

function pad(lowering: Lowering, node: OpNode<'pad'>): Value {
  const { layout } = lowering.value(node.args[0]);
  const { before, after } = node.attributes;
  const name = dense(lowering, node.args[0], layout);
  return full(node, padded(lowering, name, shapeIn(layout, before), shapeIn(layout, after)), layout);
}

function concat(lowering: Lowering, node: OpNode<'concat'>): Value {
  const layout = commonLayout(lowering, node.args);
  const names = node.args.map((arg: Node) => dense(lowering, arg, layout));
  const attributes = { axis: axisIn(layout, node.attributes.axis) };
  return full(node, lowering.emitter.emit('Concat', names, { attributes }), layout);
}

function oneHot(lowering: Lowering, node: OpNode<'oneHot'>): Value {
  const { emitter } = lowering;
  const { depth } = node.attributes;
  const [indices] = node.args;
  const column = reshaped(emitter, dense(lowering, indices), indices.shape, [...indices.shape, 1]);
  const classes = emitter.int32s(
    [depth],
    Int32Array.from({ length: depth }, (_, i) => i),
  );
  return full(node, toFloat(lowering, emitter.emit('Equal', [column, classes])));
}

function matmul(lowering: Lowering, node: OpNode<'matmul'>): Value {
  const { emitter } = lowering;
  const { transposeA, transposeB } = node.attributes;
  const [a, b] = node.args.map((arg: Node) => dense(lowering, arg));
  if (node.shape.length === 2) {
    const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    return full(node, emitter.emit('Gemm', [a, b], { attributes }));
  }
  return full(node, batchedProduct(lowering, [a, b], node.shape.length, transposeA, transposeB));
}

type ShapeOp =
  | 'reduceSum'
  | 'reduceMax'
  | 'argMax'
  | 'reshape'
  | 'transpose'
  | 'broadcast'
  | 'slice'
  | 'pad'
  | 'concat'
  | 'oneHot'
  | 'matmul';

export const shapeRules: { [K in ShapeOp]: Rule<K> } = {
  reduceSum: reduction('ReduceSum'),
  reduceMax: reduction('ReduceMax'),
  argMax,
  reshape,
  transpose,
  broadcast,
  slice,
  pad,
  concat,
  oneHot,
  matmul,
};
