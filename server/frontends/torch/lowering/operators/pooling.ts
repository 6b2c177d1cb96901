/** Pooling and the resizing of images. */
import type { PoolingGeometry } from '../../../../graph/types';
import { channelsLast, layOut } from '../layout';
import { exchange, expand, matmul, mean, pad, permute, reshape, unsqueeze } from '../primitives';
import { type Call, isTensor, type Operator, type Operators, pairOf, type Scope, Unsupported } from '../scope';
import { computed, known, type Tensor, toGraph } from '../tensor';

type Pair = readonly [number, number];

/** How far windows reach over the end of an axis where the last one may be incomplete. */
function overhang(extent: number, size: number, stride: number, padding: number): number {
  const windows = Math.ceil((extent + 2 * padding - size) / stride) + 1;
  // The last window must begin inside the image or its first padding.
  const count = (windows - 1) * stride >= extent + padding ? windows - 1 : windows;
  return Math.max((count - 1) * stride + size - extent - 2 * padding, 0);
}

interface Windows {
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: Pair;
  /** Over the padding at the end. */
  readonly over: Pair;
}

function readWindows(call: Call, x: Tensor, ceilPosition: number): Windows {
  const size = pairOf(call.numbers(1));
  const given = call.numbers(2, size);
  const strides = given.length === 0 ? size : pairOf(given);
  const padding = pairOf(call.numbers(3, [0, 0]));
  const isCeil = call.truth(ceilPosition, false);
  const [height, width] = x.shape.slice(-2);
  const over: Pair = isCeil
    ? [overhang(height, size[0], strides[0], padding[0]), overhang(width, size[1], strides[1], padding[1])]
    : [0, 0];
  return { size, strides, padding, over };
}

function poolingOf(call: Call, x: Tensor): PoolingGeometry {
  const { size, strides, padding, over } = readWindows(call, x, 5);
  if (call.numbers(4, [1, 1]).some((dilation) => dilation !== 1)) throw new Unsupported('its windows are dilated');
  return { size, strides, padding: [padding[0], padding[0] + over[0], padding[1], padding[1] + over[1]] };
}

function pool({ b }: Scope, x: Tensor, how: 'maxPool' | 'averagePool', geometry: PoolingGeometry): Tensor {
  if (x.shape.length !== 4) throw new Unsupported(`its input has ${x.shape.length} dimensions`);
  const image = layOut(b, toGraph(b, x), channelsLast(4));
  return computed(b[how](image.node, geometry), channelsLast(4));
}

const maxPool: Operator = (scope, call) => {
  const x = call.tensor(0);
  return pool(scope, x, 'maxPool', poolingOf(call, x));
};

/** The maxima, and where they are: places that nothing but `max_unpool2d` may compute with. */
const maxPoolWithPlaces: Operator = (scope, call) => {
  const { b } = scope;
  const y = maxPool(scope, call) as Tensor;
  if (y.place === 'known') return [y, null];
  const of = layOut(b, toGraph(b, call.tensor(0)), channelsLast(4));
  const places = computed(b.stopGradient(b.multiply(y.node, b.constant(0))), y.axes, 'int');
  return [y, { ...places, maxima: { of: of.node, geometry: poolingOf(call, call.tensor(0)) } }];
};

/** x [n, c, h, w] at the places of the maxima that a pooling has found, and zero elsewhere. */
const maxUnpool: Operator = ({ b }, call) => {
  const [x, places] = [call.tensor(0), call.tensor(1)];
  if (places.place === 'known' || !places.maxima) throw new Unsupported('its places are not those of a pooling');
  const { of, geometry } = places.maxima;
  const [, height, width] = of.shape;
  if (call.numbers(2).join() !== [height, width].join())
    throw new Unsupported('its size is not that before the pooling');
  if (geometry.size.join() !== geometry.strides.join()) throw new Unsupported('windows of the pooling overlap');
  const image = layOut(b, toGraph(b, x), channelsLast(4));
  return computed(b.maxPoolScatter(of, image.node, geometry), channelsLast(4));
};

const averagePool: Operator = (scope, call) => {
  const { b } = scope;
  const x = call.tensor(0);
  const { size, strides, padding, over } = readWindows(call, x, 4);
  const countsPadding = call.truth(5, true);
  if (call.value(6) !== undefined) throw new Unsupported('it divides by a number of its own');
  if (!countsPadding) {
    const around = [padding[0], padding[0] + over[0], padding[1], padding[1] + over[1]] as const;
    return pool(scope, x, 'averagePool', { size, strides, padding: around });
  }
  const wide = pad(b, pad(b, x, 2, padding[0], padding[0]), 3, padding[1], padding[1]);
  return pool(scope, wide, 'averagePool', { size, strides, padding: [0, over[0], 0, over[1]] });
};

