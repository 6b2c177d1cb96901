/** Data sets as training and scoring see them. */
import type { DType, Shape } from './tensor';

/** How a model takes a part of an example: its shape without the batch, and numbers (`float32`) or ids (`int32`). */
export interface InputFormat {
  readonly shape: Shape;
  readonly dtype: DType;
  /** How many ids there are, 0 and up, where it holds ids that are looked up in a table. */
  readonly vocabulary?: number;
}

/** The labels of an example as a model has them. */
export interface LabelFormat {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Values of examples: numbers, or ids. */
export type InputValues = Float32Array | Int32Array;

/** Labels of a split: classes, or float values. */
export type LabelValues = Int32Array | Uint8Array | Float32Array;

/** Labels of tokens that do not count: Keras's usual one, and PyTorch's. */
export const IGNORED_LABELS: readonly number[] = [-1, -100];

/** One of the parts that the examples of a data set consist of. */
export interface DataPart {
  /** The input it is for; absent where parts are in the order of the inputs. */
  readonly name?: string;
  readonly shape: Shape;
  /** Its values are whole numbers as they are stored, so that they can be ids. */
  readonly holdsIds?: boolean;
}

/** What the chance in examples that are read depends on, besides themselves. */
export interface ReadingChance {
  readonly seed: number;
  /** From 0. */
  readonly epoch: number;
}

/** Examples as another process has read them: values of one part, and their labels. */
export interface FetchedExamples {
  readonly x: InputValues;
  readonly y: Int32Array | Float32Array;
}

/** Labelled examples that can be read in any order. */
export interface Split {
  readonly size: number;
  /**
   * Classes, 0 … classes-1: `[n]`, one for each example, or `[n, h, w]`, one for each pixel of each example, row-major,
   * where the data set has a `labelShape`; for tokens likewise, in which {@link IGNORED_LABELS} do not count. Float values where
   * an objective takes those.
   */
  readonly labels: LabelValues;
  /** Where label `index` comes from, for messages: `prices.csv, row 17, column "price"`. Absent: its numbers say enough. */
  labelPlace?(index: number): string;
  /**
   * Writes the examples `indices` one after the other into `out` (length `indices.length * sizeOf(dataset.shape)`, channels last):
   * normalized numbers, or where `out` is of integers, the ids as they are stored. Of several parts, those of number `part`, the
   * first by default.
   */
  read(indices: ArrayLike<number>, out: InputValues, part?: number): void;
  /**
   * Present where another process reads the examples, in each epoch anew: then `read` is not called, and the labels of an epoch
   * are those that come with its examples.
   */
  fetch?(indices: Int32Array, chance: ReadingChance): Promise<FetchedExamples>;
  /** Where another process reads them: how many batches keep it at work, those that are asked for before they are wanted. */
  readonly readAhead?: number;
  /** The examples of an epoch come in an order of their own: they are asked for from the first to the last. */
  readonly isOrdered?: boolean;
}

export interface Dataset {
  readonly name: string;
  /** Shape of one example without the batch, e.g. `[28, 28, 1]`; of its first part where it has several. */
  readonly shape: Shape;
  /** What an example consists of, where it has several parts. */
  readonly parts?: readonly DataPart[];
  /** How a model takes the examples that the data set is fitted to; as numbers of `shape` where it is fitted to none. */
  readonly inputs?: readonly InputFormat[];
  /** The examples are whole numbers as they are stored, so that they can be ids. */
  readonly holdsIds?: boolean;
  /** Of float values, how many an example has. */
  readonly classes: number;
  /**
   * `[h, w]` where every pixel has a class (segmentation), `[t]` where every token has; absent where every example has one. Of float
   * values their shape.
   */
  readonly labelShape?: Shape;
  /**
   * What classes were read from where that can mean float values, too: whole `numbers`, or one-hot `rows` of as many values
   * as there are classes.
   */
  readonly storedLabels?: 'numbers' | 'rows';
  readonly classNames?: readonly string[];
  /** Names of the columns that the values of an example come from. */
  readonly columns?: readonly string[];
  /** What people are told of how it was read, a sentence each. */
  readonly notes?: readonly string[];
  /** Where another process reads the examples: how many so far, and in how many seconds of one process. */
  reading?(): { readonly examples: number; readonly seconds: number };
  readonly train: Split;
  readonly test: Split;
}

/** The parts of an example as batches hold them. */
export function formatsOf({ shape, inputs }: Pick<Dataset, 'shape' | 'inputs'>): readonly InputFormat[] {
  return inputs ?? [{ shape, dtype: 'float32' }];
}

/** The values of each input of a batch, in the network's order. */
export function valuesOf({ x, further = [] }: Pick<Batch, 'x' | 'further'>): readonly InputValues[] {
  return [x, ...further];
}

/** One batch in host memory. `x` is `[n, …shape]`, `y` holds class numbers: `[n]`, or `[n, h, w]` in segmentation; or float values. */
export interface Batch {
  readonly x: InputValues;
  /** Values of the inputs after the first one, likewise, where the network has several. */
  readonly further?: readonly InputValues[];
  readonly y: Int32Array | Float32Array;
  readonly size: number;
}
