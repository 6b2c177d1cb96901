/** What iterative rewind pruning leaves for a predictor to learn from. */
import type { TestMetrics } from '../protocol/metricKeys';
import type { Shape } from '../protocol/tensor';
import type { TrainingConfig } from '../training/config';

/** One prunable weight tensor: its features at initialization, and how long each weight survived. */
export interface SurvivalLayer {
  /** Name of the weight, e.g. `conv1/kernel`. */
  readonly weight: string;
  readonly shape: Shape;
  /** Values at initialization, in the tensor's order. */
  readonly initial: Float32Array;
  /** Gradient of the mean loss over the pruning batches, at initialization, in the same order. */
  readonly gradient: Float32Array;
  /** Pruning iterations each weight survived, 0 … `iterations`. */
  readonly survived: Uint16Array;
}

/** How many go at each iteration: a constant fraction of what is left (`pct`) or a constant number (`num`). */
export type PruningSchedule = 'pct' | 'num';

/** A pruning iteration that was finished. */
export interface FinishedIteration extends TestMetrics {
  /** Counted from 1. */
  readonly iteration: number;
  /** Fraction removed when its training began. */
  readonly sparsity: number;
  /** After its training, on the test examples. */
  readonly testLoss: number;
  readonly seconds: number;
}

/** All that decides the outcome of one iterative rewind pruning, beside the network itself. */
export interface RewindSettings {
  /** Pruning iterations: so many trainings, each followed by a pruning. */
  readonly iterations: number;
  readonly schedule: PruningSchedule;
  /** Fraction removed after the last iteration. */
  readonly finalSparsity: number;
  /** What is compared after each training: the trained weights' magnitudes, or SNIP scores at the trained weights. */
  readonly criterion: 'magnitude' | 'snip';
  /** Epochs of training to which the weights are rewound; 0 is initialization. */
  readonly rewindEpoch: number;
  readonly seed: number;
}

/** With what the networks of a run were trained and their gradients taken. */
export interface TrainingRecord {
  readonly backend: string;
  readonly trainExamples: number;
  readonly testExamples: number;
  /** Each iteration's. */
  readonly config: TrainingConfig;
  /** Class-balanced batches, of `config.batchSize`, whose mean loss the gradient (and SNIP) is of. */
  readonly pruningBatches: number;
}

/** One finished iterative rewind pruning: a shard of the data set. */
export interface SurvivalRun {
  /** A short name, e.g. `lenet-300-100`. */
  readonly label: string;
  /** Fingerprint of the topology; held-out splits are by it. */
  readonly modelHash: string;
  /** Data set, as it was asked for. */
  readonly data: string;
  readonly settings: RewindSettings;
  /** Absent where it is not known. */
  readonly training?: TrainingRecord;
  readonly iterations: readonly FinishedIteration[];
  /** Every prunable weight tensor, in the order of the network. */
  readonly layers: readonly SurvivalLayer[];
}
