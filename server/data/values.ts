/** Values of examples as they are stored. */
import type { Shape } from '../protocol/tensor';

/** Bytes 0 … 255, kept as they are in the file; they stand for 0 … 1. */
export interface ByteValues {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
  /** Example i starts at `offset + i * stride`. */
  readonly offset: number;
  readonly stride: number;
  /** Channels one after the other (`[c, h, w]`) instead of interleaved (`[h, w, c]`). */
  readonly planar: boolean;
}

/** Values that follow each other without gaps, channels last. */
export interface FloatValues {
  readonly kind: 'floats';
  readonly values: Float32Array;
}

/** Whole numbers, likewise: ids, or numbers that happen to be whole. */
export interface IntegerValues {
  readonly kind: 'integers';
  readonly values: Int32Array;
}

export type Values = ByteValues | FloatValues | IntegerValues;

/** Channels of an example: the last axis of images, one for anything flat. */
export function channelsOf(shape: Shape): number {
  return shape.length === 3 ? shape[2] : 1;
}
