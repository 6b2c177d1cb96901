/** Labels that are values: which outputs have them, and which data fit. */
import type { Dataset, LabelValues, Split } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { namedLabel } from './labelPlaces';
import type { LabelledData, LabelledModel, Labels, ModelOutput } from './types';

const extents = (shape: Shape) => `[${shape.join(', ')}]`;

/** Labels of an output that stands for as many values: float values of its shape. */
export function valueLabels(task: string, { shape }: Pick<ModelOutput, 'shape'>): Labels {
  return { task, shape, dtype: 'float32', classes: sizeOf(shape), balanced: false };
}

/** Whether the labels are values, and not classes. */
export function hasValues({ train }: Pick<LabelledData, 'train'>): boolean {
  return train?.labels instanceof Float32Array;
}

/** The data set with other labels, `each` making those of a split, which have the shape `labelShape` for an example. */
export function withLabels(dataset: Dataset, labelShape: Shape, each: (labels: LabelValues) => Float32Array): Dataset {
  // Examples are read through the split itself, which may know itself by `this`.
  const relabelled = (split: Split): Split => {
    const labels = each(split.labels);
    const { labelPlace, fetch, readAhead, isOrdered } = split;
    const made = labels.length / split.labels.length;
    return {
      size: split.size,
      labels,
      ...(labelPlace && { labelPlace: (index: number) => labelPlace(Math.floor(index / made)) }),
      read: (indices, out, part) => split.read(indices, out, part),
      ...(isOrdered && { isOrdered }),
      ...(readAhead !== undefined && { readAhead }),
      ...(fetch && {
        fetch: async (indices, chance) => {
          const { x, y } = await fetch(indices, chance);
          return { x, y: each(y) };
        },
      }),
    };
  };
  const { storedLabels: _, ...rest } = dataset;
  return { ...rest, labelShape, train: relabelled(dataset.train), test: relabelled(dataset.test) };
}

/** Rows of zeros with a one at each class. */
export function oneHotRows(labels: LabelValues, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) rows[i * classes + labels[i]] = 1;
  return rows;
}

/** The data set with float labels of the model's shape, where its file held such values: whole numbers and one-hot rows are read as classes. */
export function adaptValues({ labels: { shape } }: LabelledModel, dataset: Dataset): Dataset {
  const { labelShape, storedLabels, classes } = dataset;
  const count = sizeOf(shape);
  if (hasValues(dataset)) {
    const isSame = labelShape?.join() === shape.join();
    return isSame || sizeOf(labelShape ?? []) !== count ? dataset : { ...dataset, labelShape: shape };
  }
  if (storedLabels === 'numbers' && sizeOf(labelShape ?? []) === count) {
    return withLabels(dataset, shape, (labels) => Float32Array.from(labels));
  }
  if (storedLabels === 'rows' && classes === count) {
    return withLabels(dataset, shape, (labels) => oneHotRows(labels, classes));
  }
  return dataset;
}

/** @throws UserError (usage) where a data set has classes, or values of another shape than the model gives. */
export function checkValues({ name, labels: { shape } }: LabelledModel, dataset: LabelledData): void {
  if (dataset.labelShape?.join() === shape.join() && (dataset.train === undefined || hasValues(dataset))) return;
  const values = sizeOf(shape) === 1 ? 'one value' : `values of shape ${extents(shape)}`;
  if (!hasValues(dataset)) {
    throw usageError(
      `${name} gives ${values} for an example, but the labels of ${dataset.name} are classes${namedLabel(dataset, () => true)}.`,
      'Use data whose labels are float values, or end the model with one output for each class and softmax or no activation.',
    );
  }
  throw usageError(
    `${name} gives ${values} for an example, but the labels of ${dataset.name} have the shape ${extents(dataset.labelShape ?? [])}.`,
    'The output of the model must have the shape of the labels.',
  );
}

/** The first value that is no number. */
export function findNotFinite(values: ArrayLike<number>) {
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index])) return { index, problem: 'is no finite number' };
  }
  return undefined;
}
