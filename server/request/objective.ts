/** What a model is for, where its end does not tell: several linear outputs are logits of classes, unless the labels are values. */
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isArrayFile } from '../data/arrays';
import { isCsvFile, parseDataName } from '../data/csv/choice';
import { readSafetensors } from '../files/safetensors';
import { forScoring } from '../models/task';
import type { Network } from '../models/types';
import { defaultObjective, isMisfit, type ObjectiveChoice } from '../objectives';
import { hasValues } from '../objectives/valueOutput';
import { ALL_METRICS } from '../protocol/catalogue/metrics';
import type { Dataset } from '../protocol/data';
import { openNamedData } from './namedData';
import { isPythonData } from './pythonData';
import type { DataChoice, ModelRequest } from './types';

const REGRESSION = 'mse';

type Asked = Pick<ModelRequest, 'objective' | 'data' | 'batchesFile' | 'interpreter'>;

const isUnnamed = ({ objective, loss }: ObjectiveChoice) => objective === undefined && loss === undefined;

const isLinear = ({ output }: Network) => output.endings.every(({ kind }) => kind === 'linear');

/** Whether a data set is one whose labels can be values: a file of arrays, or CSV. */
async function mayHoldValues({ name, baseFolder = '.' }: DataChoice): Promise<boolean> {
  if (isPythonData(name)) return true;
  const { path } = parseDataName(name);
  if (isArrayFile(path) || isCsvFile(path)) return true;
  const files = await readdir(resolve(baseFolder, path)).catch((): string[] => []);
  return files.some(isCsvFile);
}

/** Whether the labels of a data set are values. What is wrong with it is told where it is opened to be used. */
async function dataHasValues(
  { labels }: Network,
  data: DataChoice,
  interpreter: ModelRequest['interpreter'],
): Promise<boolean> {
  if (!(await mayHoldValues(data))) return false;
  const opened = openNamedData(data, { labels, ...(interpreter && { interpreter }) });
  return opened.then(hasValues, () => false);
}

/** The same of a file of batches. */
async function batchesHaveValues({ output }: Network, path: string): Promise<boolean> {
  const read = await readSafetensors(path).catch(() => undefined);
  const y = read?.tensors.get('0/y');
  if (y?.dtype !== 'float32' || y.shape.slice(1).join() !== output.shape.join()) return false;
  const outputs = output.shape[output.shape.length - 1];
  return Array.from({ length: y.data.length / outputs }, (_, row) => row * outputs).some((start) => {
    const values = y.data.subarray(start, start + outputs);
    return values.filter((value) => value === 1).length !== 1 || values.some((value) => value !== 0 && value !== 1);
  });
}

/**
 * The network for what is asked for, or for what its output and the labels tell.
 * @throws UserError (usage) where the choice does not fit the network.
 */
export async function withObjective(
  loaded: Network,
  { objective, data, batchesFile, interpreter }: Asked,
): Promise<Network> {
  const network = forScoring(loaded, objective);
  if (!isUnnamed(objective) || network.labels.dtype !== 'int32' || !isLinear(network)) return network;
  const areValues =
    batchesFile !== undefined
      ? await batchesHaveValues(network, batchesFile)
      : data !== undefined && (await dataHasValues(network, data, interpreter));
  return areValues ? forScoring(loaded, { ...objective, objective: REGRESSION }) : network;
}

/** What people are told where the labels have decided that a network is for a regression: a sentence, or none. */
export function objectiveNotes(network: Network, choice: ObjectiveChoice, labels: string): readonly string[] {
  const own = defaultObjective(network.output);
  const isOwn = !isMisfit(own) && own.objective.name === REGRESSION;
  if (!isUnnamed(choice) || network.objective.name !== REGRESSION || isOwn) return [];
  return [
    `The labels of ${labels} are values that are no one-hot rows, so ${network.name} is for a regression, by the ${network.objective.title}; --objective says otherwise.`,
  ];
}

/** What people are told of the metrics that the labels of a data set leave without a value: a sentence for each. */
export function metricNotes(network: Network, { name, test }: Pick<Dataset, 'name' | 'test'>): readonly string[] {
  const unmeasured = network.objective.unmeasured?.(test.labels, network.labels) ?? [];
  return unmeasured.map(({ metric, reason }) => {
    const title = ALL_METRICS.find((one) => one.name === metric)?.title ?? metric;
    return `${title} is left out of the results: ${reason} in ${name}.`;
  });
}
