/** Moving the axes of computed tensors. A node is transposed only where its values must lie in another order. */
import type { Builder } from '../../../graph/builder';
import type { Node } from '../../../graph/types';
import type { Shape } from '../../../protocol/tensor';
import { type Computed, computed, identity } from './tensor';

/** Where the axes of an image [n, c, h, w] lie in a node [n, h, w, c]; likewise of 1 and 3 dimensions. */
export function channelsLast(rank: number): number[] {
  return rank < 3 ? identity(rank) : [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];
}

/** Where the axes of a kernel [out, in, kh, kw] lie in a node [kh, kw, in, out]. */
export function kernelAxes(rank: number): number[] {
  return [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, i) => i)];
}

export function isInOrder(order: readonly number[]): boolean {
  return order.every((axis, i) => i === 0 || order[i - 1] < axis);
}

/** A node with its axes in another order: by its shape alone where only axes of one element move. */
function reorder(b: Builder, node: Node, permutation: readonly number[]): Node {
  const moving = permutation.filter((axis) => node.shape[axis] !== 1);
  if (isInOrder(permutation)) return node;
  return isInOrder(moving)
    ? b.reshape(
        node,
        permutation.map((axis) => node.shape[axis]),
      )
    : b.transpose(node, permutation);
}

/** The same tensor in a node where its axis i is axis `axes[i]`. */
export function layOut(b: Builder, x: Computed, axes: readonly number[]): Computed {
  const permutation = axes.map((_, position) => x.axes[axes.indexOf(position)]);
  return computed(reorder(b, x.node, permutation), axes, x.kind);
}

/** The same tensor in a node with its axes in their order. */
export function inOrder(b: Builder, x: Computed): Computed {
  return layOut(b, x, identity(x.shape.length));
}

/** Axis i of the result is axis `order[i]` of x. Nothing moves. */
export function permuteAxes(x: Computed, order: readonly number[]): Computed {
  return computed(
    x.node,
    order.map((axis) => x.axes[axis]),
    x.kind,
  );
}

/** The axes of a tensor as they lie in its node: entry p is the axis of the tensor at place p. */
export function placesOf({ axes }: Computed): number[] {
  const places = new Array<number>(axes.length);
  axes.forEach((place, axis) => {
    places[place] = axis;
  });
  return places;
}

/** Axes of two shapes that hold the same elements: `from` of the first become `to` of the second. */
interface Segment {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The shortest runs of axes, of more than one element each, that become each other. */
function segmentsOf(before: Shape, after: Shape): Segment[] {
  const segments: Segment[] = [];
  const old = identity(before.length).filter((axis) => before[axis] !== 1);
  const next = identity(after.length).filter((axis) => after[axis] !== 1);
  while (old.length > 0 || next.length > 0) {
    const from = old.splice(0, 1);
    const to = next.splice(0, 1);
    let [left, right] = [before[from[0]], after[to[0]]];
    while (left !== right) {
      if (left < right) {
        left *= before[old[0]];
        from.push(...old.splice(0, 1));
      } else {
        right *= after[next[0]];
        to.push(...next.splice(0, 1));
      }
      if (Number.isNaN(left) || Number.isNaN(right)) throw new Error(`[${before}] cannot become [${after}]`);
    }
    segments.push({ from, to });
  }
  return segments;
}

/** x in another shape, its elements in PyTorch's order. Only axes that are merged and do not lie side by side move. */
export function reshapeTensor(b: Builder, x: Computed, shape: Shape): Computed {
  const segments = segmentsOf(x.shape, shape);
  const ofAxis = new Map(segments.flatMap((segment) => segment.from.map((axis) => [axis, segment] as const)));
  // The segments in the order in which the first axis of each lies in the node.
  const placed = [...new Set(placesOf(x).flatMap((axis) => ofAxis.get(axis) ?? []))];
  const units = identity(x.shape.length).filter((axis) => !ofAxis.has(axis));
  const permutation = [...placed.flatMap(({ from }) => from), ...units].map((axis) => x.axes[axis]);
  const ordered = reorder(b, x.node, permutation);
  const axes = new Array<number>(shape.length);
  const result: number[] = [];
  const put = (axis: number) => {
    axes[axis] = result.length;
    result.push(shape[axis]);
  };
  // Axes of one element lie where the axis before them does, so that a shape made in order lies in order.
  const put1 = (axis: number) => {
    put(axis);
    for (let next = axis + 1; next < shape.length && shape[next] === 1; next++) put(next);
  };
  for (let axis = 0; axis < shape.length && shape[axis] === 1; axis++) put(axis);
  for (const { to } of placed) for (const axis of to) put1(axis);
  return computed(b.reshape(ordered, result), axes, x.kind);
}

/** x with axes of one element before its own, up to a rank. */
export function withRank(b: Builder, x: Computed, rank: number): Computed {
  const added = rank - x.shape.length;
  if (added <= 0) return x;
  const node = b.reshape(x.node, [...identity(added).map(() => 1), ...x.node.shape]);
  return computed(node, [...identity(added), ...x.axes.map((axis) => axis + added)], x.kind);
}

/** Node of x as an argument of a broadcasting operation, laid out as the other argument is: without leading axes of one element. */
export function broadcastable(b: Builder, x: Computed, axes: readonly number[]): Node {
  const { node } = layOut(b, withRank(b, x, axes.length), axes);
  const first = node.shape.findIndex((extent) => extent !== 1);
  return first === 0 ? node : b.reshape(node, first < 0 ? [] : node.shape.slice(first));
}
