/** The data set of a command: which one, fitted to the model. */
import { adaptToInput } from '../data/adapt';
import { labelsOf, pruningBatches } from '../data/batches';
import { openDataset } from '../data/open';
import { formatPath } from '../format';
import { checkTask } from '../models/task';
import type { Network } from '../models/types';
import type { Batch, Dataset, Split } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';
import { createRandom } from '../random';
import type { Settings } from '../settings/types';

export interface DataRequest {
  /** `--data`. */
  readonly data?: string;
  readonly settings: Settings;
  readonly network: Network;
  /** `--limit`: so many training examples at most. */
  readonly limit?: number;
}

/** The data set's name, for messages and records; undefined where none is given. */
export function dataName({ data, settings }: Pick<DataRequest, 'data' | 'settings'>): string | undefined {
  return data ?? settings.data?.name;
}

/** A part of a split, the same for every seed, so that runs to be compared see the same examples. */
function limitSplit(split: Split, limit: number, exampleSize: number): Split {
  if (limit >= split.size) return split;
  const chosen = createRandom(0, 'limit').permutation(split.size).subarray(0, limit).sort();
  return {
    size: limit,
    labels: labelsOf(split, chosen),
    read(indices, out) {
      if (out.length !== indices.length * exampleSize) throw new RangeError('the output has another size');
      split.read(
        Int32Array.from(indices, (index) => chosen[index]),
        out,
      );
    },
  };
}

/**
 * The data set of `--data` or the settings, with examples of the model's input shape; undefined where none is given.
 *
 * @throws UserError where it cannot be read or does not fit the model.
 */
export async function openData(request: DataRequest): Promise<Dataset | undefined> {
  const { data, settings, network, limit } = request;
  const name = dataName(request);
  if (name === undefined) return undefined;
  const found = await openDataset(name, data === undefined ? { baseFolder: settings.data!.baseFolder } : {});
  const dataset = adaptToInput(found, network.inputShape);
  checkTask(network, dataset);
  if (limit === undefined) return dataset;
  return { ...dataset, train: limitSplit(dataset.train, limit, sizeOf(dataset.shape)) };
}

/** The data set, or a usage error that says how to name one. */
export async function requireData(request: DataRequest): Promise<Dataset> {
  const dataset = await openData(request);
  if (dataset) return dataset;
  const { file } = request.settings;
  const place = file === undefined ? 'a prunelens.json' : formatPath(file);
  throw usageError('No data set is given.', `Name it with --data (mnist, a folder, a file), or in ${place}.`);
}

/** Class-balanced batches of the data set, drawn from the seed; the same for equal counts. */
export function batchSource(
  dataset: Dataset,
  batchSize: number,
  seed: number,
): (count: number) => Promise<readonly Batch[]> {
  return async (count) => pruningBatches(dataset, { count, size: batchSize, seed });
}
