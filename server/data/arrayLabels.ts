/** Labels out of arrays: classes where they can be, float values where they cannot. */
import { decodeElements, isFloat } from '../files/elements';
import type { StoredArray } from '../files/npy';
import { IGNORED_LABELS, type LabelValues } from '../protocol/data';
import { UserError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import type { RawDataset } from './examples';
import { checkLabels, countClasses } from './labels';

export interface LabelArray {
  readonly array: StoredArray;
  /** File and name for messages. */
  readonly where: string;
}

/** Labels of both splits, and what they are. */
interface ReadLabels extends Pick<RawDataset, 'classes' | 'labelShape' | 'storedLabels'> {
  readonly train: LabelValues;
  readonly test: LabelValues;
}

/** An array with its elements as numbers. */
interface Decoded {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
  readonly isFloat: boolean;
  readonly where: string;
}

/** Above this, float32 does not hold every whole number. */
const EXACT_UP_TO = 2 ** 24;

/**
 * The labels of a data set whose examples have `exampleShape`: classes where those of both splits can be, else float values.
 * Where they `areTokens`, rows are a whole number for each token, and {@link IGNORED_LABELS} among them do not count.
 * @throws UserError naming the array, and the example where one is wrong.
 */
export function readLabels(
  { train, test }: { readonly train: LabelArray; readonly test: LabelArray },
  exampleShape: Shape,
  areTokens: boolean,
): ReadLabels {
  const splits = [train, test].map(decode);
  const areAlike = columnsOf(splits[0]).join() === columnsOf(splits[1]).join();
  return areAlike && !(areTokens && isTokens(splits[0])) && splits.some((split) => !mayBeClasses(split, exampleShape))
    ? readValues(splits)
    : readClasses(splits, exampleShape, areTokens);
}

function decode({ array: { type, shape, bytes }, where }: LabelArray): Decoded {
  if (shape.length === 0) throw new UserError(`${where} is a single number; labels must be [n].`);
  return { shape, values: decodeElements(type, bytes, where), isFloat: isFloat(type), where };
}

/** The shape of one example's labels, without axes of one element at its end. */
function columnsOf({ shape }: Decoded): Shape {
  const columns = shape.slice(1);
  return columns[columns.length - 1] === 1 ? columns.slice(0, -1) : columns;
}

const isTokens = (split: Decoded) => columnsOf(split).length === 1;

const isRows = ({ shape }: Decoded) => shape.length === 2 && shape[1] > 1;

/**
 * Whether the labels are classes, right or wrong ones. Values are rows that are not one-hot, and floats with a fraction, negative, too large,
 * or of another shape than classes have.
 */
function mayBeClasses(split: Decoded, exampleShape: Shape): boolean {
  const { values, shape, isFloat } = split;
  if (isRows(split)) return typeof oneHotLabels(values, shape[1]) !== 'number';
  if (!isFloat) return true;
  const columns = columnsOf(split);
  const isClass = (value: number) => Number.isInteger(value) && value >= 0 && value < EXACT_UP_TO;
  return (columns.length === 0 || isPixels(columns, exampleShape)) && Array.prototype.every.call(values, isClass);
}

/** Names label `index` of an array in which an example has `each`, for messages. */
export function labelPlace(where: string, each: number, index: number): string {
  const column = each === 1 ? '' : `, column ${index % each}`;
  return `${where}, row ${Math.floor(index / each)}${column} (counted from 0)`;
}

function readValues(splits: readonly Decoded[]): ReadLabels {
  const [{ shape }] = splits;
  const labelShape = columnsOf(splits[0]).length === 0 ? [1] : shape.slice(1);
  const [train, test] = splits.map(({ values, where }) => {
    const labels = Float32Array.from(values);
    const wrong = labels.findIndex((value) => !Number.isFinite(value));
    if (wrong < 0) return labels;
    throw new UserError(
      `${labelPlace(where, sizeOf(labelShape), wrong)}: the label ${values[wrong]} is no finite number.`,
    );
  });
  return { train, test, labelShape, classes: sizeOf(labelShape) };
}

/** A class for each example, as a whole number or a one-hot row, or one for each of its pixels. */
function readClasses(splits: readonly Decoded[], exampleShape: Shape, areTokens: boolean): ReadLabels {
  const shapeOf = (split: Decoded) => {
    if (areTokens && isTokens(split)) return columnsOf(split);
    return isRows(split) ? undefined : pixelShape(split, exampleShape);
  };
  const [labelShape, other] = splits.map(shapeOf);
  const isOneHot = (split: Decoded) => isRows(split) && !labelShape;
  if (labelShape?.join() !== other?.join()) {
    throw new UserError(`${splits[1].where} has the shape [${splits[1].shape}], unlike the training labels.`);
  }
  const each = sizeOf(labelShape ?? []);
  const [train, test] = splits.map((split) => (isOneHot(split) ? classesOfRows(split) : wholeNumbers(split, each)));
  const ignored = labelShape?.length === 1 ? IGNORED_LABELS : [];
  const classes = isOneHot(splits[0]) ? splits[0].shape[1] : countClasses(train);
  checkLabels(train, classes, splits[0].where, each, ignored);
  checkLabels(test, classes, splits[1].where, each, ignored);
  const stored = splits.every(isOneHot) ? 'rows' : splits.every(({ isFloat }) => isFloat) ? 'numbers' : undefined;
  return { train, test, classes, ...(labelShape && { labelShape }), ...(stored && { storedLabels: stored }) };
}

function isPixels(columns: Shape, exampleShape: Shape): boolean {
  return columns.length === 2 && exampleShape.length === 3 && columns.join() === exampleShape.slice(0, 2).join();
}

/** `[h, w]` where the labels are a class for each pixel of examples of `shape`; undefined where they are one an example. */
function pixelShape(labels: Decoded, exampleShape: Shape): Shape | undefined {
  const columns = columnsOf(labels);
  if (columns.length === 0) return undefined;
  if (isPixels(columns, exampleShape)) return columns;
  throw new UserError(
    `${labels.where} has shape [${labels.shape}], but the examples are [${exampleShape}]; labels are [n], one-hot [n, classes], or [n, h, w] with a class for each pixel.`,
  );
}

function wholeNumbers({ values, where }: Decoded, each: number): Int32Array {
  const wrong = Array.prototype.findIndex.call(values, (value: number) => !Number.isInteger(value));
  if (wrong >= 0) {
    const example = Math.floor(wrong / each);
    throw new UserError(`${where}: example ${example} has label ${values[wrong]}, not a whole number.`);
  }
  return values instanceof Int32Array ? values : Int32Array.from(values);
}

function classesOfRows({ values, shape, where }: Decoded): Int32Array {
  const labels = oneHotLabels(values, shape[1]);
  if (typeof labels === 'number') throw new UserError(`${where}: the row of example ${labels} is not one-hot.`);
  return labels;
}

/** The class of each row; the number of the first row that is not one-hot where there is one. */
function oneHotLabels(values: ArrayLike<number>, classes: number): Int32Array | number {
  const labels = new Int32Array(values.length / classes);
  for (let example = 0; example < labels.length; example++) {
    let ones = 0;
    for (let label = 0; label < classes; label++) {
      const value = values[example * classes + label];
      if (value !== 0 && value !== 1) return example;
      if (value === 1) {
        ones++;
        labels[example] = label;
      }
    }
    if (ones !== 1) return example;
  }
  return labels;
}
