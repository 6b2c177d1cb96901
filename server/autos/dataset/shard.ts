/** A shard: initial weights, gradients and survival counts of one iterative pruning, as one safetensors file. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileFailure } from '../../files/failures';
import { readSafetensors, writeSafetensors } from '../../files/safetensors';
import { UserError } from '../../protocol/errors';
import { floatTensor, type HostTensor, intTensor, sizeOf } from '../../protocol/tensor';
import type { SurvivalLayer, SurvivalRun } from '../types';
import { datasetFiles, type ManifestEntry } from './manifest';

const MAKE_ANEW = 'Restore it from a copy, or make the data set anew.';

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const part of createReadStream(path)) hash.update(part as Buffer);
  } catch (error) {
    throw fileFailure(error, 'read', path);
  }
  return hash.digest('hex');
}

/** Writes the shard of `run` under `name`; tensors are `initial/…`, `gradient/…` (float32) and `survived/…` (int32). */
export async function writeShard(folder: string, name: string, run: SurvivalRun): Promise<ManifestEntry['shard']> {
  const { shards } = datasetFiles(folder);
  await mkdir(shards, { recursive: true }).catch((error) => {
    throw fileFailure(error, 'write', shards);
  });
  const path = join(shards, `${name}.safetensors`);
  const tensors = new Map<string, HostTensor>();
  for (const { weight, shape, initial, gradient, survived } of run.layers) {
    tensors.set(`initial/${weight}`, floatTensor(shape, initial));
    tensors.set(`gradient/${weight}`, floatTensor(shape, gradient));
    tensors.set(`survived/${weight}`, intTensor(shape, Int32Array.from(survived)));
  }
  await writeSafetensors(path, tensors);
  return { file: `shards/${name}.safetensors`, sha256: await sha256Of(path), bytes: (await stat(path)).size };
}

/**
 * The run of a manifest's entry, checked: the file is the one that was written, every tensor is there in its shape, values
 * are finite and counts within the iterations.
 * @throws a UserError that names the shard and what is wrong.
 */
export async function readShard(folder: string, entry: ManifestEntry): Promise<SurvivalRun> {
  const path = join(folder, ...entry.shard.file.split('/'));
  const found = await stat(path).catch((error) => {
    if (errorCode(error) === 'ENOENT') throw new UserError(`The shard ${path} is missing.`, { hint: MAKE_ANEW });
    throw fileFailure(error, 'read', path);
  });
  if (found.isDirectory() || (await sha256Of(path)) !== entry.shard.sha256) {
    throw new UserError(`The shard ${path} is damaged: it is not what the manifest says (SHA-256).`, {
      hint: MAKE_ANEW,
    });
  }
  const { tensors } = await readSafetensors(path);
  const layers = entry.weights.map(({ weight, shape }): SurvivalLayer => {
    const take = (name: string) => {
      const tensor = tensors.get(name);
      if (!tensor) throw new UserError(`The shard ${path} has no tensor '${name}'.`, { hint: MAKE_ANEW });
      if (tensor.shape.join() !== shape.join() || tensor.data.length !== sizeOf(shape)) {
        const shapes = `[${tensor.shape.join(', ')}], but the manifest says [${shape.join(', ')}]`;
        throw new UserError(`The shard ${path}: '${name}' has shape ${shapes}.`, { hint: MAKE_ANEW });
      }
      return tensor.data;
    };
    const checked = (name: string, isFine: (value: number) => boolean, wanted: string) => {
      const data = take(name);
      const index = data.findIndex((value) => !isFine(value));
      if (index < 0) return data;
      throw new UserError(`The shard ${path}: element ${index} of '${name}' is ${data[index]}, not ${wanted}.`, {
        hint: 'Make the data set anew, and check the data and the weights for NaN.',
      });
    };
    const { iterations } = entry.settings;
    const isCount = (value: number) => Number.isInteger(value) && value >= 0 && value <= iterations;
    return {
      weight,
      shape,
      initial: Float32Array.from(checked(`initial/${weight}`, Number.isFinite, 'a finite number')),
      gradient: Float32Array.from(checked(`gradient/${weight}`, Number.isFinite, 'a finite number')),
      survived: Uint16Array.from(checked(`survived/${weight}`, isCount, `a count from 0 to ${iterations}`)),
    };
  });
  const { name: _, shard: __, weights: ___, ...run } = entry;
  return { ...run, layers };
}
