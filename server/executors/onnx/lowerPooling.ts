/** Pooling, channels first. */
import type { Node, OpNode, PoolingGeometry } from '../../graph/types';
import type { Shape } from '../../protocol/tensor';
import { sizeOf } from '../../protocol/tensor';
import { scalar, toFloat } from './lowerElementwise';
import { dense, expanded, full, type Lowering, type Rule, reshaped, shapeIn, type Value } from './values';
import { padded, spread, windowOf } from './windows';

/** The lowest float32: what lies around an image when its maximum is sought. */
const LOWEST = -3.4028234663852886e38;

function attributesOf({ size, strides, padding }: PoolingGeometry) {
  const [top, bottom, left, right] = padding;
  return { kernel_shape: size, strides, pads: [top, left, bottom, right] };
}

/** ONNX Runtime wants less padding than window; and only the CPU provider tells where the maximum was. */
function hasIndices({ cpu }: Lowering, { size, padding }: PoolingGeometry): boolean {
  const [top, bottom, left, right] = padding;
  return cpu && Math.max(top, bottom) < size[0] && Math.max(left, right) < size[1];
}

function pooledShape(node: Node): Shape {
  return shapeIn('channelsFirst', node.shape);
}

function maxPool(lowering: Lowering, node: OpNode<'maxPool'>): Value {
  const [x] = node.args;
  const geometry = node.attributes;
  if (hasIndices(lowering, geometry) && lowering.needsIndices(x, geometry)) {
    return full(node, maximumAndIndices(lowering, x, geometry)[0], 'channelsFirst');
  }
  const { emitter } = lowering;
  const [top, bottom, left, right] = geometry.padding;
  const image = dense(lowering, x, 'channelsFirst');
  if (Math.max(top, bottom) < geometry.size[0] && Math.max(left, right) < geometry.size[1]) {
    return full(node, emitter.emit('MaxPool', [image], { attributes: attributesOf(geometry) }), 'channelsFirst');
  }
  const attributes = attributesOf({ ...geometry, padding: [0, 0, 0, 0] });
  return full(node, emitter.emit('MaxPool', [surrounded(lowering, image, geometry)], { attributes }), 'channelsFirst');
}

/** [maxima, their places in the flat channels-first x (int64)]; ties go to the first place. */
function maximumAndIndices(lowering: Lowering, x: Node, geometry: PoolingGeometry): readonly string[] {
  const attributes = attributesOf(geometry);
  return lowering.emitter.emitMany('MaxPool', [dense(lowering, x, 'channelsFirst')], 2, { attributes });
}

/** x with the lowest value around it. */
function surrounded({ emitter }: Lowering, image: string, { padding }: PoolingGeometry): string {
  const [top, bottom, left, right] = padding;
  if (padding.every((amount) => amount === 0)) return image;
  const pads = emitter.integers([0, 0, top, left, 0, 0, bottom, right]);
  return emitter.emit('Pad', [image, pads, emitter.floats([], Float32Array.of(LOWEST))]);
}

function maxPoolGather(lowering: Lowering, node: OpNode<'maxPoolGather'>): Value {
  const { emitter } = lowering;
  const [x, t] = node.args;
  const geometry = node.attributes;
  const values = dense(lowering, t, 'channelsFirst');
  if (hasIndices(lowering, geometry)) {
    const [, indices] = maximumAndIndices(lowering, x, geometry);
    const flat = reshaped(emitter, values, shapeIn('channelsFirst', t.shape), [sizeOf(t.shape)]);
    return full(node, emitter.emit('Gather', [flat, indices], { attributes: { axis: 0 } }), 'channelsFirst');
  }
  const [top, bottom, left, right] = geometry.padding;
  const image = padded(lowering, values, [0, 0, top, left], [0, 0, bottom, right]);
  const terms = firstMaxima(lowering, x, geometry, node.shape).map(({ mask, begin }) =>
    emitter.emit('Mul', [mask, tapOf(lowering, image, x, geometry, node.shape, begin)]),
  );
  return full(node, sum(lowering, terms), 'channelsFirst');
}

