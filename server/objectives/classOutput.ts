/** Outputs that are logits of classes: which they are, and which data they fit. */
import { usageError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { namedLabel } from './labelPlaces';
import type { Ending, LabelledData, LabelledModel, Labels, Misfit, ModelOutput } from './types';
import { hasValues } from './valueOutput';

const extents = (shape: Shape) => `[${shape.join(', ')}]`;

/**
 * Labels of an output with one value a class: [classes] is a classification, [h, w, classes] a segmentation. Any other is a
 * misfit, and so is an image of one pixel: a classifier whose last axes were forgotten.
 */
export function readClasses({ shape, endings }: ModelOutput): Labels | Misfit {
  for (const ending of endings) {
    const misfit = checkEnding(ending, shape[shape.length - 1]);
    if (misfit) return misfit;
  }
  if ((shape.length !== 1 && shape.length !== 3) || (shape.length === 3 && shape[0] * shape[1] === 1)) {
    return {
      problem: `the model's output has the shape ${extents(shape)} for each example, neither [classes] nor [height, width, classes].`,
      hint: 'End the model with one value a class, for example with a dense layer after flatten, or with a 1x1 convolution for one value a class and pixel.',
    };
  }
  const classes = shape[shape.length - 1];
  const isClassifier = shape.length === 1;
  if (classes < 2) {
    return isClassifier
      ? { problem: "the model's output is a single value; a classifier needs at least two classes." }
      : {
          problem: "the model's output has a single value for each pixel; a segmentation needs at least two classes.",
          hint: 'Give background and foreground a channel each, with softmax or no activation.',
        };
  }
  return {
    task: isClassifier ? 'classification' : 'segmentation',
    shape: shape.slice(0, -1),
    dtype: 'int32',
    classes,
    balanced: isClassifier,
  };
}

/** What ends the model must leave logits: a softmax over the classes, which is left out, or nothing. */
export function checkEnding(ending: Ending, classes: number): Misfit | undefined {
  const { kind, name, shape } = ending;
  if (kind === 'other') {
    return {
      problem: `the model ends in ${name}, but PruneLens trains with the softmax cross-entropy of the output.`,
      hint: 'Use softmax or no activation at the end of the model.',
      ending,
    };
  }
  if (ending.axis === undefined) return undefined;
  // The values keep their order, so the softmax is over the classes where its groups are runs of as many values. One over
  // anything else would be lost when it is left out.
  const axis = ending.axis < 0 ? ending.axis + shape.length : ending.axis;
  const isRun = shape.slice(axis + 1).every((extent) => extent === 1);
  if (isRun && shape[axis] === classes) return undefined;
  return {
    problem: `the softmax at the end of the model must be over all classes, not over one axis of ${extents(shape.slice(1))}.`,
    ending,
  };
}

/**
 * @throws UserError (usage) where one has a class for an example and the other one for each pixel, where they have another
 *   number of pixels, or where the data has more classes than the model.
 */
export function checkClasses({ name, labels }: LabelledModel, dataset: LabelledData): void {
  const given = dataset.labelShape ?? [];
  if (hasValues(dataset)) {
    throw usageError(
      `${name} is for ${labels.task}, but the labels of ${dataset.name} are values${sizeOf(given) > 1 ? ' that are no one-hot rows' : ''}${noClass(dataset, sizeOf(given))}.`,
      'Use data whose labels are classes, or train for the values with --objective mse.',
    );
  }
  if (given.join() !== labels.shape.join()) throw otherLabels(name, labels.shape, dataset.name, given);
  if (dataset.classes !== undefined && dataset.classes > labels.classes) {
    const excess = namedLabel(dataset, (label) => label >= labels.classes);
    throw usageError(
      `${name} has ${labels.classes} outputs, but ${dataset.name} has ${dataset.classes} classes${excess}.`,
    );
  }
}

/** The first value that is no class: no whole number, or in the first of the rows of `each` values that is not one-hot. */
function noClass(dataset: LabelledData, each: number): string {
  if (each === 1) return namedLabel(dataset, (value) => !Number.isInteger(value) || value < 0);
  return namedLabel(dataset, (value, index, values) => {
    if (value !== 0 && value !== 1) return true;
    if (index % each > 0) return false;
    let sum = 0;
    for (let i = index; i < index + each; i++) sum += values[i];
    return sum !== 1;
  });
}

function otherLabels(model: string, wanted: Shape, dataset: string, given: Shape) {
  if (given.length === 0) {
    return usageError(
      `${model} gives a class for each of ${wanted.join('x')} pixels, but ${dataset} has one class for an example.`,
      'Use data with masks (cells, or a folder with images/ and masks/), or end the model with one value a class.',
    );
  }
  if (wanted.length === 0) {
    return usageError(
      `${model} gives one class for an example, but ${dataset} has one for each of ${given.join('x')} pixels.`,
      'Use data with one class for an example, or end the model with [height, width, classes].',
    );
  }
  return usageError(
    `${model} gives a class for each of ${wanted.join('x')} pixels, but the masks of ${dataset} are ${given.join('x')}.`,
    'The output of a segmentation model must have the height and width of the masks.',
  );
}

/** The first value that is no class of the model. */
export function findWrongClass(values: ArrayLike<number>, { name, labels: { classes } }: LabelledModel) {
  for (let index = 0; index < values.length; index++) {
    if (values[index] < 0 || values[index] >= classes) {
      return { index, problem: `is not a class of ${name}: 0 to ${classes - 1}` };
    }
  }
  return undefined;
}
