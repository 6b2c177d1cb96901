/** Data sets as training and scoring see them. */
import type { Shape } from './tensor';

/** Labels of a split: classes, or float values. */
export type LabelValues = Int32Array | Uint8Array | Float32Array;

/** Labelled examples that can be read in any order. */
export interface Split {
  readonly size: number;
  /**
   * Classes, 0 … classes-1: `[n]`, one for each example, or `[n, h, w]`, one for each pixel of each example, row-major,
   * where the data set has a `labelShape`. Float values where an objective takes those.
   */
  readonly labels: LabelValues;
  /** Where label `index` comes from, for messages: `prices.csv, row 17, column "price"`. Absent: its numbers say enough. */
  labelPlace?(index: number): string;
  /**
   * Writes the normalized examples `indices` one after the other into `out`
   * (length `indices.length * sizeOf(dataset.shape)`, channels last).
   */
  read(indices: ArrayLike<number>, out: Float32Array): void;
}

export interface Dataset {
  readonly name: string;
  /** Shape of one example without the batch, e.g. `[28, 28, 1]`. */
  readonly shape: Shape;
  readonly classes: number;
  /** `[h, w]` where every pixel has a class (segmentation); absent where every example has one (classification). */
  readonly labelShape?: Shape;
  readonly classNames?: readonly string[];
  /** What people are told of how it was read, a sentence each. */
  readonly notes?: readonly string[];
  readonly train: Split;
  readonly test: Split;
}

/** One batch in host memory. `x` is `[n, …shape]`, `y` holds class numbers: `[n]`, or `[n, h, w]` in segmentation; or float values. */
export interface Batch {
  readonly x: Float32Array;
  readonly y: Int32Array | Float32Array;
  readonly size: number;
}
