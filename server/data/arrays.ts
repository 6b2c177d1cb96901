/** Data sets in one array file, `.safetensors` or `.npz`: examples and labels of both splits under conventional names. */
import { decodeElements, isFloat } from '../files/elements';
import type { StoredArray } from '../files/npy';
import { readNpzArrays } from '../files/npz';
import { withSafetensors } from '../files/safetensors';
import type { LabelFormat, LabelValues } from '../protocol/data';
import { UserError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { labelPlace, readLabels } from './arrayLabels';
import type { RawDataset, RawSplit } from './examples';
import { checkCounts } from './labels';
import type { Values } from './values';

/** Whether the file's name is one of an array file. */
export function isArrayFile(path: string): boolean {
  return /\.(safetensors|npz)$/i.test(path);
}

/**
 * Opens an array file: `train/x`, `train/y`, `test/x` and `test/y`, or for several inputs `train/x/NAME` and `test/x/NAME` of
 * each. Examples are `[n, features]`, `[n, h, w]` (grey images) or `[n, h, w, c]`, uint8, another whole number, or float; labels
 * are whole numbers `[n]` or `[n, 1]`, or one-hot rows `[n, classes]`; a whole number for each pixel, `[n, h, w]` or
 * `[n, h, w, 1]`; or values: rows that are not one-hot, and floats of any shape. `wanted` are the labels of
 * an example as a model has them: of a model of tokens, labels `[n, t]` are a whole number for each token.
 */
export async function openArrays(name: string, path: string, wanted?: LabelFormat): Promise<RawDataset> {
  const arrays = /\.npz$/i.test(path) ? await readNpzArrays(path) : await readSafetensorsArrays(path);
  const named = findParts(arrays, path);
  const trainX = named[0]?.train ?? find(arrays, path, 'train', 'x');
  const trainY = find(arrays, path, 'train', 'y');
  const testX = named[0]?.test ?? find(arrays, path, 'test', 'x');
  const testY = find(arrays, path, 'test', 'y');

  const { shape, kind } = formOf(trainX, testX);
  const labels = readLabels(
    { train: trainY, test: testY },
    shape,
    wanted?.dtype === 'int32' && wanted.shape.length === 1,
  );
  const each = sizeOf(labels.labelShape ?? []);
  const load = (x: FoundArray, y: FoundArray, values: LabelValues): RawSplit['load'] => {
    checkCounts(x.array.shape[0], values.length / each, x.where, y.where);
    const examples = readValues(x);
    return () => examples;
  };
  const opened = (named.length > 0 ? named : [{ name: 'x', train: trainX, test: testX }]).map((part) => ({
    ...part,
    ...formOf(part.train, part.test),
    train: load(part.train, trainY, labels.train),
    test: load(part.test, testY, labels.test),
  }));
  const [{ train, test }] = opened;
  return {
    name,
    shape,
    kind,
    ...labels,
    train: { labels: labels.train, labelPlace: (index) => labelPlace(trainY.where, each, index), load: train },
    test: { labels: labels.test, labelPlace: (index) => labelPlace(testY.where, each, index), load: test },
    ...(named.length > 0 && { parts: opened }),
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
