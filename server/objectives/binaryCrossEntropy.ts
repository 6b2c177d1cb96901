/** Labels that are 0 or 1: one, or several that are independent of each other. */
import type { Builder } from '../graph/builder';
import { mean } from '../graph/compose';
import type { Node } from '../graph/types';
import type { Dataset } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';
import { binaryMeasures, binaryMetrics, finishBinary, stepBinaryAccuracy } from './binaryMeasures';
import { namedLabel } from './labelPlaces';
import type { LabelledData, LabelledModel, Labels, ModelOutput, Objective, Predicted } from './types';
import { adaptValues, checkValues, hasValues, oneHotRows, valueLabels, withLabels } from './valueOutput';

/** Values of `x` [n, …] as rows [n, outputs]. */
function rows(b: Builder, x: Node): Node {
  return b.reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]);
}

/**
 * Binary cross-entropy of each example, [n]: the mean over its labels of -y log p - (1 - y) log(1 - p) with p = sigmoid(z), which is
 * y softplus(-z) + (1 - y) softplus(z): nothing is clipped, and far logits keep all their digits.
 */
export function binaryCrossEntropies(b: Builder, { logits, y }: Pick<Predicted, 'logits' | 'y'>): Node {
  const missed = b.multiply(y, b.softplus(b.negate(logits)));
  const invented = b.multiply(b.subtract(b.constant(1), y), b.softplus(logits));
  return mean(b, rows(b, b.add(missed, invented)), [1]);
}

function taskOf({ shape }: ModelOutput): string {
  if (shape.length === 3) return 'binary-segmentation';
  return sizeOf(shape) === 1 ? 'binary-classification' : 'multi-label-classification';
}

function read(output: ModelOutput): Labels {
  const labels = valueLabels(taskOf(output), output);
  // One label makes two classes.
  return { ...labels, balanced: labels.classes === 1 };
}

/**
 * Classes as labels: of one output, 0 and 1 are its values; of several, a class is a one at its place. Classes of pixels are labels of
 * the pixels in the same way. Data with more classes than that stays as it is, and so does not fit.
 */
function adaptDataset(model: LabelledModel, dataset: Dataset): Dataset {
  const { shape } = model.labels;
  const each = sizeOf(shape);
  const adapted = hasValues(dataset) ? adaptValues(model, dataset) : dataset;
  if (hasValues(adapted)) return each === 1 ? { ...adapted, classes: 2 } : adapted;
  const { classes, labelShape = [] } = dataset;
  const outputs = each / sizeOf(labelShape);
  const areSamePixels = labelShape.length === 0 || labelShape.join() === shape.slice(0, -1).join();
  if (!areSamePixels) return dataset;
  if (outputs === 1 && classes <= 2) {
    return { ...withLabels(dataset, shape, (labels) => Float32Array.from(labels)), classes: 2 };
  }
  if (outputs > 1 && classes === outputs) return withLabels(dataset, shape, (labels) => oneHotRows(labels, classes));
  return dataset;
}

function checkDataset(model: LabelledModel, dataset: LabelledData): void {
  const { name, labels } = model;
  if (hasValues(dataset) || dataset.classes === undefined) {
    checkValues(model, dataset);
    return;
  }
  const outputs = labels.shape[labels.shape.length - 1] ?? 1;
  const wrong = namedLabel(dataset, (label) => outputs > 1 || label > 1);
  const wanted = outputs === 1 ? 'a label that is 0 or 1' : `${outputs} labels that are 0 or 1`;
  throw usageError(
    `${name} has ${wanted} for ${labels.shape.length === 3 ? 'a pixel' : 'an example'}, but ${dataset.name} has ${dataset.classes} classes${wrong}.`,
    'Use data with labels of 0 and 1, or end the model with one unit a class and softmax.',
  );
}

/** The first value that is neither 0 nor 1 nor a probability between them. */
function findWrongLabel(values: ArrayLike<number>) {
  for (let index = 0; index < values.length; index++) {
    if (!(values[index] >= 0 && values[index] <= 1)) return { index, problem: 'is not a label from 0 to 1' };
  }
  return undefined;
}

/** A model that ends in a sigmoid, of any number of units, is for it. */
export const binaryCrossEntropy: Objective = {
  name: 'binary-cross-entropy',
  title: 'binary cross-entropy',
  // A softmax here is one that somebody has chosen a loss over labels for.
  leavesOut: ['sigmoid', 'softmax'],
  isOfLogits: true,
  noise: 'binary',
  suits: ({ endings }) => endings.some(({ kind }) => kind === 'sigmoid'),
  read,
  adaptDataset,
  checkDataset,
  findWrongLabel,
  loss: (b, batch) => mean(b, binaryCrossEntropies(b, batch)),
  metrics: binaryMetrics,
  stepMetrics: [stepBinaryAccuracy],
  measures: (b, batch) => binaryMeasures(b, batch, binaryCrossEntropies(b, batch)),
  finish: finishBinary,
};
