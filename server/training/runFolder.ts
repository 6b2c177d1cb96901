/** Writing the folder of a run (see `runs/files.ts`). */
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import packageJson from '../../package.json';
import { threadCount } from '../executors/processor';
import { removeLeftovers, writeJsonAtomic } from '../files/atomic';
import { fileFailure } from '../files/failures';
import { isLockFile } from '../files/lock';
import { listFolder } from '../files/output';
import { writeSafetensors } from '../files/safetensors';
import type { Network } from '../models/types';
import type { MacCosts } from '../protocol/comparison';
import { usageError } from '../protocol/errors';
import { floatTensor, type HostTensor } from '../protocol/tensor';
import { countKept, keptMacs } from '../pruning';
import type { Masks } from '../pruning/types';
import { isBeginningOfRun, runFiles } from '../runs/files';
import { gitState } from '../runs/git';
import { writeMasksFile } from '../runs/masks';
import { readRunConfig } from '../runs/read';
import { keepSource } from '../runs/source';
import type { RunConfig, RunResult } from '../runs/types';
import { identityOf } from './identity';
import type { TrainingResult, TrainingTask } from './types';

/**
 * Makes the folder of a new run and writes what is known before its first step. Throws a usageError where the folder has
 * anything in it.
 */
export async function createRun(dir: string, task: TrainingTask): Promise<void> {
  const files = runFiles(dir);
  try {
    await mkdir(dir, { recursive: true });
    await removeLeftovers(dir);
    if ((await listFolder(dir)).some((name) => !isLockFile(name) && !isBeginningOfRun(name))) {
      throw usageError(`The run folder ${dir} is not empty.`, 'Resume the run in it, or choose another folder.');
    }
  } catch (error) {
    throw fileFailure(error, 'write', dir);
  }
  const { network, masks, weights, storeInitialWeights } = task;
  if (masks && masks.size > 0) await writeRunMasks(files.masks, network, masks);
  if (storeInitialWeights) {
    await writeSafetensors(files.initial, namedTensors(network, weights));
  }
  await keepSource(dir, network.file, network.reads);
  const git = await gitState(dirname(network.file));
  const started = new Date().toISOString();
  const { effectiveSparsity } = task;
  const first = { started, origin: {}, dropout: 'counter', macs: macsOf(task), effectiveSparsity, git } as const;
  await writeRunConfig(dir, task, first);
}

function macsOf({ network, masks = new Map() }: TrainingTask): number {
  const counts = network.parameters.flatMap(({ name, layer }) => {
    const mask = masks.get(name);
    return mask ? [{ layer, kept: countKept(mask), total: mask.length }] : [];
  });
  return Math.round(keptMacs(network.layers, counts));
}

/** Writes masks to a file of a run's folder. */
export async function writeRunMasks(path: string, network: Network, masks: Masks): Promise<void> {
  const shaped = network.parameters.filter(({ name }) => masks.has(name));
  await writeMasksFile(
    path,
    shaped.map(({ name, shape }) => ({ name, shape, mask: masks.get(name)! })),
  );
}

/** Brings the `config.json` of a run that is resumed up to date; what only its first start knew stays. */
export async function updateRunConfig(dir: string, task: TrainingTask): Promise<void> {
  await removeLeftovers(dir);
  await writeRunConfig(dir, task, await readRunConfig(dir));
}

/** What only the first start of a run knows. */
type FirstStart = Pick<RunConfig, 'started' | 'origin' | 'dropout' | 'macs' | 'effectiveSparsity' | 'git'>;

async function writeRunConfig(
  dir: string,
  task: TrainingTask,
  { started, origin, dropout, macs, effectiveSparsity, git }: FirstStart,
): Promise<void> {
  const { names, chosen } = task.network.outputs ?? { names: [], chosen: 0 };
  const output = names.length > 1 && { output: names[chosen] };
  const { executor } = task;
  const config: RunConfig = {
    format: 'prunelens-run-1',
    ...identityOf(task),
    file: task.network.file,
    origin: { ...origin, ...task.origin, ...output },
    device: executor.device,
    ...(executor.group && { devices: executor.group.devices }),
    host: hostname(),
    threads: threadCount(),
    ...(executor.computation && { deterministic: executor.computation.deterministic }),
    ...(dropout && { dropout }),
    ...(macs !== undefined && { macs }),
    ...(effectiveSparsity !== undefined && { effectiveSparsity }),
    ...(git && { git }),
    versions: {
      prunelens: packageJson.version,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      ...executor.versions,
    },
    started,
  };
  await writeJsonAtomic(runFiles(dir).config, config);
}

function namedTensors(network: Network, values: ReadonlyMap<string, Float32Array>): Map<string, HostTensor> {
  return new Map(
    network.parameters
      .filter(({ name }) => values.has(name))
      .map(({ name, shape }) => [name, floatTensor(shape, values.get(name)!)]),
  );
}

/** Marks the run as complete. @param effectiveSparsity That of the masks of the end, where they have changed. */
export async function writeRunResult(
  dir: string,
  result: TrainingResult,
  cost: MacCosts,
  effectiveSparsity?: number,
): Promise<void> {
  const { backend, device, seconds, stoppedEarly, epochs, final } = result;
  const contents: RunResult = {
    ...{ backend, device, seconds, stoppedEarly, epochs, final: final ?? null, cost },
    ...(effectiveSparsity !== undefined && { effectiveSparsity }),
  };
  await writeJsonAtomic(runFiles(dir).result, contents);
}

/** Marks the run as incomplete, when it goes on. */
export async function removeRunResult(dir: string): Promise<void> {
  const path = runFiles(dir).result;
  await rm(path, { force: true }).catch((error) => {
    throw fileFailure(error, 'write', path);
  });
}
