/** Data sets in one array file, `.safetensors` or `.npz`: examples and labels of both splits under conventional names. */
import { decodeElements, isFloat } from '../files/elements';
import type { StoredArray } from '../files/npy';
import { readNpzArrays } from '../files/npz';
import { withSafetensors } from '../files/safetensors';
import { IGNORED_LABELS } from '../protocol/data';
import { UserError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import type { RawDataset, RawPart, RawSplit } from './examples';
import { checkCounts, checkLabels, countClasses } from './labels';
import type { Values } from './values';

/** Whether the file's name is one of an array file. */
export function isArrayFile(path: string): boolean {
  return /\.(safetensors|npz)$/i.test(path);
}

/**
 * Opens an array file: `train/x`, `train/y`, `test/x` and `test/y`, or for several inputs `train/x/NAME` for each. Examples are `[n, features]`, `[n, h, w]` (grey images) or `[n, h, w, c]`, uint8 or float; labels
 * are whole numbers `[n]` or `[n, 1]`, or one-hot rows `[n, classes]`; or a whole number for each pixel, `[n, h, w]` or
 * `[n, h, w, 1]`. `labelShape` is the shape of an example's labels as a model has them: of a model of tokens, labels `[n, t]` are
 * a whole number for each token, and {@link IGNORED_LABELS} among them do not count.
 */
export async function openArrays(name: string, path: string, labelShape?: Shape): Promise<RawDataset> {
  const arrays = /\.npz$/i.test(path) ? await readNpzArrays(path) : await readSafetensorsArrays(path);
  const named = findParts(arrays, path);
  const trainX = named[0]?.train ?? find(arrays, path, 'train', 'x');
  const trainY = find(arrays, path, 'train', 'y');
  const testX = named[0]?.test ?? find(arrays, path, 'test', 'x');
  const testY = find(arrays, path, 'test', 'y');

  const { shape, kind } = formOf(trainX, testX);
  const isPerToken = labelShape?.length === 1;
  const shapeOf = (y: FoundArray) => (isPerToken ? tokenShape(y) : undefined) ?? pixelShape(y, shape);
  const ownLabelShape = shapeOf(trainY);
  if (ownLabelShape?.join() !== shapeOf(testY)?.join()) {
    throw new UserError(`${testY.where} has the shape [${testY.array.shape}], unlike the training labels.`);
  }
  const each = sizeOf(ownLabelShape ?? []);
  const train = openSplit(trainX, trainY, ownLabelShape ?? []);
  const test = openSplit(testX, testY, ownLabelShape ?? []);
  const isOneHot = !ownLabelShape && trainY.array.shape.length === 2 && trainY.array.shape[1] > 1;
  const classes = isOneHot ? trainY.array.shape[1] : countClasses(train.labels);
  const ignored = ownLabelShape?.length === 1 ? IGNORED_LABELS : [];
  checkLabels(train.labels, classes, trainY.where, each, ignored);
  checkLabels(test.labels, classes, testY.where, each, ignored);
  const parts = named.map((part) => openPart(part, { train: trainY, test: testY }, ownLabelShape ?? []));
  return {
    name,
    shape,
    classes,
    kind,
    train,
    test,
    ...(ownLabelShape && { labelShape: ownLabelShape }),
    ...(parts.length > 0 && { parts }),
  };
}

/** Shape and kind of the examples of both splits, which must be the same. */
function formOf(train: FoundArray, test: FoundArray): { readonly shape: Shape; readonly kind: Values['kind'] } {
  const shape = exampleShape(train);
  const testShape = exampleShape(test);
  if (shape.join() !== testShape.join()) {
    throw new UserError(
      `${test.where} has examples of shape [${testShape}], but the training examples are [${shape}].`,
    );
  }
  const kind = kindOf(train);
  if (kindOf(test) !== kind) {
    throw new UserError(`${test.where} is ${test.array.type}, but the training examples are ${train.array.type}.`);
  }
  return { shape, kind };
}

/** The array of a part in both splits. */
interface FoundPart {
  readonly name: string;
  readonly train: FoundArray;
  readonly test: FoundArray;
}

/** The arrays `train/x/NAME`, each with its `test/x/NAME`; none where examples have one part without a name. */
function findParts(arrays: ReadonlyMap<string, StoredArray>, path: string): readonly FoundPart[] {
  const prefix = 'train/x/';
  const names = [...arrays.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return names.map((name) => {
    const found = (split: string): FoundArray => {
      const array = arrays.get(`${split}/x/${name}`);
      if (!array) throw new UserError(`${path} has an array 'train/x/${name}', but no array '${split}/x/${name}'.`);
      return { array, where: `${path}, array '${split}/x/${name}'` };
    };
    return { name, train: found('train'), test: found('test') };
  });
}

function openPart(
  { name, train, test }: FoundPart,
  labels: { readonly train: FoundArray; readonly test: FoundArray },
  labelShape: Shape,
): RawPart {
  const loaded = { train: openSplit(train, labels.train, labelShape), test: openSplit(test, labels.test, labelShape) };
  return { name, ...formOf(train, test), train: loaded.train.load, test: loaded.test.load };
}

function readSafetensorsArrays(path: string): Promise<Map<string, StoredArray>> {
  return withSafetensors(path, async (reader) => {
    const arrays = new Map<string, StoredArray>();
    for (const [name, { type, shape }] of reader.entries) {
      arrays.set(name, { type, shape, bytes: await reader.readBytes(name) });
    }
    return arrays;
  });
}

interface FoundArray {
  readonly array: StoredArray;
  /** File and name for messages. */
  readonly where: string;
}

function find(arrays: ReadonlyMap<string, StoredArray>, path: string, split: string, part: 'x' | 'y'): FoundArray {
  const word = part === 'x' ? 'images' : 'labels';
  const names = [`${split}/${part}`, `${part}_${split}`, `${split}_${part}`, `${split}_${word}`, `${split}/${word}`];
  for (const name of names) {
    const array = arrays.get(name);
    if (array) return { array, where: `${path}, array '${name}'` };
  }
  const present = [...arrays.keys()].slice(0, 8).join(', ') || 'nothing';
  throw new UserError(`${path} has no array '${names[0]}' (or ${names.slice(1).join(', ')}); it holds ${present}.`);
}

function exampleShape({ array: { shape }, where }: FoundArray): Shape {
  if (shape.length < 2 || shape.length > 4 || sizeOf(shape.slice(1)) === 0) {
    throw new UserError(`${where} has shape [${shape}]; examples must be [n, features], [n, h, w] or [n, h, w, c].`);
  }
  return shape.length === 3 ? [shape[1], shape[2], 1] : shape.slice(1);
}

/** `[h, w]` where the labels are a class for each pixel of examples of `shape`; undefined where they are one an example. */
function pixelShape({ array: { shape }, where }: FoundArray, exampleShape: Shape): Shape | undefined {
  if (shape.length < 3) return undefined;
  const [, height, width, ...rest] = shape;
  if (exampleShape.length !== 3 || height !== exampleShape[0] || width !== exampleShape[1] || sizeOf(rest) !== 1) {
    throw new UserError(
      `${where} has shape [${shape}], but the examples are [${exampleShape}]; labels are [n], one-hot [n, classes], or [n, h, w] with a class for each pixel.`,
    );
  }
  return [height, width];
}

/** `[t]` where the labels are a class for each of t tokens. */
function tokenShape({ array: { shape } }: FoundArray): Shape | undefined {
  return shape.length === 2 || (shape.length === 3 && shape[2] === 1) ? [shape[1]] : undefined;
}

function openSplit(x: FoundArray, y: FoundArray, labelShape: Shape): RawSplit {
  const labels = readLabels(y, labelShape);
  checkCounts(x.array.shape[0], labels.length / sizeOf(labelShape), x.where, y.where);
  const values = readValues(x);
  return { labels, load: () => values };
}

/** Bytes and other whole numbers are kept as they are; all other types become float32. */
function kindOf({ array: { type } }: FoundArray): Values['kind'] {
  if (type === 'U8') return 'bytes';
  return isFloat(type) || type === 'BOOL' ? 'floats' : 'integers';
}

function readValues({ array: { type, shape, bytes }, where }: FoundArray): Values {
  if (type === 'U8') {
    return { kind: 'bytes', bytes, offset: 0, stride: sizeOf(shape.slice(1)), planar: false };
  }
  const decoded = decodeElements(type, bytes, where);
  if (decoded instanceof Int32Array && type !== 'BOOL') return { kind: 'integers', values: decoded };
  const values = decoded instanceof Float32Array ? decoded : new Float32Array(decoded);
  const size = sizeOf(shape.slice(1));
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new UserError(`${where}: example ${Math.floor(i / size)} contains ${values[i]}.`);
    }
  }
  return { kind: 'floats', values };
}

