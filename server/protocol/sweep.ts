/** What `prunelens sweep` adds to the results of a comparison. Plain JSON. */
import type { Comparison } from './comparison';
import type { MetricSpreads } from './metricKeys';

/** What is to be said beside measured times. */
export const NO_TIME_SAVED =
  'An unstructured mask by itself saves no time: masked weights are still multiplied, as zeros. Only channels and units that ' +
  'a mask leaves unread are left out of the training. Sparse MACs count what would be left to multiply; the seconds are ' +
  'measured.';

/** What is to be said beside costs where whole channels were removed. */
export const SMALLER_NETWORKS =
  'Methods for channels make a smaller network and train that: their sparsity is the one of the channels (unless it was ' +
  "asked of the parameters), their sparse MACs are the smaller network's own, and the time of a training step was measured " +
  "in turns with one of the dense network's, in each run.";

/** What is to be said beside costs where networks are pruned after training. */
export const COST_AT_CONVERGENCE =
  'Epochs in all include the training before pruning, where a method prunes after training; dense training that several ' +
  'runs share counts in each of them.';

/** Whether a file can hold a sweep, by its name. */
export const isSweepFile = (file: string) => /\.ya?ml$/i.test(file);

export type SweepValue = number | string | boolean;

/** Values of the axes of a sweep, by the option's name. */
export interface SweepSettings {
  readonly [option: string]: SweepValue;
}

/** A network of the sweep: one model on one data set with one way of training. Its label is the runs' `model`. */
export interface SweepNetworkInfo {
  readonly label: string;
  /** The model alone, without data and settings. */
  readonly model: string;
  readonly data: string;
  /** Values of the axes that are about training. */
  readonly settings: SweepSettings;
  /** Multiplications and additions of one example, counted as pairs, of the dense network. */
  readonly denseMacs: number;
}

/** A method with its values of the axes that are about pruning. Its name is the runs' `method`. */
export interface SweepVariantInfo {
  readonly name: string;
  readonly method: string;
  readonly settings: SweepSettings;
}

export interface SweepAxis {
  readonly option: string;
  readonly values: readonly SweepValue[];
}

/** Metrics on the test data over the values of one axis, with all else alike. */
export interface AxisCurve {
  readonly option: string;
  /** Label of the network, or of the model and its data where the axis is about training and so makes networks of its own. */
  readonly place: string;
  readonly method: string;
  /** The method, with its values of the other axes. */
  readonly title: string;
  readonly sparsity: number;
  readonly points: readonly ({ readonly value: SweepValue; readonly runs: number } & MetricSpreads)[];
}

/** Costs and sparsities of a network and method at one sparsity: means over the seeds. */
export interface CostRow {
  readonly model: string;
  readonly method: string;
  readonly sparsity: number;
  /** Fraction of the weights that is removed, as it came out. */
  readonly nominalSparsity: number;
  /** Fraction that is removed or on no path from input to output. */
  readonly effectiveSparsity: number;
  /** Multiplications of one example that involve a kept weight; of a structured method those of the smaller network. */
  readonly sparseMacs: number;
  /** Structured methods: time of a training step as a share of the dense network's, measured in turns. */
  readonly stepRatio?: number;
  readonly scoringSeconds: number;
  /** Measured, of the run's own training. */
  readonly trainingSeconds: number;
  /** All epochs that were trained to get there: those before pruning, too, where it is pruned at convergence. */
  readonly totalEpochs: number;
  readonly totalSeconds: number;
}

export interface PublishedCurve {
  readonly id: string;
  readonly title: string;
  /** Our name of the method, where there is one. */
  readonly method?: string;
  readonly source: string;
  readonly points: readonly { readonly sparsity: number; readonly mean: number; readonly deviation: number | null }[];
}

export interface PublishedSteps {
  readonly source: string;
  readonly sparsity: number;
  readonly points: readonly { readonly steps: number; readonly mean: number; readonly deviation: number }[];
}

export interface PublishedTimes {
  readonly source: string;
  readonly epochs: number;
  readonly points: readonly { readonly sparsity: number; readonly seconds: number }[];
}

/** Published numbers about one network's model and data. */
export interface PublishedNumbers {
  /** Label of the network. */
  readonly model: string;
  readonly curves: readonly PublishedCurve[];
  readonly steps: readonly PublishedSteps[];
  readonly times: readonly PublishedTimes[];
}

export interface SweepDetails {
  readonly title: string;
  readonly axes: readonly SweepAxis[];
  readonly networks: readonly SweepNetworkInfo[];
  readonly variants: readonly SweepVariantInfo[];
  readonly costs: readonly CostRow[];
  readonly axisCurves: readonly AxisCurve[];
  readonly published: readonly PublishedNumbers[];
}

/** Contents of a sweep's `results.json`. */
export interface SweepResults extends Comparison {
  readonly sweep: SweepDetails;
}
