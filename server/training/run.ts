/**
 * A training run on disk. Its folder holds
 * - `config.json`: what was asked for and what it runs on;
 * - `masks.safetensors`: the masks (uint8, under the weights' names), where there are any;
 * - `initial.safetensors`: the initial parameters, where they do not follow from the seed;
 * - `metrics.jsonl`: losses and accuracies as they come (see `metrics.ts`);
 * - `checkpoint.safetensors`: everything that continues the run after its last finished epoch (see `checkpoint.ts`);
 * - `result.json`: the outcome. It is there when the run is complete;
 * - `process.json`: the process that trains it. It is there only while one does (see `presence.ts`);
 * - `prunelens.lock`: keeps other processes from training it meanwhile (see `files/lock.ts`).
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import packageJson from '../../package.json';
import { writeJsonAtomic } from '../files/atomic';
import { errorCode, fileFailure } from '../files/failures';
import { isLockFile } from '../files/lock';
import { readSafetensors, writeSafetensors } from '../files/safetensors';
import type { Network } from '../models/types';
import { UserError, usageError } from '../protocol/errors';
import { floatTensor, type HostTensor, intTensor } from '../protocol/tensor';
import type { Masks, Weights } from '../pruning/types';
import { identityOf, type RunIdentity } from './identity';
import { isEpochLine, readMetrics, type StepLine } from './metrics';
import type { EpochMetrics, FinishedEpoch, RunOrigin, TrainingResult, TrainingTask } from './types';

/** Contents of `config.json`. */
export interface RunConfig extends RunIdentity {
  readonly format: 'prunelens-run-1';
  /** Model file. */
  readonly file: string;
  readonly origin: RunOrigin;
  readonly device: string;
  readonly versions: { readonly prunelens: string; readonly node: string; readonly platform: string };
  /** Time of the first start, ISO 8601. */
  readonly started: string;
}

/** Contents of `result.json`. */
export interface RunResult {
  readonly backend: string;
  readonly device: string;
  readonly seconds: number;
  readonly stoppedEarly: boolean;
  readonly epochs: readonly FinishedEpoch[];
  readonly final: FinishedEpoch | null;
}

/** Paths of the files of the run in `dir`. */
export function runFiles(dir: string) {
  return {
    config: join(dir, 'config.json'),
    masks: join(dir, 'masks.safetensors'),
    initial: join(dir, 'initial.safetensors'),
    metrics: join(dir, 'metrics.jsonl'),
    checkpoint: join(dir, 'checkpoint.safetensors'),
    result: join(dir, 'result.json'),
  };
}

/**
 * Makes the folder of a new run and writes what is known before its first step. Throws a usageError where the folder has
 * anything in it.
 */
export async function createRun(dir: string, task: TrainingTask): Promise<void> {
  const files = runFiles(dir);
  try {
    await mkdir(dir, { recursive: true });
    if ((await readdir(dir)).some((name) => !isLockFile(name))) {
      throw usageError(`The run folder ${dir} is not empty.`, 'Resume the run in it, or choose another folder.');
    }
  } catch (error) {
    throw fileFailure(error, 'write', dir);
  }
  const { network, masks, weights, storeInitialWeights } = task;
  if (masks && masks.size > 0) {
    const values = (mask: Uint8Array, shape: readonly number[]) => intTensor(shape, Int32Array.from(mask));
    await writeSafetensors(files.masks, namedTensors(network, masks, values), { storage: 'U8' });
  }
  if (storeInitialWeights) {
    const values = (data: Float32Array, shape: readonly number[]) => floatTensor(shape, data);
    await writeSafetensors(files.initial, namedTensors(network, weights, values));
  }
  await writeRunConfig(dir, task, { started: new Date().toISOString(), origin: {} });
}

/** Brings the `config.json` of a run that is resumed up to date; what only its first start knew stays. */
export async function updateRunConfig(dir: string, task: TrainingTask): Promise<void> {
  await writeRunConfig(dir, task, await readRunConfig(dir));
}