function maxPoolScatter(lowering: Lowering, node: OpNode<'maxPoolScatter'>): Value {
  const { emitter } = lowering;
  const [x, y] = node.args;
  const geometry = node.attributes;
  const values = dense(lowering, y, 'channelsFirst');
  if (hasIndices(lowering, geometry)) {
    const [, indices] = maximumAndIndices(lowering, x, geometry);
    const size = emitter.integers([sizeOf(x.shape)]);
    const zeros = emitter.emit('Expand', [scalar(emitter, 0), size]);
    const flatIndices = reshaped(emitter, indices, pooledShape(y), [sizeOf(y.shape)]);
    const flatValues = reshaped(emitter, values, pooledShape(y), [sizeOf(y.shape)]);
    const attributes = { axis: 0, reduction: overlapping(geometry) ? 'add' : 'none' };
    const flat = emitter.emit('ScatterElements', [zeros, flatIndices, flatValues], { attributes });
    return full(node, reshaped(emitter, flat, [sizeOf(x.shape)], pooledShape(node)), 'channelsFirst');
  }
  const terms = firstMaxima(lowering, x, geometry, y.shape).map(({ mask, begin }) =>
    placed(lowering, emitter.emit('Mul', [mask, values]), x.shape, y.shape, geometry, begin),
  );
  return full(node, sum(lowering, terms), 'channelsFirst');
}

function overlapping({ size, strides }: PoolingGeometry): boolean {
  return strides[0] < size[0] || strides[1] < size[1];
}

function sum({ emitter }: Lowering, terms: readonly string[]): string {
  return terms.slice(1).reduce((total, term) => emitter.emit('Add', [total, term]), terms[0]);
}

/** What each window has at one of its places. */
function tapOf(
  lowering: Lowering,
  image: string,
  x: Node,
  { strides, padding }: PoolingGeometry,
  pooled: Shape,
  begin: readonly number[],
): string {
  const [top, bottom, left, right] = padding;
  const extent = [x.shape[1] + top + bottom, x.shape[2] + left + right];
  return windowOf(lowering, image, { axis: 2, extent, begin, count: [pooled[1], pooled[2]], strides });
}

/** For each place of the window, 1 where it has the window's first maximum and 0 elsewhere. */
function firstMaxima(lowering: Lowering, x: Node, geometry: PoolingGeometry, pooled: Shape) {
  const { emitter } = lowering;
  const image = surrounded(lowering, dense(lowering, x, 'channelsFirst'), geometry);
  const begins = Array.from({ length: geometry.size[0] * geometry.size[1] }, (_, i) => [
    Math.floor(i / geometry.size[1]),
    i % geometry.size[1],
  ]);
  const taps = begins.map((begin) => tapOf(lowering, image, x, geometry, pooled, begin));
  const maximum = taps.slice(1).reduce((most, tap) => emitter.emit('Max', [most, tap]), taps[0]);
  let free: string | undefined;
  return taps.map((tap, i) => {
    const hit = toFloat(lowering, emitter.emit('Equal', [tap, maximum]));
    const mask = free === undefined ? hit : emitter.emit('Mul', [hit, free]);
    free = emitter.emit('Sub', [free ?? scalar(emitter, 1), mask]);
    return { mask, begin: begins[i] };
  });
}

/** Values of the pooled shape at one place of each window, in an image of x's shape with zeros elsewhere. */
function placed(
  lowering: Lowering,
  name: string,
  x: Shape,
  pooled: Shape,
  { strides, padding }: PoolingGeometry,
  begin: readonly number[],
): string {
  const { emitter } = lowering;
  const [n, oh, ow, c] = pooled;
  const [sh, sw] = strides;
  const grid = spread(lowering, name, [n, c, oh, ow], strides);
  const offset = [begin[0] - padding[0], begin[1] - padding[2]];
  const length = [(oh - 1) * sh + 1, (ow - 1) * sw + 1];
  const first = offset.map((start) => Math.max(0, -start));
  const last = offset.map((start, axis) => Math.max(first[axis], Math.min(length[axis], x[axis + 1] - start)));
  const inside = emitter.emit('Slice', [
    grid,
    emitter.integers(first),
    emitter.integers(last),
    emitter.integers([2, 3]),
  ]);
  const before = offset.map((start, axis) => start + first[axis]);
  const after = before.map((start, axis) => x[axis + 1] - start - (last[axis] - first[axis]));
  return padded(lowering, inside, [0, 0, ...before], [0, 0, ...after]);
}

