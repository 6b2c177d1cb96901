/** Searching the highest sparsity that keeps a metric: what it takes and what it finds. */
import type { CompareFlags } from '../comparison/flags';
import type { PruningResult } from '../protocol/comparison';

/** Option name of a metric, `mean-iou`. Measured on the test split after the last epoch. */
export type SearchMetric = string;

export interface SearchFlags extends Omit<CompareFlags, 'methods' | 'sparsities' | 'dense'> {
  readonly method: string;
  /** Absent: the metric that leads in the network's objective. */
  readonly metric?: SearchMetric;
  /** By how much the metric may be below the dense network's, 0 … 1. */
  readonly tolerance: number;
  /** Sparsities to try. */
  readonly rounds: number;
  /** The search stays below it. */
  readonly maxSparsity: number;
}

/** One trained network. */
export interface SearchRun {
  readonly seed: number;
  readonly value: number;
  /** Time of training. */
  readonly seconds: number;
  /** Folder of the run, relative to the search's. */
  readonly folder: string;
}

/** The metric at one sparsity: the mean over the seeds' runs. */
export interface Measurement {
  readonly value: number;
  readonly runs: readonly SearchRun[];
}

/** A sparsity that was tried. */
export interface Trial extends Measurement {
  readonly sparsity: number;
  /** Prunable weights left, and those of them on a path from input to output; of the first seed. */
  readonly pruning: Pick<PruningResult, 'prunable' | 'kept' | 'effectiveKept'>;
  /** Whether the metric is no worse than the dense network's by more than the tolerance. */
  readonly keeps: boolean;
}

/** Contents of `results.json`. Plain JSON. */
export interface SearchResult {
  readonly format: 'prunelens-search-1';
  readonly version: string;
  readonly backend: string;
  readonly device: string;
  readonly model: { readonly label: string; readonly file: string; readonly data: string };
  /** Everything the runs have in common, as setting and value. */
  readonly settings: { readonly [name: string]: string };
  readonly method: string;
  readonly metric: SearchMetric;
  readonly tolerance: number;
  readonly maxSparsity: number;
  /** Rounds that were asked for; `trials` has as many when the search is complete. */
  readonly rounds: number;
  readonly dense: Measurement;
  /** In the order they were tried. */
  readonly trials: readonly Trial[];
  /** The highest sparsity that keeps the metric; null where none of those tried does. */
  readonly found: { readonly sparsity: number; readonly value: number } | null;
  /** The lowest sparsity above it that does not; null where all tried keep it. */
  readonly lost: { readonly sparsity: number; readonly value: number } | null;
}
