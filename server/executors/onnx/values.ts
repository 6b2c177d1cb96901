/**
 * Values of the ONNX graph and their memory layout. The program's images are NHWC; ONNX Runtime computes in NCHW, so
 * values of rank 4 may be held channels first, and stay so through elementwise operations, reductions, pooling and
 * normalization. A value may also be smaller than its node, where broadcasting is left to the operation that uses it.
 */
import type { Node, OpName, OpNode } from '../../graph/types';
import type { Shape } from '../../protocol/tensor';
import { sizeOf } from '../../protocol/tensor';
import type { Emitter } from './emitter';

/** `channelsFirst` is used at rank 4 only. */
export type Layout = 'logical' | 'channelsFirst';

export interface Value {
  /** Name in the ONNX graph. */
  readonly name: string;
  /** Shape in the ONNX graph; broadcasts to the node's shape in this layout. */
  readonly shape: Shape;
  readonly layout: Layout;
}

/** `channelsFirst.shape[i] = logical.shape[TO_CHANNELS_FIRST[i]]`. */
export const TO_CHANNELS_FIRST: readonly number[] = [0, 3, 1, 2];
export const TO_LOGICAL: readonly number[] = [0, 2, 3, 1];

/** What the rules of every operation share while one program is lowered. */
export interface Lowering {
  readonly emitter: Emitter;
  /** Whether the model is for ONNX Runtime's CPU provider, whose fused and indexing operators others lack. */
  readonly cpu: boolean;
  /** Channels in a block of ONNX Runtime's blocked convolution; 0 where there is none. */
  readonly block: number;
  /** Name under which an input is fed. */
  inputName(name: string): string;
  /** How many arguments and outputs of the program are this node. */
  uses(node: Node): number;
  /** Whether a pooling of this x with this geometry is differentiated somewhere in the program. */
  needsIndices(x: Node, geometry: object): boolean;
  /** The value of a node, in the layout its own rule has chosen. */
  value(node: Node): Value;
}

/** Lowers one operation. */
export type Rule<K extends OpName> = (lowering: Lowering, node: OpNode<K>) => Value;

/** `shape` in a layout. */
export function shapeIn(layout: Layout, shape: Shape): Shape {
  return layout === 'channelsFirst' ? TO_CHANNELS_FIRST.map((axis) => shape[axis]) : shape;
}

/** Where a logical axis is in a layout. */
export function axisIn(layout: Layout, axis: number): number {
  return layout === 'channelsFirst' ? TO_CHANNELS_FIRST.indexOf(axis) : axis;
}

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((extent, i) => extent === b[i]);

/** The shape that NumPy broadcasting gives. */
export function broadcastShapes(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) =>
    Math.max(...shapes.map((shape) => shape[i - rank + shape.length] ?? 1)),
  );
}

export function reshaped(emitter: Emitter, name: string, from: Shape, to: Shape): string {
  return sameShape(from, to) ? name : emitter.emit('Reshape', [name, emitter.integers(to)]);
}

/**
 * `result.shape[i] = shape[permutation[i]]`; a mere reshape where only axes of extent 1 move. `from` is the shape of
 * `name` where it differs from `shape` (in axes of extent 1). Axes that move together are merged, because ONNX Runtime
 * is much faster with few axes.
 */
export function transposed(
  emitter: Emitter,
  name: string,
  shape: Shape,
  permutation: readonly number[],
  from: Shape = shape,
): string {
  const moving = permutation.filter((axis) => shape[axis] !== 1);
  const result = permutation.map((axis) => shape[axis]);
  const real = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1);
  // Runs of axes that follow each other before and after.
  const runs: number[][] = [];
  for (const axis of moving) {
    const run = runs.at(-1);
    if (run && real.indexOf(axis) === real.indexOf(run[run.length - 1]) + 1) run.push(axis);
    else runs.push([axis]);
  }
  if (runs.length <= 1) return reshaped(emitter, name, from, result);
  const ordered = [...runs].sort((a, b) => a[0] - b[0]);
  const extentOf = (run: readonly number[]): number => run.reduce((product, axis) => product * shape[axis], 1);
  const merged = reshaped(emitter, name, from, ordered.map(extentOf));
  const turned = emitter.emit('Transpose', [merged], { attributes: { perm: runs.map((run) => ordered.indexOf(run)) } });
  return reshaped(emitter, turned, runs.map(extentOf), result);
}

export function expanded(emitter: Emitter, name: string, from: Shape, to: Shape): string {
  return sameShape(from, to) ? name : emitter.emit('Expand', [name, emitter.integers(to)]);
}

/** The node's value in a layout, possibly still smaller than the node: an argument of a broadcasting operation. */
export function loose(lowering: Lowering, node: Node, layout: Layout): Value {
  const value = lowering.value(node);
  if (value.layout === layout || sizeOf(value.shape) === 1) return { ...value, layout };
  const permutation = layout === 'channelsFirst' ? TO_CHANNELS_FIRST : TO_LOGICAL;
  const shape = [...new Array(4 - value.shape.length).fill(1), ...value.shape];
  const name = transposed(lowering.emitter, value.name, shape, permutation, value.shape);
  return { name, shape: permutation.map((axis) => shape[axis]), layout };
}

/** The node's value in a layout, with all its elements. */
export function dense(lowering: Lowering, node: Node, layout: Layout = 'logical'): string {
  const value = loose(lowering, node, layout);
  return expanded(lowering.emitter, value.name, value.shape, shapeIn(layout, node.shape));
}

/** `channelsFirst` where an argument of rank 4 is held so. */
export function commonLayout(lowering: Lowering, args: readonly Node[]): Layout {
  const first = args.some((arg) => arg.shape.length === 4 && lowering.value(arg).layout === 'channelsFirst');
  return first ? 'channelsFirst' : 'logical';
}

/** A value with all the node's elements. */
export function full(node: Node, name: string, layout: Layout = 'logical'): Value {
  return { name, shape: shapeIn(layout, node.shape), layout };
}