function averagePool(lowering: Lowering, node: OpNode<'averagePool'>): Value {
  const { emitter } = lowering;
  const [x] = node.args;
  const geometry = node.attributes;
  const image = dense(lowering, x, 'channelsFirst');
  const [top, bottom, left, right] = geometry.padding;
  if (Math.max(top, bottom) < geometry.size[0] && Math.max(left, right) < geometry.size[1]) {
    const attributes = { ...attributesOf(geometry), count_include_pad: 0 };
    return full(node, emitter.emit('AveragePool', [image], { attributes }), 'channelsFirst');
  }
  const around = padded(lowering, image, [0, 0, top, left], [0, 0, bottom, right]);
  const attributes = attributesOf({ ...geometry, padding: [0, 0, 0, 0] });
  const mean = emitter.emit('AveragePool', [around], { attributes });
  const area = geometry.size[0] * geometry.size[1];
  const factors = inverseCounts(geometry, x.shape, node.shape).map((inverse) => inverse * area);
  const shape = [node.shape[1], node.shape[2]];
  return full(node, emitter.emit('Mul', [mean, emitter.floats(shape, factors)]), 'channelsFirst');
}

/** 1 / (number of elements that are not padding) of each window, [oh, ow]; 0 for windows of padding only. */
function inverseCounts({ size, strides, padding }: PoolingGeometry, x: Shape, pooled: Shape): Float32Array {
  const counts = (axis: 0 | 1): number[] =>
    Array.from({ length: pooled[axis + 1] }, (_, i) => {
      const begin = i * strides[axis] - padding[2 * axis];
      return Math.max(0, Math.min(begin + size[axis], x[axis + 1]) - Math.max(begin, 0));
    });
  const columns = counts(1);
  return Float32Array.from(
    counts(0).flatMap((row) => columns.map((column) => (row * column > 0 ? 1 / (row * column) : 0))),
  );
}

function averagePoolGradient(lowering: Lowering, node: OpNode<'averagePoolGradient'>): Value {
  const { emitter } = lowering;
  const { size, strides, padding } = node.attributes;
  const [y] = node.args;
  const [n, oh, ow, c] = y.shape;
  const [, h, w] = node.shape;
  const inverse = inverseCounts(node.attributes, node.shape, y.shape);
  const shares = emitter.emit('Mul', [dense(lowering, y, 'channelsFirst'), emitter.floats([oh, ow], inverse)]);
  const tiled = !overlapping(node.attributes) && padding.every((amount) => amount === 0);
  if (tiled && size[0] === strides[0] && size[1] === strides[1] && oh * size[0] === h && ow * size[1] === w) {
    const columns = reshaped(emitter, shares, [n, c, oh, ow], [n, c, oh, 1, ow, 1]);
    const blocks = expanded(emitter, columns, [n, c, oh, 1, ow, 1], [n, c, oh, size[0], ow, size[1]]);
    return full(node, reshaped(emitter, blocks, [n, c, oh, size[0], ow, size[1]], [n, c, h, w]), 'channelsFirst');
  }
  const begins = Array.from({ length: size[0] * size[1] }, (_, i) => [Math.floor(i / size[1]), i % size[1]]);
  const terms = begins.map((begin) => placed(lowering, shares, node.shape, y.shape, node.attributes, begin));
  return full(node, sum(lowering, terms), 'channelsFirst');
}

type Pooling = 'maxPool' | 'maxPoolGather' | 'maxPoolScatter' | 'averagePool' | 'averagePoolGradient';

export const poolingRules: { [K in Pooling]: Rule<K> } = {
  maxPool,
  maxPoolGather,
  maxPoolScatter,
  averagePool,
  averagePoolGradient,
};
