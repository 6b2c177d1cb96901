/** Data sets as training and scoring see them. */
import type { Shape } from './tensor';

/** Labelled examples that can be read in any order. */
export interface Split {
  readonly size: number;
  /** Class of each example, 0 … classes-1. */
  readonly labels: Int32Array;
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
  readonly classNames?: readonly string[];
  readonly train: Split;
  readonly test: Split;
}

/** One batch in host memory. `x` is `[n, …shape]`, `y` holds class numbers. */
export interface Batch {
  readonly x: Float32Array;
  readonly y: Int32Array;
  readonly size: number;
}
