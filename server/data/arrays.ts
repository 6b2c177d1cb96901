/** Data sets in one array file, `.safetensors` or `.npz`: examples and labels of both splits under conventional names. */
import { decodeElements, isFloat } from '../files/elements';
import type { StoredArray } from '../files/npy';
import { readNpzArrays } from '../files/npz';
import { withSafetensors } from '../files/safetensors';
import type { LabelFormat, LabelValues } from '../protocol/data';
import { UserError } from '../protocol/errors';
import { type Shape, sizeOf } from '../protocol/tensor';
import { readLabels } from './arrayLabels';
import type { RawDataset, RawSplit } from './examples';
import { checkCounts } from './labels';
import type { Values } from './values';

/** Whether the file's name is one of an array file. */
export function isArrayFile(path: string): boolean {
  return /\.(safetensors|npz)$/i.test(path);
}

/**
 * Opens an array file. Examples are `[n, features]`, `[n, h, w]` (grey images) or `[n, h, w, c]`, uint8 or float; labels
 * are whole numbers `[n]` or `[n, 1]`, or one-hot rows `[n, classes]`; a whole number for each pixel, `[n, h, w]` or
 * `[n, h, w, 1]`; or values: rows that are not one-hot, and floats of any shape. `wanted` are the labels of
 * an example as a model has them: of a model of tokens, labels `[n, t]` are a whole number for each token.
 */
export async function openArrays(name: string, path: string, wanted?: LabelFormat): Promise<RawDataset> {
  const arrays = /\.npz$/i.test(path) ? await readNpzArrays(path) : await readSafetensorsArrays(path);
  const [trainX, trainY] = [find(arrays, path, 'train', 'x'), find(arrays, path, 'train', 'y')];
  const [testX, testY] = [find(arrays, path, 'test', 'x'), find(arrays, path, 'test', 'y')];

  const shape = exampleShape(trainX);
  const testShape = exampleShape(testX);
  if (shape.join() !== testShape.join()) {
    throw new UserError(
      `${testX.where} has examples of shape [${testShape}], but the training examples are [${shape}].`,
    );
  }
  const kind = kindOf(trainX);
  if (kindOf(testX) !== kind) {
    throw new UserError(`${testX.where} is ${testX.array.type}, but the training examples are ${trainX.array.type}.`);
  }
  const labels = readLabels(
    { train: trainY, test: testY },
    shape,
    wanted?.dtype === 'int32' && wanted.shape.length === 1,
  );
  const { labelShape } = labels;
  const each = sizeOf(labelShape ?? []);
  const split = (x: FoundArray, y: FoundArray, values: LabelValues): RawSplit => {
    checkCounts(x.array.shape[0], values.length / each, x.where, y.where);
    const examples = readValues(x);
    return { labels: values, load: () => examples };
  };
  const train = split(trainX, trainY, labels.train);
  const test = split(testX, testY, labels.test);
  return { name, shape, kind, ...labels, train, test };
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
