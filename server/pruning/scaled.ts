/**
 * Networks whose values leave the range of float32, with a scale for each layer: a value is kept divided by a number that is carried
 * beside it as a logarithm. What grows with depth, as the flow of synaptic strength does, stays within range.
 */
import type { Builder } from '../graph/builder';
import type { Node } from '../graph/types';

/** Logarithms of what a value was divided by, each with its power. Nothing is a value as it is. */
type Scale = ReadonlyMap<Node, number>;

export interface ScaledBuilder extends Builder {
  /** The natural logarithm of what a value is divided by, a scalar. */
  logScaleOf(value: Node): Node;
}

/** The least that a layer's largest value is taken for: that of a layer which nothing passes is 0. */
const LEAST = 1e-30;

const NONE: Scale = new Map();

function combine(a: Scale, b: Scale, sign: 1 | -1): Scale {
  const sum = new Map(a);
  for (const [term, power] of b) {
    const total = (sum.get(term) ?? 0) + sign * power;
    if (total === 0) sum.delete(term);
    else sum.set(term, total);
  }
  return sum;
}

/** The part of all scales that is the same. */
function common(scales: readonly Scale[]): Scale {
  const [first, ...others] = scales;
  return new Map([...first].filter(([term, power]) => others.every((scale) => scale.get(term) === power)));
}

/**
 * A builder whose values carry scales. Gradients by it are those of the network divided by the scale of its output, for each
 * parameter alike: scales count as constants in a derivative.
 */
export function createScaledBuilder(b: Builder): ScaledBuilder {
  const scales = new Map<Node, Scale>();
  const scaleOf = (node: Node): Scale => scales.get(node) ?? NONE;
  const withScale = (node: Node, scale: Scale): Node => {
    if (scale.size > 0) scales.set(node, scale);
    return node;
  };

  const logarithm = (scale: Scale): Node =>
    [...scale].reduce(
      (sum: Node, [term, power]) => b.add(sum, power === 1 ? term : b.multiply(term, b.constant(power))),
      b.constant(0),
    );

  /** Divides a value by its largest one. */
  const rescaled = (node: Node, scale: Scale): Node => {
    const largest = b.stopGradient(b.maximum(b.reduceMax(b.abs(node)), b.constant(LEAST)));
    return withScale(b.divide(node, largest), combine(scale, new Map([[b.log(largest), 1]]), 1));
  };

  /** Values brought to one scale, the largest of theirs. */
  const aligned = (nodes: readonly Node[]): { readonly values: readonly Node[]; readonly scale: Scale } => {
    const own = nodes.map(scaleOf);
    const shared = common(own);
    const excess = own.map((scale) => combine(scale, shared, -1));
    if (excess.every(({ size }) => size === 0)) return { values: nodes, scale: shared };
    const logarithms = excess.map(logarithm);
    const largest = logarithms.reduce((a, c) => b.maximum(a, c));
    const values = nodes.map((node, i) => b.multiply(node, b.stopGradient(b.exp(b.subtract(logarithms[i], largest)))));
    return { values, scale: combine(shared, new Map([[largest, 1]]), 1) };
  };

  /** A function of one value that doubles when the value does. */
  const linear =
    <Rest extends unknown[]>(apply: (x: Node, ...rest: Rest) => Node) =>
    (x: Node, ...rest: Rest): Node =>
      withScale(apply(x, ...rest), scaleOf(x));
  /** A function of two values that have one scale. */
  const alike = (apply: (x: Node, y: Node) => Node) => (x: Node, y: Node) => {
    const { values, scale } = aligned([x, y]);
    return withScale(apply(values[0], values[1]), scale);
  };
  /** A product, which grows. */
  const product =
    <Rest extends unknown[]>(apply: (x: Node, y: Node, ...rest: Rest) => Node) =>
    (x: Node, y: Node, ...rest: Rest): Node =>
      rescaled(apply(x, y, ...rest), combine(scaleOf(x), scaleOf(y), 1));
  /** A function of values as they are, which may leave the range. */
  const plain = (node: Node): Node => {
    const scale = scaleOf(node);
    return scale.size === 0 ? node : b.multiply(node, b.exp(logarithm(scale)));
  };
  const curve = (apply: (x: Node) => Node) => (x: Node) => apply(plain(x));
  const comparison = (apply: (x: Node, y: Node) => Node) => (x: Node, y: Node) => {
    const { values } = aligned([x, y]);
    return apply(values[0], values[1]);
  };

  return {
    ...b,
    logScaleOf: (value) => logarithm(scaleOf(value)),
    negate: linear(b.negate),
    abs: linear(b.abs),
    relu: linear(b.relu),
    stopGradient: linear(b.stopGradient),
    deviceSum: linear(b.deviceSum),
    exp: curve(b.exp),
    log: curve(b.log),
    sqrt: curve(b.sqrt),
    tanh: curve(b.tanh),
    sigmoid: curve(b.sigmoid),
    softplus: curve(b.softplus),
    erf: curve(b.erf),
    add: alike(b.add),
    subtract: alike(b.subtract),
    maximum: alike(b.maximum),
    greater: comparison(b.greater),
    equal: comparison(b.equal),
    multiply: (x, y) =>
      x.op === 'constant' || y.op === 'constant'
        ? withScale(b.multiply(x, y), combine(scaleOf(x), scaleOf(y), 1))
        : product(b.multiply)(x, y),
    divide: (x, y) => withScale(b.divide(x, y), combine(scaleOf(x), scaleOf(y), -1)),
    gate: (x, y) => withScale(b.gate(x, y), scaleOf(y)),
    reduceSum: linear(b.reduceSum),
    reduceMax: linear(b.reduceMax),
    reshape: linear(b.reshape),
    transpose: linear(b.transpose),
    broadcast: linear(b.broadcast),
    slice: linear(b.slice),
    pad: linear(b.pad),
    concat(nodes, axis) {
      const { values, scale } = aligned(nodes);
      return withScale(b.concat(values, axis), scale);
    },
    gatherRows: linear(b.gatherRows),
    scatterRows: linear(b.scatterRows),
    matmul: product(b.matmul),
    conv2d: product(b.conv2d),
    conv2dInputGradient: product(b.conv2dInputGradient),
    conv2dKernelGradient: product(b.conv2dKernelGradient),
    maxPool: linear(b.maxPool),
    maxPoolGather: (x, t, geometry) => withScale(b.maxPoolGather(x, t, geometry), scaleOf(t)),
    maxPoolScatter: (x, y, geometry) => withScale(b.maxPoolScatter(x, y, geometry), scaleOf(y)),
    averagePool: linear(b.averagePool),
    averagePoolGradient: linear(b.averagePoolGradient),
    batchNorm: (x, gamma, beta, epsilon) => b.batchNorm(plain(x), gamma, beta, epsilon),
  };
}