function readLabels({ array: { type, shape, bytes }, where }: FoundArray, labelShape: Shape): Int32Array {
  const values = decodeElements(type, bytes, where);
  if (labelShape.length === 0 && shape.length === 2 && shape[1] > 1) return oneHotLabels(values, shape[1], where);
  if (shape.length === 0) throw new UserError(`${where} is a single number; labels must be [n].`);
  const wrong = values.findIndex((value) => !Number.isInteger(value));
  if (wrong >= 0) {
    const example = Math.floor(wrong / sizeOf(labelShape));
    throw new UserError(`${where}: example ${example} has label ${values[wrong]}, not a whole number.`);
  }
  return values instanceof Int32Array ? values : new Int32Array(values);
}

function oneHotLabels(values: ArrayLike<number>, classes: number, where: string): Int32Array {
  const labels = new Int32Array(values.length / classes);
  for (let example = 0; example < labels.length; example++) {
    let ones = 0;
    let others = 0;
    for (let label = 0; label < classes; label++) {
      const value = values[example * classes + label];
      if (value === 1) {
        ones++;
        labels[example] = label;
      } else if (value !== 0) others++;
    }
    if (ones !== 1 || others > 0) throw new UserError(`${where}: the row of example ${example} is not one-hot.`);
  }
  return labels;
}
