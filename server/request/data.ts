/** The data set of a request, fitted to the model. */
import { adaptToInputs } from '../data/adapt';
import { readPruningBatches } from '../data/batches';
import { limitSplit } from '../data/limitSplit';
import { formatPath } from '../format';
import { fitLabels } from '../models/task';
import type { Network } from '../models/types';
import type { Batch, Dataset } from '../protocol/data';
import { aboutData, UserError, usageError } from '../protocol/errors';
import { createRandom } from '../random';
import { openNamedData } from './namedData';
import { metricNotes, objectiveNotes } from './objective';
import type { ModelRequest } from './types';

type DataRequest = Pick<ModelRequest, 'data' | 'limit' | 'objective' | 'interpreter'>;

/**
 * The data set of a request, with examples of the network's input shape; undefined where none is given.
 *
 * @throws UserError where it cannot be read or does not fit the network.
 */
export async function openData(request: DataRequest, network: Network): Promise<Dataset | undefined> {
  try {
    return await openFitted(request, network);
  } catch (error) {
    throw error instanceof UserError ? aboutData(error) : error;
  }
}

async function openFitted(
  { data, limit, objective, interpreter }: DataRequest,
  network: Network,
): Promise<Dataset | undefined> {
  if (data === undefined) return undefined;
  const { labels } = network;
  const example = network.inputs[0].shape;
  const found = await openNamedData(data, { labels, example, ...(interpreter && { interpreter }) });
  const fitted = fitLabels(network, adaptToInputs(found, network.inputs));
  const notes = [
    ...(fitted.notes ?? []),
    ...objectiveNotes(network, objective, fitted.name),
    ...metricNotes(network, fitted),
  ];
  const dataset = notes.length > 0 ? { ...fitted, notes } : fitted;
  if (limit === undefined) return dataset;
  return { ...dataset, train: limitSplit(dataset.train, limit) };
}

/** The data set with its name for records, or a usage error that says how to name one. */
export async function requireData(
  request: DataRequest & Pick<ModelRequest, 'settingsFile'>,
  network: Network,
): Promise<{ readonly dataset: Dataset; readonly data: string }> {
  const dataset = await openData(request, network);
  if (dataset) return { dataset, data: request.data!.name };
  const { settingsFile } = request;
  const place = settingsFile === undefined ? 'a prunelens.json' : formatPath(settingsFile);
  throw aboutData(
    usageError('No data set is given.', `Name it with --data (mnist, a folder, a file), or in ${place}.`),
  );
}

/** Batches that are drawn from a data set; the same for equal counts. */
export interface DrawnBatches {
  batches(count: number): Promise<readonly Batch[]>;
  /** Others for each number, which have nothing to do with these. */
  otherBatches(draw: number): (count: number) => Promise<readonly Batch[]>;
}

/** Batches of the data set to score the network on, drawn from the seed. */
export function batchSource(
  { labels: { balanced } }: Pick<Network, 'labels'>,
  dataset: Dataset,
  batchSize: number,
  seed: number,
): DrawnBatches {
  const from = (start: number) => (count: number) =>
    readPruningBatches(dataset, { count, size: batchSize, seed: start, balanced });
  return {
    batches: from(seed),
    otherBatches: (draw) => from(createRandom(seed, 'other batches', draw).integer(2 ** 31)),
  };
}
