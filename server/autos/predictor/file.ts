/** Predictors as files: one safetensors with the network's parameters, and all else in its metadata. */
import { readSafetensors, writeSafetensors } from '../../files/safetensors';
import { formatPath } from '../../format';
import type { Parameter } from '../../models/types';
import { UserError } from '../../protocol/errors';
import { floatTensor, type HostTensor, sizeOf } from '../../protocol/tensor';
import { createPredictorNetwork } from './architecture';
import type { Calibration } from './calibration';
import { type DensityHead, LAYER_TRAITS } from './densities';
import { type Description, findMistake } from './description';
import { featureCount } from './features';
import { type PredictorTable, tableAxes } from './table';
import type { Predictor } from './types';

const FORMAT = 'prunelens-predictor-1';

/** Name of the table's values, where the file holds them. */
const TABLE = 'table';

/** Names of the calibration's tensors, where there is one. */
const LIMITS = 'calibration/limits';
const SPREAD = 'calibration/spread';

/** Name of the coefficients of the layers' densities, with separate heads. */
const DENSITIES = 'densities';

/** Writes a predictor, all or nothing. */
export async function writePredictor(
  path: string,
  { weights, table, calibration, densities, ...described }: Predictor,
): Promise<void> {
  const { parameters } = createPredictorNetwork(described.architecture, featureCount(described.features));
  const tensors = new Map<string, HostTensor>(
    parameters.map(({ name, shape }) => [name, floatTensor(shape, weights.get(name)!)]),
  );
  if (table) tensors.set(TABLE, floatTensor([table.weight.count, table.gradient.count], table.values));
  if (calibration) {
    const { limits, spread, levels } = calibration;
    tensors.set(LIMITS, floatTensor([limits.length], limits));
    tensors.set(SPREAD, floatTensor([limits.length + 1, levels], spread));
  }
  if (densities) tensors.set(DENSITIES, floatTensor([2, LAYER_TRAITS.length], densities.coefficients));
  await writeSafetensors(path, tensors, { metadata: { format: FORMAT, predictor: JSON.stringify(described) } });
}

function readDescription(path: string, metadata: { readonly [key: string]: string }): Description {
  const { format, predictor } = metadata;
  if (format === undefined || !format.startsWith('prunelens-predictor-')) {
    throw new UserError(`${formatPath(path)} is not a predictor.`, {
      kind: 'usage',
      hint: 'Predictors are written by: prunelens autos train DATASET --out predictor.safetensors',
    });
  }
  if (format !== FORMAT) {
    throw new UserError(
      `${formatPath(path)} is a predictor of another version of PruneLens (${format}; this one reads ${FORMAT}).`,
      { hint: 'Train it again with: prunelens autos train' },
    );
  }
  let description: unknown;
  try {
    description = JSON.parse(predictor);
  } catch {
    throw new UserError(`${formatPath(path)} is damaged: its description of the predictor cannot be read.`);
  }
  const mistake = findMistake(description);
  if (mistake === undefined) return description as Description;
  throw new UserError(`${formatPath(path)} is damaged: in its description of the predictor ${mistake}.`, {
    hint: 'Train the predictor again with: prunelens autos train',
  });
}

function readParameter(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
  { name, shape }: Parameter,
): Float32Array {
  const tensor = tensors.get(name);
  if (!tensor) throw new UserError(`${formatPath(path)} is damaged: the predictor's tensor '${name}' is missing.`);
  if (tensor.shape.join() !== shape.join()) {
    const shapes = `[${tensor.shape.join(', ')}] instead of [${shape.join(', ')}]`;
    throw new UserError(`${formatPath(path)} is damaged: the predictor's tensor '${name}' is ${shapes}.`);
  }
  return finite(path, name, tensor);
}

function finite(path: string, name: string, { data }: HostTensor): Float32Array {
  const values = Float32Array.from(data);
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return values;
  throw new UserError(`${formatPath(path)} cannot predict: element ${index} of '${name}' is ${values[index]}.`, {
    hint: 'Train the predictor again with: prunelens autos train',
  });
}

function readTable(
  path: string,
  tensor: HostTensor,
  axes: Pick<PredictorTable, 'weight' | 'gradient'>,
): PredictorTable {
  if (tensor.data.length !== sizeOf([axes.weight.count, axes.gradient.count])) {
    throw new UserError(`${formatPath(path)} is damaged: the table of the predictor has another size.`);
  }
  return { ...axes, values: finite(path, TABLE, tensor) };
}

function readCalibration(path: string, tensors: ReadonlyMap<string, HostTensor>): Calibration | undefined {
  const [limits, spread] = [tensors.get(LIMITS), tensors.get(SPREAD)];
  if (!limits && !spread) return undefined;
  if (!limits || !spread || spread.shape[0] !== limits.data.length + 1 || spread.shape.length !== 2) {
    throw new UserError(`${formatPath(path)} is damaged: the calibration of the predictor is incomplete.`);
  }
  return { limits: finite(path, LIMITS, limits), spread: finite(path, SPREAD, spread), levels: spread.shape[1] };
}

/** The head for densities, which a predictor has exactly where its heads are separate. */
function readDensities(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
  { card }: Description,
): DensityHead | undefined {
  const tensor = tensors.get(DENSITIES);
  if ((card.settings.heads === 'separate') !== (tensor !== undefined) || (tensor && !isOfTraits(tensor))) {
    throw new UserError(`${formatPath(path)} is damaged: the layers' densities of the predictor are incomplete.`);
  }
  return tensor && { coefficients: finite(path, DENSITIES, tensor) };
}

const isOfTraits = ({ shape }: HostTensor) => shape.join() === [2, LAYER_TRAITS.length].join();

/**
 * The predictor in the file `path`.
 *
 * @throws UserError naming the file where it is missing, no predictor, of another version, or has values or tensors that are
 *   missing, out of range, of another shape or not finite.
 */
export async function readPredictor(path: string): Promise<Predictor> {
  const { tensors, metadata } = await readSafetensors(path);
  const description = readDescription(path, metadata);
  const { parameters } = createPredictorNetwork(description.architecture, featureCount(description.features));
  const weights = new Map(parameters.map((parameter) => [parameter.name, readParameter(path, tensors, parameter)]));
  const stored = tensors.get(TABLE);
  const table = stored && readTable(path, stored, tableAxes(description.features));
  const calibration = readCalibration(path, tensors);
  const densities = readDensities(path, tensors, description);
  return {
    ...description,
    weights,
    ...(table && { table }),
    ...(calibration && { calibration }),
    ...(densities && { densities }),
  };
}
