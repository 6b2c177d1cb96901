/** Data sets as their files hold them, and their way to normalized float32 examples, or to ids. */
import type { Dataset, InputValues, LabelValues, Split } from '../protocol/data';
import { type Shape, sizeOf } from '../protocol/tensor';
import { channelStatistics, type Normalization, type Statistics, scaleOf } from './normalization';
import { type ByteValues, channelsOf, type FloatValues, type IntegerValues, type Values } from './values';

/** One split before normalization. */
export interface RawSplit<Labels extends LabelValues = LabelValues> {
  /** Classes `[n]` or `[n, …labelShape]`, or float values `[n, …labelShape]`. */
  readonly labels: Labels;
  /** Where label `index` comes from, for messages. */
  labelPlace?(index: number): string;
  /** Reads the values; called once, when the first example is wanted. */
  load(): Values;
}

/** Values of both splits, for a part of each example. */
export interface RawPart {
  readonly name: string;
  readonly shape: Shape;
  /** How the values of both splits are stored. */
  readonly kind: Values['kind'];
  /** Reads the values; called once, when the first example is wanted. */
  readonly train: () => Values;
  readonly test: () => Values;
}

/** A data set before normalization. */
export interface RawDataset {
  readonly name: string;
  readonly shape: Shape;
  readonly classes: number;
  readonly classNames?: readonly string[];
  /** `[h, w]` where every pixel has a class, `[t]` where every token has, or the shape of float values. */
  readonly labelShape?: Shape;
  /** See `Dataset.storedLabels`. */
  readonly storedLabels?: Dataset['storedLabels'];
  readonly train: RawSplit;
  readonly test: RawSplit;
  /** How the values of both splits are stored. */
  readonly kind: Values['kind'];
  /** Mean and deviation of the training values, where they are known without reading them. */
  readonly statistics?: Statistics;
  /** All parts of an example, the first of which is the values above, where there are several. */
  readonly parts?: readonly RawPart[];
  /** How many channels are normalized apart, the values of an example in turn; those of an image where it is absent. */
  readonly channels?: number;
  /** How values are normalized where nobody says it; by their kind where it is absent. */
  readonly normalization?: Normalization;
  /** Names of the columns that the values of an example come from. */
  readonly columns?: readonly string[];
  /** What people are told of how it was read, a sentence each. */
  readonly notes?: readonly string[];
}

/** Runs `compute` when the value is first asked for, and keeps the result. */
function lazily<T>(compute: () => T): () => T {
  let result: { value: T } | undefined;
  return () => {
    result ??= { value: compute() };
    return result.value;
  };
}

/** Writes examples of a split out, checking that there are such examples and that they fit. */
type Read = (indices: ArrayLike<number>, out: InputValues) => void;

/** How the examples of both splits are read. Nothing is, and no statistics are computed, before the first one is. */
function createReaders(
  { shape, kind, ...loads }: Omit<RawPart, 'name'>,
  { statistics: known, channels = channelsOf(shape) }: Pick<RawDataset, 'statistics' | 'channels'>,
  counts: { readonly train: number; readonly test: number },
  normalization: Normalization | undefined,
): { readonly train: Read; readonly test: Read } {
  const train = lazily(loads.train);
  const test = lazily(loads.test);
  const statistics = () => known ?? channelStatistics(train(), shape, channels, counts.train);
  const scale = lazily(() => scaleOf(normalization, kind, channels, statistics));
  const size = sizeOf(shape);
  const asStored = () => BYTES;
  const scaled = (channel: number) => {
    const { mean, std } = scale();
    return Float32Array.from(BYTES, (value) => (value / 255 - mean[channel]) / std[channel]);
  };
  const reader =
    (values: () => Values, count: number): Read =>
    (indices, out) => {
      if (out.length !== indices.length * size) {
        throw new RangeError(`${out.length} elements for ${indices.length} examples of shape [${shape}]`);
      }
      for (let i = 0; i < indices.length; i++) {
        if (!(indices[i] >= 0 && indices[i] < count)) throw new RangeError(`example ${indices[i]} of ${count}`);
      }
      const stored = values();
      if (stored.kind === 'bytes')
        readBytes(stored, shape, out instanceof Int32Array ? asStored : scaled, indices, out);
      else if (out instanceof Float32Array) readNumbers(stored, size, scale(), indices, out);
      else readIntegers(stored, size, indices, out);
    };
  return { train: reader(train, counts.train), test: reader(test, counts.test) };
}

