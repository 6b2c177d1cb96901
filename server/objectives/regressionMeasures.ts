/** What is measured of values: the mean absolute error, and R². */
import type { Builder } from '../graph/builder';
import { mean, scale, square } from '../graph/compose';
import type { Node } from '../graph/types';
import { METRICS } from '../protocol/catalogue/metrics';
import type { LabelValues } from '../protocol/data';
import { sizeOf } from '../protocol/tensor';
import type { Labels, Measure, Predicted, StepMetric, Totals } from './types';

/** Leads with R², which has the same meaning whatever the unit of the values is. */
export const REGRESSION_METRICS: readonly string[] = [METRICS.r2.name, METRICS.meanAbsoluteError.name];

/** The differences of a batch, [n, outputs]. */
export function residuals(b: Builder, { logits, y, labels }: Predicted): Node {
  return b.reshape(b.subtract(logits, y), [logits.shape[0], sizeOf(labels.shape)]);
}

/** Sum over the examples of the mean distance of their values. */
export const stepAbsoluteError: StepMetric = {
  name: METRICS.meanAbsoluteError.name,
  sum: (b, batch) => scale(b, b.reduceSum(b.abs(residuals(b, batch))), 1 / sizeOf(batch.labels.shape)),
};

/** `losses` [1] and `distances` [1], sums over the examples; `squares` [outputs], the squared differences of each output. */
export function regressionMeasures(
  b: Builder,
  batch: Predicted & { readonly exampleWeights: Node },
  losses: Node,
): { readonly [name: string]: Measure } {
  const { exampleWeights } = batch;
  const differences = residuals(b, batch);
  const weighted = (values: Node) => b.reshape(b.reduceSum(b.multiply(exampleWeights, values)), [1]);
  const weights = b.reshape(exampleWeights, [exampleWeights.shape[0], 1]);
  return {
    losses: { node: weighted(losses), per: 'batch' },
    distances: { node: weighted(mean(b, b.abs(differences), [1])), per: 'batch' },
    squares: { node: b.reduceSum(b.multiply(weights, square(b, differences)), [0]), per: 'batch' },
  };
}

/** Squared distances of the values from their mean, of each of the `outputs`. */
function variations(values: LabelValues, outputs: number): Float64Array {
  const size = values.length / outputs;
  const means = new Float64Array(outputs);
  for (let i = 0; i < values.length; i++) means[i % outputs] += values[i] / size;
  const sums = new Float64Array(outputs);
  for (let i = 0; i < values.length; i++) sums[i % outputs] += (values[i] - means[i % outputs]) ** 2;
  return sums;
}

/**
 * R² = 1 - (squared errors) / (squared distances from the mean): the mean over the outputs whose labels differ; undefined where all labels of
 * every output are equal.
 */
export function determination(squares: ArrayLike<number>, values: LabelValues): number | undefined {
  const total = variations(values, squares.length);
  const shares = Array.from(total, (sum, i) => 1 - squares[i] / sum).filter((_, i) => total[i] > 0);
  return shares.length === 0 ? undefined : shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** R² where the labels of each output are all equal: {@link determination} has no value then, whatever is predicted. */
export function unmeasuredOfRegression(values: LabelValues, { shape }: Labels) {
  const isDetermined = variations(values, sizeOf(shape)).some((sum) => sum > 0);
  return isDetermined ? [] : [{ metric: METRICS.r2.name, reason: 'all labels of the test examples are equal' }];
}

/** Loss, R² and mean absolute error out of the sums of {@link regressionMeasures}. */
export function finishRegression(
  { losses, distances, squares }: Totals,
  size: number,
  _labels: Labels,
  values: LabelValues,
) {
  const r2 = determination(squares, values);
  return { loss: losses[0] / size, ...(r2 !== undefined && { r2 }), meanAbsoluteError: distances[0] / size };
}
