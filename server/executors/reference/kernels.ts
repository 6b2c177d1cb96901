/** What each operation computes, in float64: the definition every other executor is measured against. A total table. */

import { reducedShape } from '../../graph/shapes';
import { broadcastStrides, offsets, stridesOf } from '../../graph/strides';
import type { OpName, OpNode, PoolingGeometry } from '../../graph/types';
import { type Shape, sizeOf } from '../../protocol/tensor';
import { floats, type Value } from './arrays';
import { forEachProduct, forEachWindow } from './convolution';

type Kernel<K extends OpName> = (node: OpNode<K>, args: readonly Value[]) => Value;

function unary(f: (x: number) => number) {
  return (_node: OpNode, [x]: readonly Value[]): Value => floats(x.shape, (i) => f(x.data[i]));
}

function binary(f: (a: number, b: number) => number) {
  return (node: OpNode, [a, b]: readonly Value[]): Value => {
    const left = offsets(node.shape, broadcastStrides(a.shape, node.shape));
    const right = offsets(node.shape, broadcastStrides(b.shape, node.shape));
    return floats(node.shape, (i) => f(a.data[left[i]], b.data[right[i]]));
  };
}

/** Rearranges x: element i of the result is x at `source[i]`. */
function gathered(shape: Shape, x: Value, source: Int32Array): Value {
  if (x.data instanceof Int32Array) return { shape, data: Int32Array.from(source, (i) => x.data[i]) };
  return floats(shape, (i) => x.data[source[i]]);
}

function reduce(x: Value, axes: readonly number[], shape: Shape, initial: number, f: (a: number, b: number) => number) {
  const kept = reducedShape(x.shape, axes, true);
  const target = offsets(x.shape, broadcastStrides(kept, x.shape));
  const result = floats(shape, () => initial);
  for (let i = 0; i < x.data.length; i++) result.data[target[i]] = f(result.data[target[i]], x.data[i]);
  return result;
}

function firstMaximum(x: Value, indices: readonly number[]): number {
  return indices.reduce((best, index) => (x.data[index] > x.data[best] ? index : best));
}

function poolMaximum(x: Value, shape: Shape, geometry: PoolingGeometry, from: Value): Value {
  const result = floats(shape);
  forEachWindow(x.shape, shape, geometry, (y, indices) => {
    result.data[y] = from.data[firstMaximum(x, indices)];
  });
  return result;
}

/** Per-channel statistics of x [..., c]: mean, 1/sqrt(var + epsilon), and the normalized values. */
function normalize(x: Value, epsilon: number) {
  const channels = x.shape[x.shape.length - 1];
  const count = x.data.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  x.data.forEach((value, i) => {
    mean[i % channels] += value / count;
  });
  x.data.forEach((value, i) => {
    variance[i % channels] += (value - mean[i % channels]) ** 2 / count;
  });
  const deviation = variance.map((value) => 1 / Math.sqrt(value + epsilon));
  const normalized = Float64Array.from(x.data, (value, i) => (value - mean[i % channels]) * deviation[i % channels]);
  return { channels, count, deviation, normalized };
}

function channelSums(channels: number, length: number, element: (i: number) => number): Float64Array {
  const sums = new Float64Array(channels);
  for (let i = 0; i < length; i++) sums[i % channels] += element(i);
  return sums;
}

/** The error function to the last digits of float64. */
function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > 6) return Math.sign(x);
  // erf x = 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!!, whose terms are all positive.
  let term = magnitude;
  let sum = term;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * magnitude * magnitude) / (2 * n + 1);
    sum += term;
  }
  return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-magnitude * magnitude) * sum;
}

