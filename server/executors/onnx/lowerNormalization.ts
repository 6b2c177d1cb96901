/** Batch normalization and its derivatives from per-channel sums and one pass over the data. */
import type { Node, OpNode } from '../../graph/types';
import { sizeOf } from '../../protocol/tensor';
import { channelProducts } from './channelProducts';
import { scalar } from './lowerElementwise';
import { dense, full, type Layout, type Lowering, type Rule, reshaped, shapeIn, type Value } from './values';

/** How a tensor [..., c] is seen: channels first at rank 4, as a matrix [m, c] otherwise. */
interface View {
  readonly layout: Layout;
  readonly shape: readonly number[];
  /** All axes but the channels'. */
  readonly axes: readonly number[];
  readonly channels: number;
  /** Shape in which a vector [c] broadcasts over the view. */
  readonly column: readonly number[];
  /** Values a channel. */
  readonly count: number;
}

function viewOf(node: Node): View {
  const channels = node.shape[node.shape.length - 1];
  const count = sizeOf(node.shape) / channels;
  return node.shape.length === 4
    ? {
        layout: 'channelsFirst',
        shape: shapeIn('channelsFirst', node.shape),
        axes: [0, 2, 3],
        channels,
        column: [channels, 1, 1],
        count,
      }
    : { layout: 'logical', shape: [count, channels], axes: [0], channels, column: [channels], count };
}

function seen(lowering: Lowering, node: Node, view: View): string {
  const name = dense(lowering, node, view.layout);
  return reshaped(lowering.emitter, name, shapeIn(view.layout, node.shape), view.shape);
}

function result(lowering: Lowering, node: Node, name: string, view: View): Value {
  const shape = shapeIn(view.layout, node.shape);
  return full(node, reshaped(lowering.emitter, name, view.shape, shape), view.layout);
}

function column({ emitter }: Lowering, name: string, view: View): string {
  return reshaped(emitter, name, [view.channels], view.column);
}

function channelSum({ emitter }: Lowering, name: string, view: View): string {
  return emitter.emit('ReduceSum', [name, emitter.integers(view.axes)], { attributes: { keepdims: 0 } });
}

function channelMean({ emitter }: Lowering, name: string, view: View): string {
  return emitter.emit('ReduceMean', [name, emitter.integers(view.axes)], { attributes: { keepdims: 0 } });
}

interface Statistics {
  /** x - mean(x) */
  readonly centered: string;
  /** Biased. */
  readonly variance: string;
}

/** Statistics of x, the variance from deviations from the mean, which cannot cancel. */
function statistics(lowering: Lowering, x: string, view: View): Statistics {
  const { emitter } = lowering;
  const mean = channelMean(lowering, x, view);
  const centered = emitter.emit('Sub', [x, column(lowering, mean, view)]);
  const sum = correlation(lowering, centered, centered, view);
  return { centered, variance: emitter.emit('Mul', [sum, scalar(emitter, 1 / view.count)]) };
}

/** sum(a * b) per channel. */
function correlation(lowering: Lowering, a: string, b: string, view: View): string {
  if (view.layout === 'channelsFirst') return channelProducts(lowering, a, b, view.shape);
  return channelSum(lowering, lowering.emitter.emit('Mul', [a, b]), view);
}

/** `x * scale + offset` per channel, in one pass. */
function affine({ emitter }: Lowering, x: string, scale: string, offset: string, { channels }: View): string {
  const zeros = emitter.floats([channels], new Float32Array(channels));
  const ones = emitter.floats([channels], new Float32Array(channels).fill(1));
  return emitter.emit('BatchNormalization', [x, scale, offset, zeros, ones], { attributes: { epsilon: { float: 0 } } });
}

/** 1 / sqrt(variance + epsilon) */
function inverse({ emitter }: Lowering, variance: string, epsilon: number): string {
  const shifted = emitter.emit('Add', [variance, scalar(emitter, epsilon)]);
  return emitter.emit('Reciprocal', [emitter.emit('Sqrt', [shifted])]);
}

function batchNorm(lowering: Lowering, node: OpNode<'batchNorm'>): Value {
  const { emitter } = lowering;
  const [x, gamma, beta] = node.args;
  const view = viewOf(x);
  const { centered, variance } = statistics(lowering, seen(lowering, x, view), view);
  const scale = emitter.emit('Mul', [dense(lowering, gamma), inverse(lowering, variance, node.attributes.epsilon)]);
  return result(lowering, node, affine(lowering, centered, scale, dense(lowering, beta), view), view);
}

/** With u = x - mean(x): `A * y + B * u + C`, A = gamma d, B = -gamma d^3 mean(y u), C = -A mean(y). */
function batchNormGradient(lowering: Lowering, node: OpNode<'batchNormGradient'>): Value {
  const { emitter } = lowering;
  const [x, gamma, y] = node.args;
  const view = viewOf(x);
  const multiply = (a: string, b: string): string => emitter.emit('Mul', [a, b]);
  const gradient = seen(lowering, y, view);
  const { centered, variance } = statistics(lowering, seen(lowering, x, view), view);
  const d = inverse(lowering, variance, node.attributes.epsilon);
  const scale = multiply(dense(lowering, gamma), d);
  const product = correlation(lowering, gradient, centered, view);
  const slope = multiply(multiply(scale, multiply(d, d)), multiply(product, scalar(emitter, -1 / view.count)));
  const offset = emitter.emit('Neg', [multiply(scale, channelMean(lowering, gradient, view))]);
  const linear = affine(lowering, centered, slope, offset, view);
  const name = emitter.emit('Add', [multiply(gradient, column(lowering, scale, view)), linear]);
  return result(lowering, node, name, view);
}

function batchNormGammaGradient(lowering: Lowering, node: OpNode<'batchNormGammaGradient'>): Value {
  const [x, y] = node.args;
  const view = viewOf(x);
  const { centered, variance } = statistics(lowering, seen(lowering, x, view), view);
  const sum = correlation(lowering, seen(lowering, y, view), centered, view);
  return full(node, lowering.emitter.emit('Mul', [sum, inverse(lowering, variance, node.attributes.epsilon)]));
}

function inverseDeviation(lowering: Lowering, node: OpNode<'inverseDeviation'>): Value {
  const [x] = node.args;
  const view = viewOf(x);
  const { variance } = statistics(lowering, seen(lowering, x, view), view);
  return full(node, inverse(lowering, variance, node.attributes.epsilon));
}

type Normalization = 'batchNorm' | 'batchNormGradient' | 'batchNormGammaGradient' | 'inverseDeviation';

export const normalizationRules: { [K in Normalization]: Rule<K> } = {
  batchNorm,
  batchNormGradient,
  batchNormGammaGradient,
  inverseDeviation,
};
