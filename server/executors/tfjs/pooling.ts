/** Pooling as TensorFlow ops. Ties of a maximum go to the first position of its window, as TensorFlow decides them. */
import type { PoolingGeometry } from '../../graph/types';
import type { Shape } from '../../protocol/tensor';
import { namedPadding } from './convolution';
import { type Attributes, type Emitter, intAttribute, type Register, stringAttribute } from './instructions';

/** How a pooling is run: TensorFlow's attributes, and what is padded beforehand where they cannot say it. */
interface Plan {
  readonly attributes: Attributes;
  /** `[top, bottom, left, right]` to be added explicitly, if any. */
  readonly padding: PoolingGeometry['padding'] | undefined;
  /** Shape of x with that padding. */
  readonly padded: Shape;
}

function planPooling(geometry: PoolingGeometry, x: Shape, y: Shape): Plan {
  const { size, strides, padding } = geometry;
  const named = namedPadding(padding, x.slice(1, 3), y.slice(1, 3), size, strides);
  const [n, h, w, c] = x;
  return {
    attributes: {
      ksize: intAttribute([1, ...size, 1]),
      strides: intAttribute([1, ...strides, 1]),
      padding: stringAttribute(named ?? 'VALID'),
    },
    padding: named ? undefined : padding,
    padded: named ? x : [n, h + padding[0] + padding[1], w + padding[2] + padding[3], c],
  };
}

/** x with `value` around it, where the plan asks for that. */
function padded(emitter: Emitter, x: Register, plan: Plan, value: number): Register {
  if (!plan.padding) return x;
  const paddings = emitter.integerTable([0, 0, ...plan.padding, 0, 0], [4, 2]);
  return emitter.emit('PadV2', {}, [x, paddings, emitter.scalar(value)]);
}

/** The part of a padded tensor that is x. */
function unpadded(emitter: Emitter, x: Register, plan: Plan, shape: Shape): Register {
  if (!plan.padding) return x;
  const begin = emitter.integers([0, plan.padding[0], plan.padding[2], 0]);
  return emitter.emit('Slice', {}, [x, begin, emitter.integers(shape)]);
}

/** (x) -> y. */
export function lowerMaxPool(
  emitter: Emitter,
  x: Register,
  geometry: PoolingGeometry,
  shapes: { readonly x: Shape; readonly y: Shape },
): Register {
  const plan = planPooling(geometry, shapes.x, shapes.y);
  return emitter.emit('MaxPool', plan.attributes, [padded(emitter, x, plan, -Infinity)]);
}

/** (x, t) -> t at the maxima of x. The pooled x that TensorFlow asks for is the same call as the forward pass. */
export function lowerMaxPoolGather(
  emitter: Emitter,
  x: Register,
  t: Register,
  geometry: PoolingGeometry,
  shapes: { readonly x: Shape; readonly y: Shape },
): Register {
  const plan = planPooling(geometry, shapes.x, shapes.y);
  const pooled = lowerMaxPool(emitter, x, geometry, shapes);
  const inputs = [padded(emitter, x, plan, -Infinity), pooled, padded(emitter, t, plan, 0)];
  return emitter.emit('MaxPoolGradGrad', plan.attributes, inputs);
}

/** (x, y) -> y added at the maxima of x. */
export function lowerMaxPoolScatter(
  emitter: Emitter,
  x: Register,
  y: Register,
  geometry: PoolingGeometry,
  shapes: { readonly x: Shape; readonly y: Shape },
): Register {
  const plan = planPooling(geometry, shapes.x, shapes.y);
  const pooled = lowerMaxPool(emitter, x, geometry, shapes);
  const gradient = emitter.emit('MaxPoolGrad', plan.attributes, [padded(emitter, x, plan, -Infinity), pooled, y]);
  return unpadded(emitter, gradient, plan, shapes.x);
}

/** (x) -> the mean of each window over the elements that are not padding. */
export function lowerAveragePool(
  emitter: Emitter,
  x: Register,
  geometry: PoolingGeometry,
  shapes: { readonly x: Shape; readonly y: Shape },
): Register {
  const plan = planPooling(geometry, shapes.x, shapes.y);
  const means = emitter.emit('AvgPool', plan.attributes, [padded(emitter, x, plan, 0)]);
  return corrected(emitter, means, geometry, plan, shapes);
}

/** (y) -> x, the adjoint of the average. */
export function lowerAveragePoolGradient(
  emitter: Emitter,
  y: Register,
  geometry: PoolingGeometry,
  shapes: { readonly x: Shape; readonly y: Shape },
): Register {
  const plan = planPooling(geometry, shapes.x, shapes.y);
  const scaled = corrected(emitter, y, geometry, plan, shapes);
  const gradient = emitter.emit('AvgPoolGrad', plan.attributes, [emitter.integers(plan.padded), scaled]);
  return unpadded(emitter, gradient, plan, shapes.x);
}

/** Windows over explicit padding were divided by their full size: multiplies by full size over real elements. */
function corrected(
  emitter: Emitter,
  y: Register,
  geometry: PoolingGeometry,
  plan: Plan,
  shapes: { readonly x: Shape; readonly y: Shape },
): Register {
  if (!plan.padding) return y;
  const [rows, columns] = [0, 1].map((axis) =>
    Array.from({ length: shapes.y[axis + 1] }, (_, position) => {
      const start = position * geometry.strides[axis] - geometry.padding[2 * axis];
      const end = start + geometry.size[axis];
      return Math.min(end, shapes.x[axis + 1]) - Math.max(start, 0);
    }),
  );
  const full = geometry.size[0] * geometry.size[1];
  const factors = rows.flatMap((height) => columns.map((width) => full / (height * width)));
  return emitter.emit('Mul', {}, [y, emitter.floats(factors, [1, rows.length, columns.length, 1])]);
}
