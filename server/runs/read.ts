/** Reading the folder of a run. */
import { readdir } from 'node:fs/promises';
import { errorCode, fileFailure } from '../files/failures';
import { readText } from '../files/regular';
import { readSafetensors } from '../files/safetensors';
import { UserError, usageError } from '../protocol/errors';
import { runFiles } from './files';
import { readMasksFile } from './masks';
import { isEpochLine, readMetrics, type StepLine } from './metrics';
import type { EpochMetrics, RunConfig, RunResult, StoredTraining } from './types';

/** The `config.json` of a run. Throws a UserError where `dir` holds no run. */
export async function readRunConfig<Training extends StoredTraining = StoredTraining>(
  dir: string,
): Promise<RunConfig<Training>> {
  const path = runFiles(dir).config;
  const config = (await readJson(path)) as RunConfig<Training> | undefined;
  if (!config) {
    throw usageError(`There is no run in ${dir}: it has no config.json.`, 'Start it without resuming.');
  }
  if (config.format !== 'prunelens-run-1') throw new UserError(`${path} is not the config.json of a training run.`);
  return config;
}

/** Whether a configuration has what lists of runs are made of: it is data that anybody may have changed. */
function isWhole(config: Partial<RunConfig>): boolean {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  return typeof config.file === 'string' && isObject(config.origin) && isObject(config.training);
}

/** The `config.json` of a run; undefined where `dir` holds none, or one that cannot be read or is damaged. */
export async function findRunConfig(dir: string): Promise<RunConfig | undefined> {
  const config = (await findJson(runFiles(dir).config)) as RunConfig | undefined;
  return config?.format === 'prunelens-run-1' && isWhole(config) ? config : undefined;
}

/** Whether the folder `dir` holds a run that can be resumed (or is complete). */
export async function hasRun(dir: string): Promise<boolean> {
  return (await readJson(runFiles(dir).config)) !== undefined;
}

/** Masks stored when the run was created, 1 for each weight kept; none where it trains all weights. */
export async function readRunMasks(dir: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { masks } = runFiles(dir);
  if (!(await readdir(dir)).includes('masks.safetensors')) return new Map();
  return new Map((await readMasksFile(masks)).map(({ name, mask }) => [name, mask]));
}

/** Initial parameters stored when the run was created; undefined where they follow from the seed. */
export async function readRunWeights(dir: string): Promise<ReadonlyMap<string, Float32Array> | undefined> {
  const { initial } = runFiles(dir);
  if (!(await readdir(dir)).includes('initial.safetensors')) return undefined;
  const { tensors } = await readSafetensors(initial);
  return new Map(Array.from(tensors, ([name, { data }]) => [name, Float32Array.from(data)]));
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

/** The object in a JSON file; undefined where it is missing, or not written by PruneLens: then it tells nothing. */
export async function findJson(path: string): Promise<object | undefined> {
  return readJson(path).catch(() => undefined);
}

/** The object in a JSON file, undefined where the file does not exist. */
async function readJson(path: string): Promise<object | undefined> {
  let text: string;
  try {
    text = await readText(path);
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
