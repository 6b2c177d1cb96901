/** What a predictor is trained for: one score for the features of a weight, against how long the weight survived. */
import type { Builder } from '../../graph/builder';
import { mean, square } from '../../graph/compose';
import type { Node } from '../../graph/types';
import type { Objective } from '../../objectives';

/**
 * `mse`: mean squared error. `ranking`: the mean over pairs of weights of log(1 + exp(-(s_i - s_j))) |y_i - y_j|, where
 * y_i > y_j, so that only the order counts, and far apart pairs the most.
 */
export type PredictorLoss = 'mse' | 'ranking';

/** Scores [n] of the output [n, 1]. */
export function scoresOf(b: Builder, logits: Node): Node {
  return b.reshape(logits, [logits.shape[0]]);
}

function squaredError(b: Builder, predicted: Node, targets: Node): Node {
  return mean(b, square(b, b.subtract(predicted, targets)));
}

/** Pairs the first half of the batch with the second. */
function rankingLoss(b: Builder, predicted: Node, targets: Node): Node {
  const half = Math.floor(predicted.shape[0] / 2);
  const difference = (values: Node) => b.subtract(b.slice(values, [0], [half]), b.slice(values, [half], [half]));
  const truth = difference(targets);
  const agreement = b.multiply(b.sign(truth), difference(predicted));
  return mean(b, b.multiply(b.abs(truth), b.softplus(b.negate(agreement))));
}

/** How well a predictor agrees with survival is measured by ranks, over whole runs: see `agreement.ts`. */
function predictorObjective(
  name: PredictorLoss,
  title: string,
  loss: (b: Builder, predicted: Node, targets: Node) => Node,
): Objective {
  return {
    name,
    title,
    leavesOut: [],
    isOfLogits: false,
    read: ({ shape }) =>
      shape.join() === '1'
        ? { task: 'prediction', shape: [], dtype: 'float32', classes: 1, balanced: false }
        : { problem: 'a predictor gives one score.' },
    checkDataset: () => undefined,
    findWrongLabel: () => undefined,
    loss: (b, { logits, y }) => loss(b, scoresOf(b, logits), y),
    metrics: () => [],
    stepMetrics: [],
    measures: (b, { logits, y, exampleWeights }) => {
      const errors = square(b, b.subtract(scoresOf(b, logits), y));
      return { sums: { node: b.reshape(b.reduceSum(b.multiply(exampleWeights, errors)), [1]), per: 'batch' } };
    },
    finish: ({ sums }, size) => ({ loss: sums[0] / size }),
  };
}

export const PREDICTOR_OBJECTIVES: { readonly [Name in PredictorLoss]: Objective } = {
  mse: predictorObjective('mse', 'mean squared error', squaredError),
  ranking: predictorObjective('ranking', 'loss of the order', rankingLoss),
};