const idsOf = (kind: Values['kind']) => (kind === 'floats' ? {} : { holdsIds: true });

/**
 * The data set with its examples normalized on reading. Values stay in memory as they are stored. Nothing is read and no
 * statistics are computed before the first example is.
 */
export function normalizedDataset(raw: RawDataset, normalization: Normalization | undefined): Dataset {
  const { name, shape, kind, classes, classNames, labelShape, storedLabels, columns, notes, parts } = raw;
  const sizeOfSplit = ({ labels }: RawSplit) => labels.length / sizeOf(labelShape ?? []);
  const counts = { train: sizeOfSplit(raw.train), test: sizeOfSplit(raw.test) };
  const readers = (parts ?? [{ shape, kind, train: raw.train.load, test: raw.test.load }]).map((part) =>
    createReaders(part, raw, counts, normalization ?? raw.normalization),
  );
  const split = (which: 'train' | 'test'): Split => ({
    size: counts[which],
    labels: raw[which].labels,
    ...(raw[which].labelPlace && { labelPlace: raw[which].labelPlace }),
    read: (indices, out, part = 0) => readers[part][which](indices, out),
  });
  return {
    name,
    shape,
    classes,
    ...idsOf(kind),
    ...(parts && { parts: parts.map((part) => ({ name: part.name, shape: part.shape, ...idsOf(part.kind) })) }),
    ...(classNames ? { classNames } : {}),
    ...(labelShape ? { labelShape } : {}),
    ...(storedLabels ? { storedLabels } : {}),
    ...(columns ? { columns } : {}),
    ...(notes ? { notes } : {}),
    train: split('train'),
    test: split('test'),
  };
}

/** Whole numbers as they are stored. */
function readIntegers(
  stored: FloatValues | IntegerValues,
  size: number,
  indices: ArrayLike<number>,
  out: Int32Array,
): void {
  if (stored.kind === 'floats') throw new Error('the examples are no whole numbers');
  for (let i = 0; i < indices.length; i++) {
    out.set(stored.values.subarray(indices[i] * size, (indices[i] + 1) * size), i * size);
  }
}

const BYTES = Int32Array.from({ length: 256 }, (_, value) => value);

/** What each byte becomes in each channel, through one table of 256 results a channel. */
function readBytes(
  { bytes, offset, stride, planar }: ByteValues,
  shape: Shape,
  tableOf: (channel: number) => InputValues,
  indices: ArrayLike<number>,
  out: InputValues,
): void {
  const size = sizeOf(shape);
  const channels = channelsOf(shape);
  const pixels = size / channels;
  for (let channel = 0; channel < channels; channel++) {
    const table = tableOf(channel);
    const step = planar ? 1 : channels;
    for (let i = 0; i < indices.length; i++) {
      let from = offset + indices[i] * stride + (planar ? channel * pixels : channel);
      let to = i * size + channel;
      for (let pixel = 0; pixel < pixels; pixel++) {
        out[to] = table[bytes[from]];
        from += step;
        to += channels;
      }
    }
  }
}

function readNumbers(
  { values }: FloatValues | IntegerValues,
  size: number,
  { mean, std }: Statistics,
  indices: ArrayLike<number>,
  out: Float32Array,
): void {
  const channels = mean.length;
  const asStored = mean.every((value) => value === 0) && std.every((value) => value === 1);
  for (let i = 0; i < indices.length; i++) {
    const example = values.subarray(indices[i] * size, (indices[i] + 1) * size);
    out.set(example, i * size);
    if (asStored) continue;
    for (let j = 0; j < size; j++) {
      const channel = j % channels;
      out[i * size + j] = (example[j] - mean[channel]) / std[channel];
    }
  }
}
