/**
 * An iterative rewind pruning on disk. Its folder holds
 * - `rewinding.json`: everything that decides the outcome;
 * - `initial.safetensors`: every parameter at initialization;
 * - `gradient.safetensors`: the gradient at initialization, of the prunable weights;
 * - `rewound.safetensors`: the parameters after the epoch to which they are rewound, where that is not initialization;
 * - `survival.safetensors`: how long each weight survived and its last score, and the finished iterations. This one file is
 *   the progress: an iteration is finished when it has been replaced;
 * - `training-<iteration>`: the run folder of the iteration that is being trained.
 * Every file is written whole or not at all.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileFailure } from '../../files/failures';
import { readText } from '../../files/regular';
import { readSafetensors, writeSafetensors } from '../../files/safetensors';
import { UserError, usageError } from '../../protocol/errors';
import { floatTensor, type HostTensor, intTensor, type Shape, sizeOf } from '../../protocol/tensor';
import type { FinishedEpoch } from '../../runs/types';
import type { FinishedIteration, RewindSettings, TrainingRecord } from '../types';
import { initialSurvival, type Survival } from './survival';

/** Contents of `rewinding.json`. */
export interface RewindRecord {
  readonly format: 'prunelens-rewinding-1';
  readonly label: string;
  readonly modelHash: string;
  readonly data: string;
  readonly settings: RewindSettings;
  readonly training: TrainingRecord;
  /** SHA-256 of all parameters at initialization. */
  readonly initialWeights: string;
  /** Name and shape of each prunable weight tensor, in the order of the network. */
  readonly prunable: readonly { readonly weight: string; readonly shape: Shape }[];
  /** Name and shape of every parameter. */
  readonly parameters: readonly { readonly name: string; readonly shape: Shape }[];
}

const DELETE_IT = 'Delete its folder and prune anew.';

/** Parameters by name. */
type Values = ReadonlyMap<string, Float32Array>;

/** The state of the pruning, and what was measured at each of its iterations. */
export interface Progress {
  readonly survival: Survival;
  readonly iterations: readonly FinishedIteration[];
}

/** Paths in the folder of an iterative pruning. */
export function rewindFiles(folder: string) {
  return {
    record: join(folder, 'rewinding.json'),
    initial: join(folder, 'initial.safetensors'),
    gradient: join(folder, 'gradient.safetensors'),
    rewound: join(folder, 'rewound.safetensors'),
    survival: join(folder, 'survival.safetensors'),
    training: (iteration: number) => join(folder, `training-${iteration}`),
  };
}

/** Names in a folder; none where it does not exist. */
export async function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw fileFailure(error, 'read', folder);
  });
}

/** @throws a usage error where the folder holds no iterative pruning, a UserError where its record is damaged. */
export async function readRecord(folder: string): Promise<RewindRecord> {
  const { record: path } = rewindFiles(folder);
  const text = await readText(path).catch((error) => {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw fileFailure(error, 'read', path);
    throw usageError(
      `There is no iterative pruning in ${folder}: it has no rewinding.json.`,
      'Name a folder in `runs` of a data set that `prunelens autos dataset` has made.',
    );
  });
  try {
    const record = JSON.parse(text) as RewindRecord;
    if (record.format === 'prunelens-rewinding-1') return record;
  } catch {
    // Reported below, as for JSON that is something else.
  }
  throw new UserError(`${path} is damaged or was written by another version of PruneLens.`, { hint: DELETE_IT });
}

const tensorsOf = (shapes: readonly (readonly [string, Shape])[], values: Values) =>
  new Map(shapes.map(([name, shape]) => [name, floatTensor(shape, values.get(name)!)]));

const parameterShapes = ({ parameters }: RewindRecord) => parameters.map(({ name, shape }) => [name, shape] as const);
const prunableShapes = ({ prunable }: RewindRecord) => prunable.map(({ weight, shape }) => [weight, shape] as const);

export function writeInitial(folder: string, record: RewindRecord, weights: Values): Promise<void> {
  return writeSafetensors(rewindFiles(folder).initial, tensorsOf(parameterShapes(record), weights));
}

export function writeGradient(folder: string, record: RewindRecord, gradient: Values): Promise<void> {
  return writeSafetensors(rewindFiles(folder).gradient, tensorsOf(prunableShapes(record), gradient));
}