/** Weights [after, before] of an axis, each row adding up to one. */
function weightsOf(before: number, after: number, weight: (row: number) => readonly (readonly [number, number])[]) {
  const data = new Float64Array(before * after);
  for (let row = 0; row < after; row++) {
    for (const [column, share] of weight(row)) data[row * before + column] += share;
  }
  return known('float', [after, before], data);
}

/** An axis of x replaced by weighted sums along it. */
function resample({ b }: Scope, x: Tensor, axis: number, weights: Tensor): Tensor {
  const last = x.shape.length - 1;
  const product = matmul(b, exchange(x, axis, last), exchange(weights, 0, 1));
  return exchange(product, axis, last);
}

/** Means (or maxima) over windows that share an axis out. */
const adaptive =
  (how: 'maxPool' | 'averagePool'): Operator =>
  (scope, call) => {
    const { b } = scope;
    const x = call.tensor(0);
    const area = x.shape.slice(2);
    const size = call.numbers(1).map((given, axis) => (given === -1 ? area[axis] : given));
    const after = size.length === 1 ? area.map(() => size[0]) : size;
    if (after.every((extent) => extent === 1) && how === 'averagePool') return mean(b, x, [2, 3], true);
    if (after.every((extent, axis) => area[axis] % extent === 0)) {
      const window: Pair = [area[0] / after[0], area[1] / after[1]];
      return pool(scope, x, how, { size: window, strides: window, padding: [0, 0, 0, 0] });
    }
    if (how === 'maxPool')
      throw new Unsupported(`windows of ${area.join('x')} values for ${after.join('x')} differ in size`);
    return after.reduce((y, extent, axis) => resample(scope, y, axis + 2, sharedOut(area[axis], extent)), x);
  };

function sharedOut(before: number, after: number) {
  return weightsOf(before, after, (row) => {
    const begin = Math.floor((row * before) / after);
    const end = Math.ceil(((row + 1) * before) / after);
    return Array.from({ length: end - begin }, (_, i) => [begin + i, 1 / (end - begin)] as const);
  });
}

/** A call with signals [n, c, t] as one with images [n, c, t, 1], of what has one number for each axis. */
const ofSignals =
  (operator: Operator): Operator =>
  (scope, call) => {
    const { b } = scope;
    const wide: Call = {
      ...call,
      tensor: (position) => unsqueeze(b, call.tensor(position), 3),
      numbers: (position, fallback) => {
        const given = call.numbers(position, fallback);
        return given.length === 1 ? [given[0], position === 3 ? 0 : 1] : given;
      },
    };
    const y = operator(scope, wide) as Tensor;
    return reshape(b, y, y.shape.slice(0, 3));
  };

/**
 * A call with volumes [n, c, d, h, w] as two with images: of the planes, then of the depth. Windows are boxes, so that their
 * maxima and means are those of the depth of those of the planes.
 *
 * @param single What an argument is for an axis that it leaves alone, by position.
 */
const ofVolumes =
  (operator: Operator, single: readonly (number | undefined)[]): Operator =>
  (scope, call) => {
    const { b } = scope;
    const x = call.tensor(0);
    if (x.shape.length !== 5) throw new Unsupported(`its input has ${x.shape.length} dimensions`);
    const ofAxes =
      (image: Tensor, pick: (given: readonly number[], alone: number) => readonly number[]): (() => Tensor) =>
      () => {
        const part: Call = {
          ...call,
          tensor: (position) => (position === 0 ? image : call.tensor(position)),
          numbers: (position, fallback) => {
            const given = call.numbers(position, fallback);
            if (call.value(position) === undefined || given.length === 0) return given;
            return pick(given.length === 1 ? [given[0], given[0], given[0]] : given, single[position] ?? 1);
          },
        };
        const result = operator(scope, part);
        return isTensor(result) ? result : ((result as readonly Tensor[])[0] as Tensor);
      };
    const [n, channels, depth, ...area] = x.shape;
    const planes = reshape(b, permute(x, [0, 2, 1, 3, 4]), [n * depth, channels, ...area]);
    const flat = ofAxes(planes, (given) => given.slice(1))();
    const after = flat.shape.slice(2);
    const columns = permute(reshape(b, flat, [n, depth, channels, ...after]), [0, 2, 1, 3, 4]);
    const deep = reshape(b, columns, [n, channels, depth, after[0] * after[1]]);
    const y = ofAxes(deep, ([first], alone) => [first, alone])();
    return reshape(b, y, [n, channels, y.shape[2], ...after]);
  };

/** Windows of one element that do not move, without padding. */
const LEFT_ALONE = [undefined, 1, 1, 0, 1];

/** The maxima, and no indices: whatever asks for these is refused there. */
const withIndices =
  (operator: Operator): Operator =>
  (scope, call) => [operator(scope, call), null];

