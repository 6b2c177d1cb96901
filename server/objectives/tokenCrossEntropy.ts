/** A class for each token of an example: the next one of a text, or a label of each. */
import type { Builder } from '../graph/builder';
import { logSoftmax, scale } from '../graph/compose';
import type { Node } from '../graph/types';
import { IGNORED_LABELS } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { checkEnding } from './classOutput';
import type { LabelledModel, Labels, Misfit, ModelOutput, Objective, Predicted, StepMetric } from './types';

/** 1 for each token that counts, else 0: [n, t]. */
function counting(b: Builder, y: Node): Node {
  return IGNORED_LABELS.map((label) =>
    b.subtract(b.constant(1), b.equal(y, b.literal(Int32Array.of(label), []))),
  ).reduce((all, one) => b.multiply(all, one));
}

/** `sum` / `count`, and 0 where nothing counts. */
function perToken(b: Builder, sum: Node, count: Node): Node {
  return b.divide(sum, b.maximum(count, b.constant(1)));
}

/** Sums over tokens of the weights `counts` [n, t]: of -log softmax(logits)[y], of what is predicted correctly, and of the weights. */
function sums(b: Builder, { logits, y, labels }: Predicted, counts: Node) {
  const last = logits.shape.length - 1;
  const chosen = b.reduceSum(b.multiply(b.oneHot(y, labels.classes), logSoftmax(b, logits)), [last]);
  return {
    loss: scale(b, b.reduceSum(b.multiply(counts, chosen)), -1),
    correct: b.reduceSum(b.multiply(counts, b.equal(b.argMax(logits, last), y))),
    count: b.reduceSum(counts),
  };
}

/** The fraction of the batch's counting tokens that are predicted correctly, once for each example. */
const stepAccuracy: StepMetric = {
  name: 'accuracy',
  sum(b, batch) {
    const { correct, count } = sums(b, batch, counting(b, batch.y));
    return scale(b, perToken(b, correct, count), batch.y.shape[0]);
  },
};

function read({ model, shape, endings }: ModelOutput): Labels | Misfit {
  const [tokens, classes] = shape;
  if (shape.length !== 2 || tokens < 2 || classes < 2) {
    return {
      problem: `the loss token-cross-entropy is for outputs [tokens, classes], but ${model} gives [${shape.join(', ')}] for each example.`,
      hint: 'End the model with one value a class for each token, for example with a dense layer over all steps.',
    };
  }
  for (const ending of endings) {
    const misfit = checkEnding(ending, classes);
    if (misfit) return misfit;
  }
  return { task: 'token-classification', shape: [tokens], dtype: 'int32', classes, balanced: false };
}

/**
 * Softmax cross-entropy of logits [n, t, classes], the mean over all tokens of the batch whose label [n, t] is none of
 * {@link IGNORED_LABELS}.
 */
export const tokenCrossEntropy: Objective = {
  name: 'token-cross-entropy',
  title: 'cross-entropy per token',
  leavesOut: ['softmax', 'sigmoid'],
  isOfLogits: true,
  read,
  checkDataset({ name, labels }: LabelledModel, dataset) {
    const given = dataset.labelShape ?? [];
    if (given.join() !== labels.shape.join()) {
      const found = given.length === 0 ? 'one class for an example' : `classes [${given.join(', ')}] for an example`;
      throw usageError(
        `${name} gives a class for each of ${labels.shape[0]} tokens, but ${dataset.name} has ${found}.`,
        `Store the labels as int32 [n, ${labels.shape[0]}]; labels ${IGNORED_LABELS.join(' and ')} do not count.`,
      );
    }
    if (dataset.classes !== undefined && dataset.classes > labels.classes) {
      throw usageError(`${name} has ${labels.classes} outputs, but ${dataset.name} has ${dataset.classes} classes.`);
    }
  },
  findWrongLabel(values, { name, labels: { classes } }) {
    const isWrong = (label: number) => (label < 0 || label >= classes) && !IGNORED_LABELS.includes(label);
    const index = Array.prototype.findIndex.call(values, isWrong);
    const ignored = IGNORED_LABELS.join(' and ');
    return index < 0 ? undefined : { index, problem: `is not a class of ${name}: 0 to ${classes - 1}, or ${ignored}` };
  },
  loss(b, batch) {
    const { loss, count } = sums(b, batch, counting(b, batch.y));
    return perToken(b, loss, count);
  },
  countOf(y) {
    let count = 0;
    for (const label of y) if (!IGNORED_LABELS.includes(label)) count++;
    return count;
  },
  metrics: () => ['perplexity', 'accuracy'],
  stepMetrics: [stepAccuracy],
  measures(b, { exampleWeights, ...batch }) {
    const weights = b.reshape(exampleWeights, [exampleWeights.shape[0], 1]);
    const { loss, correct, count } = sums(b, batch, b.multiply(counting(b, batch.y), weights));
    const parts = [loss, correct, count].map((sum) => b.reshape(sum, [1]));
    return { sums: { node: b.concat(parts, 0), per: 'batch' } };
  },
  finish({ sums: [loss, correct, count] }) {
    const tokens = Math.max(count, 1);
    return { loss: loss / tokens, perplexity: Math.exp(loss / tokens), accuracy: correct / tokens };
  },
};
