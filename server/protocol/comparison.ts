/** The results of `prunelens compare`: contents of `results.json`, and what the report shows. Plain JSON. */

import type { MetricSpreads, MetricsByKey } from './metricKeys';
import type { Stability } from './stability';
import type { PredictorEvaluation } from './survival';
import type { Shape } from './tensor';

/** The name in place of a method's where nothing is pruned. */
export const DENSE = 'dense';

/** What pruning left of one weight tensor. */
export interface LayerResult {
  readonly layer: string;
  readonly weight: string;
  readonly shape: Shape;
  readonly total: number;
  readonly kept: number;
  /** Kept weights on a path from input to output. */
  readonly effectiveKept: number;
  /** Units that the weights lead to, and those of them that a path reaches. */
  readonly nodes?: number;
  readonly effectiveNodes?: number;
  /** log10 of the number of paths through the kept weights; null where there are none. */
  readonly log10Paths?: number | null;
  readonly file: string | null;
  readonly line: number | null;
}

/** What is left of a network without the channels that a structured method removes, which is trained at its own size. */
export interface ShrinkResult {
  /** Channels, or sets of them that can only go together, that could be removed, and those that stay. */
  readonly channels: number;
  readonly keptChannels: number;
  /** Values of all parameters. */
  readonly denseParameters: number;
  readonly parameters: number;
  /** Multiplications of one example, paired with additions. */
  readonly denseMacs: number;
  readonly macs: number;
  /** Seconds of a training step, measured in turns before the run's training: medians. */
  readonly step: { readonly batchSize: number; readonly denseSeconds: number; readonly seconds: number };
}

/**
 * Multiplications, paired with additions, of which those by masked weights are left out: of one example's inference, and of the whole
 * training, its updates of masks with them; scoring is not in them.
 */
export interface MacCosts {
  readonly inference: number;
  readonly denseInference: number;
  readonly training: number;
  /** Of the same training without masks. */
  readonly denseTraining: number;
}

/** An update of masks that change while a network is trained. */
export interface MaskChange {
  /** Counted from 1. */
  readonly epoch: number;
  /** Steps before it. */
  readonly step: number;
  /** Weights that are kept after it, and those that went and came. */
  readonly kept: number;
  readonly dropped: number;
  readonly grown: number;
}

/** How the masks of a run changed. */
export interface MaskChanges {
  /** Weights that training began with. */
  readonly initialKept: number;
  readonly updates: readonly MaskChange[];
}

/** What had to be trained before there was a mask. Dense training that runs share counts in each. */
export interface TrainedBefore {
  readonly epochs: number;
  readonly seconds: number;
  /** Multiplications, as MacCosts counts them; absent from runs of earlier versions. */
  readonly macs?: number;
}

/** What pruning left of a network; all of it where the network is dense. Of masks that change, what the end has. */
export interface PruningResult {
  readonly prunable: number;
  readonly kept: number;
  readonly effectiveKept: number;
  /** Layers of which nothing is left. */
  readonly collapsed: readonly string[];
  readonly layers: readonly LayerResult[];
  /** Time of scoring; the same one where several sparsities share it. */
  readonly seconds: number;
  /** Pruning at convergence only. */
  readonly trainedBefore?: TrainedBefore;
  /** Methods that change masks while they train only. */
  readonly changes?: MaskChanges;
  /** Of the finished run, with what was trained before it; absent from runs of earlier versions. */
  readonly cost?: MacCosts;
  /** Structured pruning only. */
  readonly shrunk?: ShrinkResult;
  /** log10 of the number of paths from input to output; null where there are none. */
  readonly log10Paths?: number | null;
  /** ProsPr: the learning rate of the inner steps, as it was given or chosen. */
  readonly innerLr?: number;
  /** How much of the mask is the method's own, where that was measured. */
  readonly stability?: Stability;
  /** ProsPr: L2 norms of dL(w_M)/dw_k for k = 0 … M. */
  readonly adjointNorms?: readonly number[];
  /** ProsPr, where they were asked for: norms of meta-gradients beside those of gradients. */
  readonly gradientNorms?: readonly GradientNorms[];
  /** Whole sentences on what is doubtful about the scores. */
  readonly warnings?: readonly string[];
}

/** L2 norms of one tensor's dL(w_M)/dw_0 and dL(w_0)/dw_0, both of the loss on the same batch. */
export interface GradientNorms {
  readonly weight: string;
  readonly metaGradient: number;
  readonly gradient: number;
}

/** After the last epoch, `testAccuracy` and so on: see `metricKeys.ts`. */
export interface FinalMetrics extends MetricsByKey {
  readonly epoch: number;
}

/** Which network was trained. */
export interface RunKey {
  /** Label of the model. */
  readonly model: string;
  /** Name of a method, or `dense`. */
  readonly method: string;
  /** Fraction of the weights removed, or of the channels where the method is structured; 0 where dense. */
  readonly sparsity: number;
  readonly seed: number;
}

export interface RunOutcome extends RunKey {
  readonly pruning: PruningResult;
  readonly final: FinalMetrics;
  /** Time of training. */
  readonly seconds: number;
  /** Folder of the run, relative to the comparison's. */
  readonly folder: string;
}

/** A run that could not be finished. */
export interface RunFailure extends RunKey {
  readonly error: string;
}

/** Means over the seeds of what was measured on the test data. */
export interface SummaryRow extends MetricSpreads {
  readonly model: string;
  readonly method: string;
  readonly sparsity: number;
  readonly runs: number;
  /** Mean mask IoU under changed weights, of the runs where it was measured. */
  readonly stability?: number;
  /** Structured methods: mean time of a training step as a share of the dense network's, measured in turns. */
  readonly stepRatio?: number;
}

export interface ComparedModel {
  readonly label: string;
  /** Name of the model file. */
  readonly file: string;
  readonly data: string;
  /** Everything the runs have in common, as setting and value. */
  readonly settings: { readonly [name: string]: string };
}

/** Trainings at once, and how many times as fast they are as one after the other; absent where that was not measured. */
export interface SideBySide {
  readonly width: number;
  readonly speedup?: number;
}

export interface Comparison {
  readonly format: 'prunelens-comparison-1';
  readonly version: string;
  readonly backend: string;
  readonly device: string;
  /** Masked networks that are trained at once in one program, and by how many times that is faster, where it was measured; absent: one. */
  readonly sideBySide?: SideBySide;
  /** Runs that were asked for. */
  readonly planned: number;
  readonly models: readonly ComparedModel[];
  /** Methods with their titles, in the order asked for. */
  readonly methods: readonly { readonly name: string; readonly title: string }[];
  readonly runs: readonly RunOutcome[];
  readonly failures: readonly RunFailure[];
  readonly summary: readonly SummaryRow[];
  /** Where a predictor was evaluated: what is known of itself. */
  readonly predictor?: PredictorEvaluation;
}