/** A list in a file's metadata. */
function parseList<T>(text: string | undefined, path: string): readonly T[] {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (Array.isArray(value)) return value as T[];
  } catch {
    // Reported below, as for JSON that is no list.
  }
  throw new UserError(`${path} is damaged: it does not say what it holds.`, { hint: DELETE_IT });
}

/** Parameters at the point to which they are rewound, and the epochs that led there; at initialization there are none. */
export interface RewindPoint {
  readonly weights: Values;
  readonly epochs: readonly FinishedEpoch[];
}

export function writeRewindPoint(
  folder: string,
  record: RewindRecord,
  { weights, epochs }: RewindPoint,
): Promise<void> {
  const metadata = { epochs: JSON.stringify(epochs) };
  return writeSafetensors(rewindFiles(folder).rewound, tensorsOf(parameterShapes(record), weights), { metadata });
}

function valuesOf(path: string, shapes: readonly (readonly [string, Shape])[], tensors: Map<string, HostTensor>) {
  return new Map(
    shapes.map(([name, shape]) => {
      const tensor = tensors.get(name);
      if (!tensor || tensor.data.length !== sizeOf(shape)) {
        throw new UserError(`${path} is damaged: it does not hold the ${sizeOf(shape)} values of ${name}.`, {
          hint: DELETE_IT,
        });
      }
      return [name, tensor.data];
    }),
  );
}

async function readValues(path: string, shapes: readonly (readonly [string, Shape])[]): Promise<Values> {
  const { tensors } = await readSafetensors(path);
  return new Map(Array.from(valuesOf(path, shapes, tensors), ([name, data]) => [name, Float32Array.from(data)]));
}

export const readInitial = (folder: string, record: RewindRecord) =>
  readValues(rewindFiles(folder).initial, parameterShapes(record));

export const readGradient = (folder: string, record: RewindRecord) =>
  readValues(rewindFiles(folder).gradient, prunableShapes(record));

/** The point to which weights are rewound; undefined while the first training has not come there. */
export async function readRewindPoint(folder: string, record: RewindRecord): Promise<RewindPoint | undefined> {
  if (record.settings.rewindEpoch === 0) return { weights: await readInitial(folder, record), epochs: [] };
  const { rewound } = rewindFiles(folder);
  if (!(await entriesOf(folder)).includes('rewound.safetensors')) return undefined;
  const { tensors, metadata } = await readSafetensors(rewound);
  const values = valuesOf(rewound, parameterShapes(record), tensors);
  const weights = new Map(Array.from(values, ([name, data]) => [name, Float32Array.from(data)]));
  return { weights, epochs: parseList<FinishedEpoch>(metadata.epochs, rewound) };
}

/** Replaces the state, which finishes an iteration. */
export async function writeProgress(folder: string, record: RewindRecord, progress: Progress): Promise<void> {
  const { survived, scores } = progress.survival;
  const tensors = new Map<string, HostTensor>();
  for (const { weight, shape } of record.prunable) {
    tensors.set(`survived/${weight}`, intTensor(shape, Int32Array.from(survived.get(weight)!)));
    tensors.set(`score/${weight}`, floatTensor(shape, scores.get(weight)!));
  }
  const metadata = { iterations: JSON.stringify(progress.iterations) };
  await writeSafetensors(rewindFiles(folder).survival, tensors, { metadata });
}

/** The state after the last finished iteration. */
export async function readProgress(folder: string, record: RewindRecord): Promise<Progress> {
  const shapes = prunableShapes(record);
  if (!(await entriesOf(folder)).includes('survival.safetensors')) {
    return { survival: initialSurvival(shapes.map(([name, shape]) => [name, sizeOf(shape)])), iterations: [] };
  }
  const { survival: path } = rewindFiles(folder);
  const { tensors, metadata } = await readSafetensors(path);
  const iterations = parseList<FinishedIteration>(metadata.iterations, path);
  const group = (prefix: string) =>
    valuesOf(
      path,
      shapes.map(([name, shape]) => [`${prefix}/${name}`, shape]),
      tensors,
    );
  const own = (name: string) => name.slice(name.indexOf('/') + 1);
  return {
    survival: {
      iterations: iterations.length,
      survived: new Map(Array.from(group('survived'), ([name, data]) => [own(name), Uint16Array.from(data)])),
      scores: new Map(Array.from(group('score'), ([name, data]) => [own(name), Float32Array.from(data)])),
    },
    iterations,
  };
}
