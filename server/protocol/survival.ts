/** Pictures of a survival data set and of predictors on it, and what an evaluation says of a predictor. Plain JSON. */
import type { TestMetrics } from './metricKeys';

/** Values from `low` to `high` in evenly wide bins; what lies beyond is counted in the outermost ones. */
export interface PlaneAxis {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly bins: number;
}

/** How many weights have two values, cell by cell: a scatter plot whose size does not grow with the network. */
export interface DensityPlane {
  readonly title: string;
  readonly x: PlaneAxis;
  readonly y: PlaneAxis;
  /** Column by column, from low to high: `counts[column * y.bins + row]`. */
  readonly counts: readonly number[];
  /** Mean of y in each column; null in one without weights. */
  readonly means: readonly (number | null)[];
  /** Spearman's, of all values drawn; of |x| where `isOfSize`. */
  readonly rankCorrelation: number;
  readonly isOfSize?: boolean;
}

/** What is left of a weight tensor after each pruning. */
export interface LayerSurvival {
  readonly weight: string;
  readonly size: number;
  /** Fractions alive after 0, 1, …, all prunings. */
  readonly alive: readonly number[];
}

/** A predictor on one run. */
export interface PredictorPictures {
  /** What it sees of a weight, in words. */
  readonly title: string;
  readonly file: string;
  /** It has learned from runs of this network. */
  readonly isSeen: boolean;
  /** Prediction against truth: before its training, after it, and as AutoS ranks, where that differs. */
  readonly planes: readonly DensityPlane[];
}

/** Pictures of one iterative pruning. */
export interface SurvivalPictures {
  readonly name: string;
  readonly label: string;
  readonly data: string;
  readonly seed: number;
  readonly criterion: string;
  readonly schedule: string;
  readonly iterations: number;
  readonly finalSparsity: number;
  readonly weights: number;
  /** How many of the weights are drawn. */
  readonly drawn: number;
  /** What was measured of the network after each pruning. */
  readonly accuracies: readonly ({ readonly sparsity: number } & TestMetrics)[];
  /** Survival against the initial weight, then against the scores of methods. */
  readonly planes: readonly DensityPlane[];
  readonly layers: readonly LayerSurvival[];
  readonly predictors: readonly PredictorPictures[];
}

export interface SurvivalReport {
  readonly format: 'prunelens-survival-report-1';
  /** Of PruneLens. */
  readonly version: string;
  readonly dataset: string;
  readonly runs: readonly SurvivalPictures[];
}

/** How well scores order the weights of a run as their survival does. */
export interface SurvivalAgreement {
  /** `autos`, or what it is compared with. */
  readonly method: string;
  readonly title: string;
  readonly rankCorrelation: number;
  /** Of the weights that survive longest, the fraction among those with the highest scores, at each sparsity. */
  readonly overlaps: readonly { readonly sparsity: number; readonly overlap: number }[];
}

/** What an evaluation says of the predictor itself. */
export interface PredictorEvaluation {
  readonly file: string;
  readonly sha256: string;
  /** Networks it has learned from. */
  readonly trainedOn: readonly { readonly label: string; readonly data: string }[];
  /** Labels of the evaluated networks that are among them. */
  readonly seen: readonly string[];
  /** Each run of a survival data set that is of an evaluated network. */
  readonly runs: readonly {
    readonly name: string;
    readonly label: string;
    readonly agreements: readonly SurvivalAgreement[];
  }[];
}
