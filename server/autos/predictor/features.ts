/**
 * What a predictor sees of a weight: its initial value w and its gradient g, made comparable between layers and models, and
 * perhaps what kind of layer it is in. Pure functions of the values at initialization.
 */
import { type Shape, sizeOf } from '../../protocol/tensor';

/** By what values are divided: their root mean square in the layer or in the model, or a constant of the predictor. */
export const NORMALIZATIONS = ['layer', 'model', 'none'] as const;
export type Normalization = (typeof NORMALIZATIONS)[number];

export const FEATURE_INPUTS = ['both', 'weight', 'gradient'] as const;

export interface FeatureSettings {
  /** Which of the two numbers are seen. */
  readonly inputs: (typeof FEATURE_INPUTS)[number];
  readonly weights: Normalization;
  readonly gradients: Normalization;
  /** Whether statistics of the layer are seen too. */
  readonly layerStatistics: boolean;
  /** (w, g) and (-w, -g) are one: |w| and the gradient along the weight, sign(w) g, are seen in their place. */
  readonly symmetric: boolean;
}

/** The divisors of values that are not normalized: their root mean squares over the weights the predictor learned from. */
export interface FeatureScales {
  readonly weight: number;
  readonly gradient: number;
}

/** A weight tensor at initialization, and its gradient in the same order. */
export interface FeatureSource {
  readonly shape: Shape;
  readonly initial: Float32Array;
  readonly gradient: Float32Array;
}

/** How the values of one layer become features. */
export interface LayerScaling {
  /** What weights and gradients are multiplied by. */
  readonly weight: number;
  readonly gradient: number;
  /** The layer's statistics; empty where they are not seen. */
  readonly statistics: readonly number[];
}

/** What each layer statistic is, in order. All are logarithms to base 2 but the position. */
export const LAYER_STATISTICS = [
  'fan-in',
  'fan-out',
  "share of the model's weights",
  'position in the model, 0 first and 1 last',
  "root mean square weight over the model's",
  "root mean square gradient over the model's",
] as const;

/** Largest coordinate: values beyond 2^14 / 64 = 256 times the divisor count as that. */
export const COORDINATE_LIMIT = 14;

/** Below 1/64 of the divisor a coordinate is linear in the value, above it logarithmic. */
const RESOLUTION = 64;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
const BITS_OF_ONE = 0x3f800000;
const PER_MANTISSA = 2 ** -23;

/**
 * The logarithmic coordinate of a normalized value v: sign(v) l(1 + 64 |v|), at most 14 in size. l is the logarithm to base
 * 2 with chords between the powers of two: exponent and mantissa of a float32 read as one number, which takes a
 * nanosecond where a true logarithm takes twenty.
 */
export function coordinate(v: number): number {
  float[0] = 1 + RESOLUTION * Math.abs(v);
  const size = Math.min((bits[0] - BITS_OF_ONE) * PER_MANTISSA, COORDINATE_LIMIT);
  return v < 0 ? -size : size;
}

/** The value whose coordinate is `u`. */
export function valueAt(u: number): number {
  const whole = Math.floor(Math.abs(u));
  const size = (2 ** whole * (1 + Math.abs(u) - whole) - 1) / RESOLUTION;
  return u < 0 ? -size : size;
}

/** Root mean square of several arrays of values taken together; 0 of none. */
export function rootMeanSquare(arrays: readonly Float32Array[]): number {
  let sum = 0;
  let count = 0;
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
    count += values.length;
  }
  return count > 0 ? Math.sqrt(sum / count) : 0;
}

/** 1/x; 1 for 0, where there is nothing to be divided. */
const inverse = (x: number) => (x > 0 ? 1 / x : 1);

/** log2 of a ratio that may be degenerate, kept within what float32 training can bear. */
export const boundedLog = (x: number) => Math.log2(Math.min(Math.max(x, 2 ** -20), 2 ** 20));

/** Inputs and outputs of a kernel [in, out] or [kh, kw, in, out]: how many weights meet in one output, and leave one input. */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  const receptive = sizeOf(shape.slice(0, -2));
  return { fanIn: receptive * shape[shape.length - 2], fanOut: receptive * shape[shape.length - 1] };
}

/** How each layer's values become features; layers in the order of the network. */
export function scaleLayers(
  layers: readonly FeatureSource[],
  settings: FeatureSettings,
  scales: FeatureScales,
): LayerScaling[] {
  const modelWeight = rootMeanSquare(layers.map(({ initial }) => initial));
  const modelGradient = rootMeanSquare(layers.map(({ gradient }) => gradient));
  const total = layers.reduce((sum, { initial }) => sum + initial.length, 0);
  return layers.map(({ shape, initial, gradient }, position) => {
    const layerWeight = rootMeanSquare([initial]);
    const layerGradient = rootMeanSquare([gradient]);
    const { fanIn, fanOut } = fans(shape);
    return {
      weight: inverse({ layer: layerWeight, model: modelWeight, none: scales.weight }[settings.weights]),
      gradient: inverse({ layer: layerGradient, model: modelGradient, none: scales.gradient }[settings.gradients]),
      statistics: settings.layerStatistics
        ? [
            boundedLog(fanIn),
            boundedLog(fanOut),
            boundedLog(initial.length / total),
            layers.length > 1 ? position / (layers.length - 1) : 0,
            boundedLog(layerWeight * inverse(modelWeight)),
            boundedLog(layerGradient * inverse(modelGradient)),
          ]
        : [],
    };
  });
}

/** How many numbers a predictor sees of a weight. */
export function featureCount({ inputs, layerStatistics }: FeatureSettings): number {
  return (inputs === 'both' ? 2 : 1) + (layerStatistics ? LAYER_STATISTICS.length : 0);
}

/**
 * Writes the coordinates of `count` weights of a layer from weight `start` on: of w to `weights`, of g to `gradients`,
 * as they are seen (see FeatureSettings.symmetric).
 */
export function writeCoordinates(
  { initial, gradient }: FeatureSource,
  start: number,
  count: number,
  scaling: LayerScaling,
  { inputs, symmetric }: FeatureSettings,
  weights: Float32Array,
  gradients: Float32Array,
): void {
  for (let i = 0; i < count; i++) {
    const w = initial[start + i] * scaling.weight;
    const g = gradient[start + i] * scaling.gradient;
    weights[i] = coordinate(symmetric ? Math.abs(w) : w);
    // Of a gradient seen alone only the size is left, since the sign of w belongs to it.
    gradients[i] = coordinate(!symmetric ? g : inputs === 'gradient' ? Math.abs(g) : w < 0 ? -g : g);
  }
}

/** Features of `count` weights of a layer from weight `start` on, row by row: coordinates as far as seen, then statistics. */
export function layerFeatures(
  source: FeatureSource,
  scaling: LayerScaling,
  settings: FeatureSettings,
  start = 0,
  count = source.initial.length,
): Float32Array {
  const weights = new Float32Array(count);
  const gradients = new Float32Array(count);
  writeCoordinates(source, start, count, scaling, settings, weights, gradients);
  const out = new Float32Array(count * featureCount(settings));
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (settings.inputs !== 'gradient') out[next++] = weights[i];
    if (settings.inputs !== 'weight') out[next++] = gradients[i];
    for (const statistic of scaling.statistics) out[next++] = statistic;
  }
  return out;
}