export const kernels: { [K in OpName]: Kernel<K> } = {
  input: () => {
    throw new Error('inputs are bound by the executor');
  },
  constant: (node) => floats(node.shape, () => node.attributes.value),
  literal: (node) => ({ shape: node.shape, data: node.attributes.data }),

  negate: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  tanh: unary(Math.tanh),
  sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  erf: unary(erf),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  relu: unary((x) => Math.max(x, 0)),
  stopGradient: unary((x) => x),
  // One device computes here.
  deviceSum: unary((x) => x),

  add: binary((a, b) => a + b),
  subtract: binary((a, b) => a - b),
  multiply: binary((a, b) => a * b),
  divide: binary((a, b) => a / b),
  maximum: binary(Math.max),
  gate: binary((a, b) => (a > 0 ? b : 0)),
  greater: binary((a, b) => (a > b ? 1 : 0)),
  equal: binary((a, b) => (a === b ? 1 : 0)),

  reduceSum: (node, [x]) => reduce(x, node.attributes.axes, node.shape, 0, (a, b) => a + b),
  reduceMax: (node, [x]) => reduce(x, node.attributes.axes, node.shape, Number.NEGATIVE_INFINITY, Math.max),
  argMax: (node, [x]) => {
    const { axis } = node.attributes;
    const strides = stridesOf(x.shape);
    const starts = offsets(
      node.shape,
      strides.filter((_, i) => i !== axis),
    );
    const data = Int32Array.from(starts, (start) => {
      let best = 0;
      for (let i = 1; i < x.shape[axis]; i++) {
        if (x.data[start + i * strides[axis]] > x.data[start + best * strides[axis]]) best = i;
      }
      return best;
    });
    return { shape: node.shape, data };
  },

  reshape: (node, [x]) => ({ shape: node.shape, data: x.data }),
  transpose: (node, [x]) => {
    const strides = stridesOf(x.shape);
    const permuted = node.attributes.permutation.map((axis) => strides[axis]);
    return gathered(node.shape, x, offsets(node.shape, permuted));
  },
  broadcast: (node, [x]) => gathered(node.shape, x, offsets(node.shape, broadcastStrides(x.shape, node.shape))),
  slice: (node, [x]) => {
    const strides = stridesOf(x.shape);
    const start = node.attributes.begin.reduce((sum, begin, axis) => sum + begin * strides[axis], 0);
    return gathered(node.shape, x, offsets(node.shape, strides, start));
  },
  pad: (node, [x]) => {
    const strides = stridesOf(node.shape);
    const start = node.attributes.before.reduce((sum, before, axis) => sum + before * strides[axis], 0);
    const result = floats(node.shape);
    offsets(x.shape, strides, start).forEach((target, i) => {
      result.data[target] = x.data[i];
    });
    return result;
  },
  concat: (node, args) => {
    const { axis } = node.attributes;
    const strides = stridesOf(node.shape);
    const result = floats(node.shape);
    let position = 0;
    for (const arg of args) {
      offsets(arg.shape, strides, position * strides[axis]).forEach((target, i) => {
        result.data[target] = arg.data[i];
      });
      position += arg.shape[axis];
    }
    return result;
  },
  oneHot: (node, [x]) => {
    const { depth } = node.attributes;
    return floats(node.shape, (i) => (x.data[Math.floor(i / depth)] === i % depth ? 1 : 0));
  },
  gatherRows: (node, [table, indices]) => {
    const length = sizeOf(table.shape.slice(1));
    return floats(node.shape, (i) => table.data[indices.data[Math.floor(i / length)] * length + (i % length)]);
  },
  scatterRows: (node, [rows, indices]) => {
    const length = sizeOf(node.shape.slice(1));
    const result = floats(node.shape);
    rows.data.forEach((value, i) => {
      result.data[indices.data[Math.floor(i / length)] * length + (i % length)] += value;
    });
    return result;
  },

  matmul: (node, [a, b]) => {
    const rank = node.shape.length;
    const { transposeA, transposeB } = node.attributes;
    const [rows, columns] = node.shape.slice(-2);
    const inner = a.shape[transposeA ? rank - 2 : rank - 1];
    const [aRow, aInner] = transposeA ? [1, rows] : [inner, 1];
    const [bInner, bColumn] = transposeB ? [1, inner] : [columns, 1];
    return floats(node.shape, (i) => {
      const batch = Math.floor(i / (rows * columns));
      const row = Math.floor(i / columns) % rows;
      const left = batch * rows * inner + row * aRow;
      const right = batch * inner * columns + (i % columns) * bColumn;
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a.data[left + k * aInner] * b.data[right + k * bInner];
      return sum;
    });
  },
  conv2d: (node, [x, kernel]) => {
    const y = floats(node.shape);
    forEachProduct(x.shape, kernel.shape, y.shape, node.attributes, (i, j, k) => {
      y.data[k] += x.data[i] * kernel.data[j];
    });
    return y;
  },
  conv2dInputGradient: (node, [y, kernel]) => {
    const x = floats(node.shape);
    forEachProduct(x.shape, kernel.shape, y.shape, node.attributes, (i, j, k) => {
      x.data[i] += y.data[k] * kernel.data[j];
    });
    return x;
  },
  conv2dKernelGradient: (node, [x, y]) => {
    const kernel = floats(node.shape);
    forEachProduct(x.shape, kernel.shape, y.shape, node.attributes, (i, j, k) => {
      kernel.data[j] += x.data[i] * y.data[k];
    });
    return kernel;
  },

  maxPool: (node, [x]) => poolMaximum(x, node.shape, node.attributes, x),
  maxPoolGather: (node, [x, t]) => poolMaximum(x, node.shape, node.attributes, t),
  maxPoolScatter: (node, [x, y]) => {
    const result = floats(node.shape);
    forEachWindow(x.shape, y.shape, node.attributes, (i, indices) => {
      result.data[firstMaximum(x, indices)] += y.data[i];
    });
    return result;
  },
  averagePool: (node, [x]) => {
    const result = floats(node.shape);
    forEachWindow(x.shape, node.shape, node.attributes, (y, indices) => {
      for (const index of indices) result.data[y] += x.data[index] / indices.length;
    });
    return result;
  },
  averagePoolGradient: (node, [y]) => {
    const result = floats(node.shape);
    forEachWindow(node.shape, y.shape, node.attributes, (i, indices) => {
      for (const index of indices) result.data[index] += y.data[i] / indices.length;
    });
    return result;
  },

  batchNorm: (node, [x, gamma, beta]) => {
    const { channels, normalized } = normalize(x, node.attributes.epsilon);
    return floats(node.shape, (i) => gamma.data[i % channels] * normalized[i] + beta.data[i % channels]);
  },
  batchNormGradient: (node, [x, gamma, y]) => {
    const { channels, count, deviation, normalized } = normalize(x, node.attributes.epsilon);
    const mean = channelSums(channels, y.data.length, (i) => y.data[i] / count);
    const product = channelSums(channels, y.data.length, (i) => (y.data[i] * normalized[i]) / count);
    return floats(node.shape, (i) => {
      const channel = i % channels;
      const projected = y.data[i] - mean[channel] - normalized[i] * product[channel];
      return gamma.data[channel] * deviation[channel] * projected;
    });
  },
  batchNormGammaGradient: (node, [x, y]) => {
    const { channels, normalized } = normalize(x, node.attributes.epsilon);
    return { shape: node.shape, data: channelSums(channels, y.data.length, (i) => y.data[i] * normalized[i]) };
  },
  inverseDeviation: (node, [x]) => ({ shape: node.shape, data: normalize(x, node.attributes.epsilon).deviation }),
};
