/** Labels that do not fit a model are named by where they are, before anything is computed. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../server/data/open';
import { writeSafetensors } from '../../../server/files/safetensors';
import { createNetwork } from '../../../server/frontends/keras/network/createNetwork';
import { fitLabels } from '../../../server/models/task';
import type { Network } from '../../../server/models/types';
import { floatTensor, type HostTensor, intTensor } from '../../../server/protocol/tensor';
import { readBatches } from '../../../server/request/batches';
import { chain } from '../../support/networks';
import { failure, temporaryFolder, writeFiles } from './helpers';

const folder = temporaryFolder();
let files = 0;

const dense = (units: number, activation: string) => createNetwork(chain([2], ['out', 'Dense', { units, activation }]));
const classifier = dense(3, 'softmax');
const regression = dense(1, 'linear');
const several = dense(2, 'tanh');
const binary = dense(1, 'sigmoid');
const multiLabel = dense(2, 'sigmoid');

const floats = (shape: readonly number[], ...values: number[]) => floatTensor(shape, Float32Array.from(values));
const whole = (shape: readonly number[], ...values: number[]) => intTensor(shape, Int32Array.from(values));
const examples = floats([4, 2], 1, 2, 3, 4, 5, 6, 7, 8);

async function arrays(trainY: HostTensor, testY = trainY): Promise<string> {
  const path = join(folder, `${files++}.safetensors`);
  await writeSafetensors(path, { x_train: examples, y_train: trainY, x_test: examples, y_test: testY });
  return path;
}

async function told(network: Network, path: string): Promise<string> {
  const open = async () => fitLabels(network, await openDataset(path, { labels: network.labels }));
  const text = await failure(open(), folder);
  return text.replaceAll(path.replace(folder, 'FOLDER'), 'FILE');
}

describe('arrays', () => {
  it.each<[string, Network, HostTensor, RegExp]>([
    [
      'values for a classifier',
      classifier,
      floats([4], 0, 1, 0.5, 2),
      /are values \(0\.5 in FILE, array 'y_train', row 2 \(counted from 0\)\)\./,
    ],
    [
      'rows that are not one-hot',
      classifier,
      floats([4, 3], 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1),
      /values that are no one-hot rows \(0 in FILE, array 'y_train', row 2, column 0 \(counted from 0\)\)\./,
    ],
    [
      'more classes than outputs',
      classifier,
      whole([4], 0, 1, 5, 2),
      /^net has 3 outputs, but .* has 6 classes \(5 in FILE, array 'y_train', row 2 \(counted from 0\)\)\.$/,
    ],
    [
      'a negative class',
      classifier,
      whole([4], 0, -1, 1, 2),
      /'y_train': example 1 has label -1, which is not in 0 to 2\.$/,
    ],
    [
      'NaN among classes',
      classifier,
      floats([4], 0, 1, Number.NaN, 2),
      /^FILE, array 'y_train', row 2 \(counted from 0\): the label NaN is no finite/,
    ],
    [
      'NaN among values',
      several,
      floats([4, 2], 1, 2, 3, 4, 5, Number.NaN, 7, 8),
      /^FILE, array 'y_train', row 2, column 1 \(counted from 0\): the label NaN/,
    ],
    [
      'infinity',
      regression,
      floats([4], 1.5, 2, Number.NEGATIVE_INFINITY, 2),
      /row 2 \(counted from 0\): the label -Infinity is no finite number\.$/,
    ],
    [
      'classes for a regression',
      regression,
      whole([4], 2, 1, 0, 2),
      /gives one value for an example, but the labels of .* are classes \(2 in FILE, array 'y_train', row 0 \(counted from 0\)\)\./,
    ],
    [
      'a third class for a binary classifier',
      binary,
      whole([4], 0, 1, 2, 1),
      /has a label that is 0 or 1 for an example, but .* has 3 classes \(2 in FILE, array 'y_train', row 2 \(counted from 0\)\)\./,
    ],
    [
      'the same as floats',
      binary,
      floats([4, 1], 0, 1, 2, 1),
      /has 3 classes \(2 in FILE, array 'y_train', row 2 \(counted from 0\)\)\./,
    ],
    [
      'another label among several',
      multiLabel,
      whole([4, 2], 0, 1, 1, 1, 0, 2, 1, 0),
      /^FILE, array 'y_train', row 2, column 1 \(counted from 0\): 2 is not a label from 0 to 1\.$/,
    ],
    [
      'another number of labels',
      regression,
      floats([3], 0.5, 1, 2),
      /holds 4 examples, but .*'y_train' holds 3 labels\.$/,
    ],
    [
      'labels of another shape',
      several,
      floats([4], 0.5, 1, 2, 3),
      /gives values of shape \[2\] for an example, but the labels of .* have the shape \[1\]\./,
    ],
  ])('%s', async (_title, network, labels, expected) => {
    expect(await told(network, await arrays(labels))).toMatch(expected);
  });

  it('of the test split, too', async () => {
    const path = await arrays(floats([4], 0.5, 1, 2, 3), floats([4], 0.5, 1, 2, Number.NaN));
    expect(await told(regression, path)).toMatch(/^FILE, array 'y_test', row 3 \(counted from 0\): the label NaN/);
  });
});

describe('CSV files', () => {
  const csv = (label: (row: number) => string) => {
    const rows = Array.from({ length: 10 }, (_, row) => `${row},${row},${label(row)}`);
    const name = `${files++}.csv`;
    writeFiles(folder, { [name]: ['a,b,y', ...rows].join('\n') });
    return join(folder, name);
  };

  it('with values for a classifier', async () => {
    const path = csv((row) => (row === 3 ? '1.5' : '1'));
    expect(await told(classifier, path)).toMatch(/are values \(1\.5 in FILE, row 4, column "y"\)\./);
  });

  it('with names for a regression', async () => {
    const path = csv((row) => (row % 2 === 0 ? 'cheap' : 'dear'));
    expect(await told(regression, path)).toMatch(/are classes \("(cheap|dear)" in FILE, row \d+, column "y"\)\./);
  });

  it('with a third label for a binary classifier', async () => {
    const path = csv((row) => `${row === 3 ? 2 : row % 2}`);
    expect(await told(binary, path)).toBe('FILE, row 4, column "y": 2 is not a label from 0 to 1.');
  });

  it('with two names for a binary classifier, which fit', async () => {
    const path = csv((row) => (row % 2 === 0 ? 'no' : 'yes'));
    const { train } = fitLabels(binary, await openDataset(path, { labels: binary.labels }));
    expect(new Set(train.labels)).toEqual(new Set([0, 1]));
  });

  it('with whole numbers for a regression, which are values, and said to be', async () => {
    const { train, notes } = await openDataset(
      csv((row) => `${row}`),
      { labels: regression.labels },
    );
    expect(train.labels).toBeInstanceOf(Float32Array);
    expect(notes).toContain(
      'The labels "y" are whole numbers; they are taken as values, which is what the model gives.',
    );
  });
});

describe('files of batches', () => {
  const batch = async (y: HostTensor, network: Network, x = examples) => {
    const path = join(folder, `${files++}.safetensors`);
    await writeSafetensors(path, { '0/x': x, '0/y': y });
    return (await failure(readBatches(network, path), folder)).replaceAll(path.replace(folder, 'FOLDER'), 'FILE');
  };

  it.each<[string, Network, HostTensor, RegExp]>([
    [
      'a class that the model lacks',
      classifier,
      whole([4], 0, 1, 3, 2),
      /^FILE: row 2 of 0\/y: the label 3 is not a class of net: 0 to 2\./,
    ],
    [
      'floats for classes',
      classifier,
      floats([4], 0, 1, 2, 2),
      /^FILE: 0\/y is \[4\] of float32; it must be \[4\] of whole numbers or \[4, 3\] one-hot\./,
    ],
    [
      'classes for a regression',
      regression,
      whole([4, 1], 0, 1, 3, 2),
      /^FILE: 0\/y is \[4, 1\] of int32; it must be \[4, 1\] of float32\./,
    ],
    [
      'another length',
      regression,
      floats([3, 1], 0, 1, 3),
      /^FILE: 0\/y is \[3, 1\] of float32; it must be \[4, 1\] of float32\./,
    ],
    [
      'a third label for a binary classifier',
      binary,
      floats([4, 1], 0, 1, 2, 1),
      /^FILE: row 2 of 0\/y: the label 2 is not a label from 0 to 1\./,
    ],
    [
      'NaN',
      several,
      floats([4, 2], 0, 1, 2, 3, 4, Number.NaN, 6, 7),
      /^FILE: row 2, column 1 of 0\/y: the label NaN is no finite number\./,
    ],
  ])('%s', async (_title, network, y, expected) => {
    expect(await batch(y, network)).toMatch(expected);
  });

  it('inputs, too', async () => {
    const x = floats([2, 2], 1, Number.NaN, 2, 3);
    expect(await batch(whole([2], 0, 1), classifier, x)).toMatch(/^FILE: row 0, column 1 of 0\/x is NaN\./);
  });
});
