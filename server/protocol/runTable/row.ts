/** A run as a line of the table of runs. */
import type { RunSummary } from '../results';

export interface RunRow extends RunSummary {
  /** Data set as it was asked for, and how many examples of it are trained on. */
  readonly data?: string;
  readonly trainExamples?: number;
  readonly optimizer?: string;
  readonly learningRate?: number;
  readonly batchSize?: number;
  /** Name of the metric that the run is judged by; `best` and `final` are that of the test data. */
  readonly metric?: string;
  readonly best?: number;
  /** Epoch of the best value, from 1. */
  readonly bestEpoch?: number;
  readonly final?: number;
  /** `final` less that of the dense run that is trained alike: of the same seed, or the mean over all seeds where there is none. */
  readonly difference?: number;
  /** Share of the prunable weights that are on no path from input to output. */
  readonly effectiveSparsity?: number;
  /** Multiplications of one example that involve a kept weight, under the masks of the end. */
  readonly macs?: number;
  /** Those of the whole training, updates of masks with their gradients of all weights included. */
  readonly trainingMacs?: number;
  /** Time of training. */
  readonly seconds?: number;
  readonly device?: string;
  readonly host?: string;
  /** Commit of the model's repository, all digits, its branch, and whether files differed from it. */
  readonly commit?: string;
  readonly branch?: string;
  readonly dirty?: boolean;
  /** Comparison, sweep or search that it belongs to: its folder from the runs folder. */
  readonly group?: string;
  /** The runs folder that it is in, as it was named; absent where there is only one. */
  readonly runsFolder?: string;
}
