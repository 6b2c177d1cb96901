/** Exact batches out of a file. */
import { findWrongId, isReadAs, wrongId } from '../data/adapt';
import { readSafetensors } from '../files/safetensors';
import { inputNames } from '../models/parameters';
import { fromStored } from '../models/stored';
import type { Network, NetworkInput } from '../models/types';
import type { Batch, InputValues } from '../protocol/data';
import { UserError } from '../protocol/errors';
import { type HostTensor, sizeOf } from '../protocol/tensor';

const FORMAT =
  'A file of batches holds the tensors 0/x, 0/y, 1/x, 1/y and so on, for several inputs 0/x/NAME in place of 0/x; rows and columns are counted from 0.';

function wrong(path: string, message: string): UserError {
  return new UserError(`${path}: ${message}`, { kind: 'usage', hint: FORMAT });
}

/** Where element `index` of a tensor [n, …shape] is, counted from 0. */
function placeIn(name: string, shape: readonly number[], index: number): string {
  const each = sizeOf(shape);
  return `row ${Math.floor(index / each)}${each === 1 ? '' : `, column ${index % each}`} of ${name}`;
}

/** The class of each row of one-hot rows `[..., classes]`. */
function classesOfRows(y: HostTensor, name: string, path: string): Int32Array {
  const classes = y.shape[y.shape.length - 1];
  return Int32Array.from({ length: y.data.length / classes }, (_, row) => {
    const values = y.data.subarray(row * classes, (row + 1) * classes);
    const label = values.indexOf(1);
    if (label < 0 || values.some((value, i) => value !== (i === label ? 1 : 0))) {
      throw wrong(path, `row ${row} of ${name} is not one-hot: it must have a single 1 among zeros.`);
    }
    return label;
  });
}

/** Labels that are no classes. */
function valuesOf(y: HostTensor, size: number, network: Network, name: string, path: string): Float32Array {
  const shape = [size, ...network.labels.shape];
  if (y.shape.join() !== shape.join() || y.dtype !== 'float32') {
    const found = `[${y.shape.join(', ')}] of ${y.dtype}`;
    throw wrong(path, `${name} is ${found}; it must be [${shape.join(', ')}] of float32.`);
  }
  return Float32Array.from(y.data);
}

function labelsOf(y: HostTensor, size: number, network: Network, name: string, path: string): Batch['y'] {
  const { labels, objective } = network;
  const read = labels.dtype === 'int32' ? classesIn : valuesOf;
  const values = read(y, size, network, name, path);
  const found = objective.findWrongLabel(values, network);
  if (found) {
    const place = placeIn(name, labels.shape, found.index);
    throw wrong(path, `${place}: the label ${values[found.index]} ${found.problem}.`);
  }
  return values;
}

function classesIn(y: HostTensor, size: number, network: Network, name: string, path: string): Int32Array {
  const shape = [size, ...network.labelShape];
  const isOneHot = y.shape.join() === [...shape, network.classes].join();
  const isClasses = y.shape.join() === shape.join() && y.dtype === 'int32';
  if (!isOneHot && !isClasses) {
    const wanted = `[${shape.join(', ')}] of whole numbers or [${[...shape, network.classes].join(', ')}] one-hot`;
    throw wrong(path, `${name} is [${y.shape.join(', ')}] of ${y.dtype}; it must be ${wanted}.`);
  }
  return isOneHot ? classesOfRows(y, name, path) : Int32Array.from(y.data);
}

function inputsOf(x: HostTensor, input: NetworkInput, network: Network, name: string, path: string): InputValues {
  const [size, ...shape] = x.shape;
  const isIds = input.dtype === 'int32';
  const expected = input.stored?.shape ?? input.shape;
  if (size === undefined || size < 1 || !isReadAs(shape, expected) || (isIds && x.dtype !== 'int32')) {
    const wanted = `[n, ${expected.join(', ')}]${isIds ? ' of int32, which are token ids' : ''}`;
    throw wrong(path, `${name} is [${x.shape.join(', ')}] of ${x.dtype}; ${network.name} takes ${wanted}.`);
  }
  if (isIds) {
    const ids = Int32Array.from(x.data);
    const place = findWrongId(ids, input);
    if (place >= 0) throw wrongId(`${name} in ${path}`, ids[place], place, input);
    return ids;
  }
  const values = examplesInside(Float32Array.from(x.data), size, input);
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) throw wrong(path, `${placeIn(name, input.shape, index)} is ${values[index]}.`);
  return values;
}

/** The values of `size` examples with their axes in the engine's order. */
function examplesInside(values: Float32Array, size: number, { shape, stored }: NetworkInput): Float32Array {
  if (!stored) return values;
  const order = [0, ...stored.order.map((axis) => axis + 1)];
  return fromStored(values, { name: '', view: [size, ...shape], order, shape: [size, ...stored.shape] });
}

/**
 * The batches in the safetensors file `path`: `k/x` of `[n, …shape of the input]` in the model's own axes, token ids being int32,
 * or `k/x/NAME` for each of several inputs, and `k/y` of int32 classes `[n]` (of a segmentation `[n, h, w]`, of tokens `[n, t]`) or
 * one-hot rows.
 *
 * @throws UserError (usage) naming the tensor that is missing, unknown or does not fit the network.
 */
export async function readBatches(network: Network, path: string): Promise<readonly Batch[]> {
  const { tensors } = await readSafetensors(path);
  const names = inputNames(network);
  const isFirst = (name: string) => /^\d+\//.test(name) && name.slice(name.indexOf('/') + 1) === names[0];
  const count = Array.from(tensors.keys()).filter(isFirst).length;
  if (count === 0) throw wrong(path, `there is no batch 0/${names[0]}.`);
  const known = new Set(Array.from({ length: count }, (_, k) => [...names, 'y'].map((name) => `${k}/${name}`)).flat());
  for (const name of known) if (!tensors.has(name)) throw wrong(path, `${name} is missing.`);
  for (const name of tensors.keys()) if (!known.has(name)) throw wrong(path, `${name} is no part of a batch.`);
  return Array.from({ length: count }, (_, k) => {
    const [size] = tensors.get(`${k}/${names[0]}`)!.shape;
    const [x, ...further] = network.inputs.map((input, i) => {
      const name = `${k}/${names[i]}`;
      const values = tensors.get(name)!;
      if (i > 0 && values.shape[0] !== size) {
        throw wrong(path, `${name} has ${values.shape[0]} examples, but ${k}/${names[0]} has ${size}.`);
      }
      return inputsOf(values, input, network, name, path);
    });
    const y = labelsOf(tensors.get(`${k}/y`)!, size, network, `${k}/y`, path);
    return { x, ...(further.length > 0 && { further }), y, size };
  });
}
