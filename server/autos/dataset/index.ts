/**
 * The data set that a predictor learns from: a folder with `manifest.json` and one safetensors shard for each iterative
 * pruning, in `shards`. Prunings are done in `runs`, which is not needed for learning.
 */
import { UserError, usageError } from '../../protocol/errors';
import type { SurvivalRun } from '../types';
import { emptyManifest, entryName, findManifest, type ManifestEntry, readManifest, writeManifest } from './manifest';
import { readShard, writeShard } from './shard';

export { entryName, type Manifest, type ManifestEntry, readManifest } from './manifest';

/**
 * Every run of the data set in `folder`, in the order they were added.
 * @throws a usage error where there is no data set or it is empty; a UserError where its manifest is of another version, or
 * a shard is missing, damaged, lacks a tensor or holds a value that is not finite.
 */
export async function readSurvivalDataset(folder: string): Promise<readonly SurvivalRun[]> {
  const { entries } = await readManifest(folder);
  if (entries.length === 0) {
    throw usageError(`The survival data set in ${folder} is empty.`, 'Add to it with `prunelens autos dataset`.');
  }
  const runs: SurvivalRun[] = [];
  for (const entry of entries) runs.push(await readShard(folder, entry));
  return runs;
}

/** Whether the shard of an entry is there and what was written. */
export async function hasShard(folder: string, entry: ManifestEntry): Promise<boolean> {
  try {
    await readShard(folder, entry);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/**
 * Adds a run to the data set in `folder`, which is made where there is none. The entry is there with its shard or not at
 * all. One process at a time may write to a data set.
 * @throws a usage error where the data set has a run of the same name (model, data, way of pruning and seed), undamaged.
 */
export async function addSurvivalRun(folder: string, run: SurvivalRun): Promise<ManifestEntry> {
  const manifest = (await findManifest(folder)) ?? emptyManifest;
  const name = entryName(run);
  const there = manifest.entries.find((entry) => entry.name === name);
  if (there && (await hasShard(folder, there))) {
    throw usageError(
      `The data set in ${folder} has ${name} already.`,
      'Resume it, use another seed, or another folder.',
    );
  }
  const { layers, ...described } = run;
  const shard = await writeShard(folder, name, run);
  const weights = layers.map(({ weight, shape }) => ({ weight, shape }));
  const entry: ManifestEntry = { name, ...described, shard, weights };
  // Without the manifest's line a shard counts for nothing, and is written again where the work is resumed.
  const others = manifest.entries.filter((one) => one !== there);
  await writeManifest(folder, { ...manifest, entries: [...others, entry] });
  return entry;
}
