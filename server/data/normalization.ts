/** Normalization per channel: x' = (x - mean) / std, with bytes taken as 0 … 1. */
import { usageError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import type { ByteValues, Values } from './values';

/** Mean and standard deviation of each channel. */
export interface Statistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * `standard`: zero mean and unit variance over the training split, per channel; `unit`: bytes as 0 … 1, floats as they
 * are; or given numbers (in units of 0 … 1 for bytes). The default is `standard` for bytes and `unit` for floats, which
 * whoever wrote them is taken to have scaled already.
 */
export type Normalization = 'standard' | 'unit' | Statistics;

/** What to subtract and to divide by, for examples stored as `kind`; `statistics` are those of the training split. */
export function scaleOf(
  normalization: Normalization | undefined,
  kind: Values['kind'],
  channels: number,
  statistics: () => Statistics,
): Statistics {
  const wanted = normalization ?? (kind === 'bytes' ? 'standard' : 'unit');
  if (wanted === 'unit') return { mean: Array(channels).fill(0), std: Array(channels).fill(1) };
  if (wanted !== 'standard') return wanted;
  const { mean, std } = statistics();
  // A channel with one value only has nothing to scale.
  return { mean, std: std.map((value) => (value > 0 ? value : 1)) };
}

/** Checks numbers that a user gave for the data set `name`, whose examples have `channels`. */
export function checkNormalization(normalization: Normalization | undefined, name: string, channels: number): void {
  if (normalization === undefined || normalization === 'standard' || normalization === 'unit') return;
  const { mean, std } = normalization;
  if (mean.length !== channels || std.length !== channels) {
    throw usageError(
      `The normalization of ${name} has ${mean.length} means and ${std.length} deviations, but its examples have ${channels} channel${channels === 1 ? '' : 's'}.`,
    );
  }
  if (![...mean, ...std].every(Number.isFinite) || !std.every((value) => value > 0)) {
    throw usageError(`The normalization of ${name} must have finite means and positive deviations.`);
  }
}

/** Mean and (population) standard deviation per channel of `count` examples. */
export function channelStatistics(values: Values, shape: Shape, channels: number, count: number): Statistics {
  return values.kind === 'bytes'
    ? byteStatistics(values, shape, channels, count)
    : floatStatistics(values.values, channels);
}

/** Exact, and fast, through a histogram of the 256 values. */
function byteStatistics(
  { bytes, offset, stride, planar }: ByteValues,
  shape: Shape,
  channels: number,
  count: number,
): Statistics {
  const size = sizeOf(shape);
  const pixels = size / channels;
  const mean: number[] = [];
  const std: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    const histogram = new Float64Array(256);
    const step = planar ? 1 : channels;
    for (let i = 0; i < count; i++) {
      const begin = offset + i * stride + (planar ? channel * pixels : channel);
      for (let at = begin, end = begin + pixels * step; at < end; at += step) histogram[bytes[at]]++;
    }
    let sum = 0;
    histogram.forEach((times, value) => {
      sum += times * value;
    });
    const average = sum / (count * pixels);
    let squares = 0;
    histogram.forEach((times, value) => {
      squares += times * (value - average) ** 2;
    });
    mean.push(average / 255);
    std.push(Math.sqrt(squares / (count * pixels)) / 255);
  }
  return { mean, std };
}

function floatStatistics(values: Float32Array | Int32Array, channels: number): Statistics {
  const sum = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) sum[i % channels] += values[i];
  const mean = Array.from(sum, (total) => (total * channels) / values.length);
  const squares = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) squares[i % channels] += (values[i] - mean[i % channels]) ** 2;
  return { mean, std: Array.from(squares, (total) => Math.sqrt((total * channels) / values.length)) };
}
