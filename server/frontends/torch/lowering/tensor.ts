/**
 * Tensors while a graph is lowered. Their shapes are PyTorch's; how a computed one lies in its node is its own business, so that
 * images can be channels-last inside and a permutation costs nothing until something needs the order.
 */
import type { Builder } from '../../../graph/builder';
import type { Node, PoolingGeometry } from '../../../graph/types';
import { type Shape, sizeOf } from '../../../protocol/tensor';

/** What the values are; truth values are 0 and 1. */
export type Kind = 'float' | 'int' | 'bool';

/** Values that depend on neither the input nor a parameter: computed here, while the graph is lowered. */
export interface Known {
  readonly place: 'known';
  readonly kind: Kind;
  readonly shape: Shape;
  /** Row-major. */
  readonly data: Float64Array;
}

/** A node of the graph. Axis i of the tensor is axis `axes[i]` of the node. */
export interface Computed {
  readonly place: 'computed';
  readonly kind: Kind;
  readonly shape: Shape;
  readonly node: Node;
  readonly axes: readonly number[];
  /** Of numbers drawn evenly from 0 to 1, moved by this; only comparisons and rounding down make sense of them. */
  readonly uniform?: number;
  /** Of the places of the maxima of a pooling: what was pooled, channels-last, and how. */
  readonly maxima?: { readonly of: Node; readonly geometry: PoolingGeometry };
}

export type Tensor = Known | Computed;

export function known(kind: Kind, shape: Shape, data: Float64Array): Known {
  return { place: 'known', kind, shape, data };
}

/** A single number, which broadcasts. */
export function scalar(value: number, kind: Kind = Number.isInteger(value) ? 'int' : 'float'): Known {
  return known(kind, [], Float64Array.of(value));
}

export function filled(kind: Kind, shape: Shape, value: number): Known {
  return known(kind, shape, new Float64Array(sizeOf(shape)).fill(value));
}

export const identity = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);

/** A node as a tensor; its axes lie in order unless they are given. */
export function computed(node: Node, axes: readonly number[] = identity(node.shape.length), kind?: Kind): Computed {
  return {
    place: 'computed',
    kind: kind ?? (node.dtype === 'int32' ? 'int' : 'float'),
    shape: axes.map((axis) => node.shape[axis]),
    node,
    axes,
  };
}

/** Stands for infinity, which no backend need know: every softmax and maximum has it the same way. */
const FAR = 1e30;

const finite = (value: number) => Math.max(-FAR, Math.min(FAR, value));

/** The tensor in the graph; whole numbers become int32 where `kind` asks for them, else float32. */
export function toGraph(b: Builder, tensor: Tensor, kind: 'float' | 'int' = 'float'): Computed {
  if (tensor.place === 'computed') return tensor;
  const { shape, data } = tensor;
  if (kind === 'int') return computed(b.literal(Int32Array.from(data), shape));
  const first = finite(data[0]);
  const isConstant = data.every((value) => finite(value) === first);
  const node = isConstant && data.length > 0 ? b.constant(first, shape) : b.literal(data.map(finite), shape);
  return computed(node, identity(shape.length), tensor.kind === 'int' ? 'float' : tensor.kind);
}

/** A known tensor with a function applied to each value. */
export function mapped(x: Known, f: (value: number) => number, kind: Kind = x.kind): Known {
  return known(kind, x.shape, x.data.map(f));
}