/** Sizes after resizing, and the factor of each axis where the call names one. */
function readResizing(call: Call, scalePosition: number) {
  const before = call.tensor(0).shape.slice(2);
  const scales = call.value(scalePosition) === undefined ? undefined : call.numbers(scalePosition);
  const sizes = call.value(1) === undefined ? undefined : call.numbers(1);
  const after = sizes ?? before.map((extent, axis) => Math.floor(extent * scales![axis]));
  return { before, after, ratio: (axis: number) => (scales ? 1 / scales[axis] : before[axis] / after[axis]) };
}

const nearest =
  (offset: number): Operator =>
  (scope, call) => {
    const { b } = scope;
    const x = call.tensor(0);
    const { before, after, ratio } = readResizing(call, 2);
    const factors = after.map((extent, axis) => extent / before[axis]);
    if (factors.every(Number.isInteger)) {
      // Each value becomes a block.
      const apart = before.flatMap((extent) => [extent, 1]);
      const blocks = before.flatMap((extent, axis) => [extent, factors[axis]]);
      const [n, channels] = x.shape;
      const wide = expand(b, reshape(b, x, [n, channels, ...apart]), [n, channels, ...blocks]);
      return reshape(b, wide, [n, channels, ...after]);
    }
    return after.reduce((y, extent, axis) => {
      const source = (row: number) => Math.min(Math.floor((row + offset) * ratio(axis)), before[axis] - 1);
      return resample(
        scope,
        y,
        axis + 2,
        weightsOf(before[axis], extent, (row) => [[source(row), 1]]),
      );
    }, x);
  };

type Kernel = (distance: number) => number;

const interpolated =
  (reach: number, kernel: Kernel, clampsPlace: boolean): Operator =>
  (scope, call) => {
    const x = call.tensor(0);
    const alignsCorners = call.truth(2, false);
    const { before, after, ratio } = readResizing(call, 3);
    return after.reduce((y, extent, axis) => {
      const size = before[axis];
      const place = (row: number) => {
        if (alignsCorners) return extent > 1 ? (row * (size - 1)) / (extent - 1) : 0;
        const centre = (row + 0.5) * ratio(axis) - 0.5;
        return clampsPlace ? Math.max(centre, 0) : centre;
      };
      const weights = weightsOf(size, extent, (row) => {
        const at = place(row);
        const first = Math.floor(at) - reach + 1;
        return Array.from({ length: 2 * reach }, (_, i) => {
          const column = Math.min(Math.max(first + i, 0), size - 1);
          return [column, kernel(Math.abs(at - first - i))] as const;
        });
      });
      return extent === size && isIdentity(weights.data, size) ? y : resample(scope, y, axis + 2, weights);
    }, x);
  };

const isIdentity = (data: Float64Array, size: number) =>
  data.every((value, i) => Math.abs(value - Number(i % (size + 1) === 0)) < 1e-12);

const linearKernel: Kernel = (distance) => Math.max(1 - distance, 0);

/** Keys' cubic with a = -0.75, which PyTorch uses. */
const cubicKernel: Kernel = (distance) => {
  const a = -0.75;
  if (distance <= 1) return (a + 2) * distance ** 3 - (a + 3) * distance ** 2 + 1;
  return distance < 2 ? a * distance ** 3 - 5 * a * distance ** 2 + 8 * a * distance - 4 * a : 0;
};

const bilinear = interpolated(1, linearKernel, true);

export const pooling: Operators = {
  max_pool1d: ofSignals(maxPool),
  max_pool2d: maxPool,
  max_pool2d_with_indices: maxPoolWithPlaces,
  max_pool3d: ofVolumes(maxPool, LEFT_ALONE),
  max_unpool2d: maxUnpool,
  avg_pool1d: ofSignals(averagePool),
  avg_pool2d: averagePool,
  avg_pool3d: ofVolumes(averagePool, LEFT_ALONE),
  adaptive_avg_pool1d: ofSignals(adaptive('averagePool')),
  adaptive_avg_pool2d: adaptive('averagePool'),
  adaptive_avg_pool3d: ofVolumes(adaptive('averagePool'), [undefined, -1]),
  adaptive_max_pool1d: withIndices(ofSignals(adaptive('maxPool'))),
  adaptive_max_pool2d: withIndices(adaptive('maxPool')),
  upsample_nearest1d: nearest(0),
  upsample_nearest2d: nearest(0),
  upsample_nearest3d: nearest(0),
  _upsample_nearest_exact2d: nearest(0.5),
  upsample_linear1d: bilinear,
  upsample_bilinear2d: bilinear,
  upsample_trilinear3d: bilinear,
  upsample_bicubic2d: interpolated(2, cubicKernel, false),
};
