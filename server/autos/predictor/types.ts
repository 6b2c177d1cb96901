/** A trained predictor and what is known of its making. */
import type { Weights } from '../../pruning/types';
import type { RewindSettings } from '../types';
import type { PredictorArchitecture } from './architecture';
import type { Calibration } from './calibration';
import type { DensityHead } from './densities';
import type { FeatureScales, FeatureSettings } from './features';
import type { PredictorLoss } from './objectives';
import type { PredictorTable } from './table';

export const PREDICTOR_HEADS = ['one', 'separate'] as const;
export type PredictorHeads = (typeof PREDICTOR_HEADS)[number];

/** How a predictor is trained. */
export interface PredictorSettings {
  readonly features: FeatureSettings;
  readonly architecture: PredictorArchitecture;
  readonly loss: PredictorLoss;
  /** Absent: ten, or as many more as a small data set needs for enough steps (see train.ts). */
  readonly epochs?: number;
  readonly batchSize: number;
  /** Adam's; it falls to zero along a cosine. */
  readonly learningRate: number;
  /**
   * `one`: how long a weight survives in its model is predicted as one number, from which the layers' densities follow. `separate`: its place
   * within its layer is, and the layers' densities are predicted apart (see densities.ts).
   */
  readonly heads: PredictorHeads;
  /** Of one head: whether predictions become comparable between layers by the spread of survivals around them (see calibration.ts). */
  readonly calibrate: boolean;
  /**
   * Power of the gradients of the two units that a weight of a hidden dense layer joins, by which its survival is multiplied (see
   * units.ts); 0 leaves them out. Only of predictions that are calibrated.
   */
  readonly unitExponent: number;
  /** At most so many weights of each run are learned from. */
  readonly samplesPerRun: number;
  readonly seed: number;
}

/** Mean over runs of how predictions agree with the truth in each. */
export interface Agreement {
  /** Spearman's, of prediction and survived iterations. */
  readonly rankCorrelation: number;
  /** Mean squared error of the scaled survived iterations. */
  readonly error: number;
  /** Of the 2 % of the weights that survived longest, the fraction among the 2 % with the highest predictions. */
  readonly overlap: number;
}

/** A run that was learned from, or held out. */
export interface RunOrigin {
  readonly label: string;
  readonly modelHash: string;
  readonly data: string;
  readonly settings: RewindSettings;
}

/** Where a predictor comes from and how good it is. */
export interface TrainingCard {
  /** Of PruneLens. */
  readonly version: string;
  readonly trainedOn: readonly RunOrigin[];
  readonly heldOut: readonly RunOrigin[];
  /** Its epochs are those that it was to be trained for. */
  readonly settings: Omit<PredictorSettings, 'features' | 'architecture' | 'epochs'> & { readonly epochs: number };
  /** After so many epochs: fewer than the settings' where the training was stopped. */
  readonly epochs: number;
  /** On the runs learned from. */
  readonly training: Agreement;
  /** On the runs held out; absent where there are none. */
  readonly unseen?: Agreement;
}

export interface Predictor {
  readonly features: FeatureSettings;
  readonly scales: FeatureScales;
  readonly architecture: PredictorArchitecture;
  /** Values of the parameters of its network, by name. */
  readonly weights: Weights;
  readonly card: TrainingCard;
  readonly calibration?: Calibration;
  /** Of separate heads. */
  readonly densities?: DensityHead;
  /** Its values on the grid, where making them takes long; they follow from the network. */
  readonly table?: PredictorTable;
}
