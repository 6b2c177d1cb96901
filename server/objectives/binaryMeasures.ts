/** What is measured of labels that are 0 or 1, independent of each other. */
import type { Builder } from '../graph/builder';
import { mean } from '../graph/compose';
import type { Node } from '../graph/types';
import { METRICS } from '../protocol/catalogue/metrics';
import { sizeOf } from '../protocol/tensor';
import type { Labels, Measure, Predicted, StepMetric, Totals } from './types';

const isPixelwise = ({ shape }: Labels) => shape.length === 3;

/** Segmentations lead with the mean IoU, as those of classes do. */
export function binaryMetrics(labels: Labels): readonly string[] {
  const metrics = [METRICS.accuracy.name, METRICS.balancedAccuracy.name, METRICS.f1.name];
  return isPixelwise(labels) ? [METRICS.meanIoU.name, ...metrics] : metrics;
}

/** 1 where a label is predicted, [n, outputs]: its probability is above one half. */
function predictions(b: Builder, { logits, labels }: Predicted): Node {
  return b.reshape(b.greater(logits, b.constant(0)), [logits.shape[0], sizeOf(labels.shape)]);
}

/** 1 where a label is there, [n, outputs]; it may be the probability that it is. */
function truths(b: Builder, { y, labels }: Predicted): Node {
  return b.reshape(b.greater(y, b.constant(0.5)), [y.shape[0], sizeOf(labels.shape)]);
}

/** Sum over the examples of the fraction of their labels that are predicted correctly. */
export const stepBinaryAccuracy: StepMetric = {
  name: METRICS.accuracy.name,
  sum: (b, batch) => b.reduceSum(mean(b, b.equal(predictions(b, batch), truths(b, batch)), [1])),
};

/**
 * `losses` [1], the sum over the examples; and of each label, of an image for all its pixels together, [labels]: how often it is
 * there and predicted (`found`), predicted (`predicted`), and there (`present`).
 */
export function binaryMeasures(
  b: Builder,
  batch: Predicted & { readonly exampleWeights: Node },
  losses: Node,
): { readonly [name: string]: Measure } {
  const { exampleWeights, labels } = batch;
  const size = exampleWeights.shape[0];
  const [predicted, present] = [predictions(b, batch), truths(b, batch)];
  const each = labels.shape[labels.shape.length - 1] ?? 1;
  const weights = b.reshape(exampleWeights, [size, 1]);
  const perLabel = (values: Node): Measure => {
    const rows = b.reshape(b.multiply(weights, values), [size, sizeOf(labels.shape) / each, each]);
    // float32 counts exactly up to 2^24, which is more than an image has pixels; images are added up in float64.
    return { node: b.reduceSum(rows, [1]), per: 'example' };
  };
  return {
    losses: { node: b.reshape(b.reduceSum(b.multiply(exampleWeights, losses)), [1]), per: 'batch' },
    found: perLabel(b.multiply(predicted, present)),
    predicted: perLabel(predicted),
    present: perLabel(present),
  };
}

/** The mean of the numbers among the values: labels of which a measure says nothing are left out; undefined where all are. */
function meanOf(values: readonly number[]): number | undefined {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** How often a label is (1) or is not (0) there and predicted or not, as fractions need it. */
interface Counts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/** Mean of the fractions of each of the two sides that are recognized; of one side where the other never occurs. */
export function balancedAccuracy({ truePositives, falsePositives, falseNegatives, trueNegatives }: Counts): number {
  const recognized = [
    truePositives / (truePositives + falseNegatives),
    trueNegatives / (trueNegatives + falsePositives),
  ];
  return meanOf(recognized) ?? Number.NaN;
}

/** F1 = 2 TP / (2 TP + FP + FN); NaN where the label neither occurs nor is predicted. */
export function f1Score({ truePositives, falsePositives, falseNegatives }: Counts): number {
  return (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives);
}

/** Mean of the intersections over unions of both sides. */
function bothUnions({ truePositives, falsePositives, falseNegatives, trueNegatives }: Counts): number {
  const wrong = falsePositives + falseNegatives;
  return meanOf([truePositives / (truePositives + wrong), trueNegatives / (trueNegatives + wrong)]) ?? Number.NaN;
}

/** The loss, and means over the labels of accuracy, balanced accuracy and F1, of images also of the IoU. */
export function finishBinary({ losses, found, predicted, present }: Totals, size: number, labels: Labels) {
  const each = (size * sizeOf(labels.shape)) / found.length;
  const counts = Array.from(found, (truePositives, label): Counts => {
    const falsePositives = predicted[label] - truePositives;
    const falseNegatives = present[label] - truePositives;
    const trueNegatives = each - truePositives - falsePositives - falseNegatives;
    return { truePositives, falsePositives, falseNegatives, trueNegatives };
  });
  const f1 = meanOf(counts.map(f1Score));
  return {
    loss: losses[0] / size,
    accuracy: meanOf(counts.map(({ truePositives, trueNegatives }) => (truePositives + trueNegatives) / each)),
    balancedAccuracy: meanOf(counts.map(balancedAccuracy)),
    ...(f1 !== undefined && { f1 }),
    ...(isPixelwise(labels) && { meanIoU: meanOf(counts.map(bothUnions)) }),
  };
}