async function writeRunConfig(
  dir: string,
  task: TrainingTask,
  { started, origin }: Pick<RunConfig, 'started' | 'origin'>,
): Promise<void> {
  const config: RunConfig = {
    format: 'prunelens-run-1',
    ...identityOf(task),
    file: task.network.file,
    origin: { ...origin, ...task.origin },
    device: task.executor.device,
    versions: {
      prunelens: packageJson.version,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
    started,
  };
  await writeJsonAtomic(runFiles(dir).config, config);
}

function namedTensors<T>(
  network: Network,
  values: ReadonlyMap<string, T>,
  tensorOf: (values: T, shape: readonly number[]) => HostTensor,
): Map<string, HostTensor> {
  return new Map(
    network.parameters
      .filter(({ name }) => values.has(name))
      .map(({ name, shape }) => [name, tensorOf(values.get(name)!, shape)]),
  );
}

/** The `config.json` of a run. Throws a UserError where `dir` holds no run. */
export async function readRunConfig(dir: string): Promise<RunConfig> {
  const path = runFiles(dir).config;
  const config = (await readJson(path)) as RunConfig | undefined;
  if (!config) {
    throw usageError(`There is no run in ${dir}: it has no config.json.`, 'Start it without resuming.');
  }
  if (config.format !== 'prunelens-run-1') throw new UserError(`${path} is not the config.json of a training run.`);
  return config;
}

/** Whether the folder `dir` holds a run that can be resumed (or is complete). */
export async function hasRun(dir: string): Promise<boolean> {
  return (await readJson(runFiles(dir).config)) !== undefined;
}

/** Masks stored when the run was created; none where it trains all weights. */
export async function readRunMasks(dir: string): Promise<Masks> {
  const { masks } = runFiles(dir);
  if (!(await readdir(dir)).includes('masks.safetensors')) return new Map();
  const { tensors } = await readSafetensors(masks);
  return new Map(Array.from(tensors, ([name, { data }]) => [name, Uint8Array.from(data)]));
}

/** Initial parameters stored when the run was created; undefined where they follow from the seed. */
export async function readRunWeights(dir: string): Promise<Weights | undefined> {
  const { initial } = runFiles(dir);
  if (!(await readdir(dir)).includes('initial.safetensors')) return undefined;
  const { tensors } = await readSafetensors(initial);
  return new Map(Array.from(tensors, ([name, { data }]) => [name, Float32Array.from(data)]));
}

/** Marks the run as complete. */
export async function writeRunResult(dir: string, result: TrainingResult): Promise<void> {
  const { backend, device, seconds, stoppedEarly, epochs, final } = result;
  const contents: RunResult = { backend, device, seconds, stoppedEarly, epochs, final: final ?? null };
  await writeJsonAtomic(runFiles(dir).result, contents);
}

/** Marks the run as incomplete, when it goes on. */
export async function removeRunResult(dir: string): Promise<void> {
  const path = runFiles(dir).result;
  await rm(path, { force: true }).catch((error) => {
    throw fileFailure(error, 'write', path);
  });
}

/** A run as its folder tells it. */
export interface StoredRun {
  readonly config: RunConfig;
  /** Finished epochs, also of a run that is still going on. */
  readonly epochs: readonly EpochMetrics[];
  /** Losses of single steps. */
  readonly steps: readonly StepLine[];
  /** Absent where the run is not complete. */
  readonly result?: RunResult;
}

/** Reads the run in `dir`, complete or not. Throws a UserError where there is none or a file of it is damaged. */
export async function readRun(dir: string): Promise<StoredRun> {
  const config = await readRunConfig(dir);
  const files = runFiles(dir);
  const lines = (await readdir(dir)).includes('metrics.jsonl') ? await readMetrics(files.metrics) : [];
  const result = (await readJson(files.result)) as RunResult | undefined;
  return {
    config,
    epochs: lines.filter(isEpochLine),
    steps: lines.filter((line): line is StepLine => !isEpochLine(line)),
    ...(result ? { result } : {}),
  };
}

/** The object in a JSON file, undefined where the file does not exist. */
async function readJson(path: string): Promise<object | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fileFailure(error, 'read', path);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Reported below, as for JSON that is not an object.
  }
  throw new UserError(`${path} is damaged: it is not a JSON object.`);
}
