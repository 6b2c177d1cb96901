/** How far scores and masks would be the same again: what a scoring tells of its own conditioning. Plain JSON. */

/** Two scorings of the same network, held against each other. */
export interface StabilityFigures {
  /** Weights that both masks keep, as a share of those that either keeps. */
  readonly maskIou: number;
  /** The same expected of two random masks with these densities in each layer. */
  readonly chanceIou: number;
  /** Spearman's, over the scores of all weights. */
  readonly rankCorrelation: number;
  readonly layers: readonly LayerStability[];
}

export interface LayerStability {
  readonly layer: string;
  readonly maskIou: number;
  readonly rankCorrelation: number;
}

export interface Stability {
  /** Scored again with weights changed by about what rounding changes them by. */
  readonly weights: StabilityFigures;
  /** Scored again on other batches; null where the method uses none, or they are given. */
  readonly batches: StabilityFigures | null;
}

/** The stability of a score in the editor, with the sparsity of the masks that it is about. */
export interface ShownStability extends Stability {
  readonly sparsity: number;
}

/** Of two masks that keep equally many weights, the share of one that the other keeps too. */
export function chosenAgain(maskIou: number): number {
  return (2 * maskIou) / (1 + maskIou);
}
