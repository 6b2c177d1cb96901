/** What is known of the runs and tasks of a sweep on Slurm: from the files that they leave first, from the queue second. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readOutcome } from '../../comparison/outcome';
import { relativePlace } from '../../comparison/place';
import { isTemporary } from '../../files/atomic';
import type { RunFailure, RunOutcome } from '../../protocol/comparison';
import { slurmFiles } from './files';
import type { TaskProgress } from './task';
import type { Manifest } from './types';

/** What became of each run so far, by its number. */
export interface Found {
  readonly outcomes: Map<number, RunOutcome>;
  readonly failures: Map<number, RunFailure>;
}

/** Results that are read at a time: a network's answers take long, and come together. */
const AT_ONCE = 64;
/** Files of tasks that are read at a time. */
const MOST_TASKS = 256;

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    // Gone, or being replaced on another host: it is looked for again.
    return undefined;
  }
}

/** Looks for results that are new; one listing for each network, whatever the number of runs. @returns the runs they are of. */
export async function findOutcomes(manifest: Manifest, { outcomes }: Found): Promise<readonly number[]> {
  const { runs, runsFolder, out } = manifest;
  const places = new Set<string>();
  for (const { label } of manifest.networks) {
    for (const name of await namesIn(join(runsFolder, label))) places.add(`${label}/${name}`);
  }
  const fresh = runs.flatMap(({ folder }, index) => (!outcomes.has(index) && places.has(folder) ? [index] : []));
  const found: number[] = [];
  for (let first = 0; first < fresh.length; first += AT_ONCE) {
    const read = async (index: number) => {
      const { key, folder, hash } = runs[index];
      const path = join(runsFolder, folder);
      const outcome = await readOutcome(path, hash);
      return outcome && { index, outcome: { ...key, ...outcome, folder: relativePlace(out, path) } };
    };
    for (const one of await Promise.all(fresh.slice(first, first + AT_ONCE).map(read))) {
      if (!one) continue;
      outcomes.set(one.index, one.outcome);
      found.push(one.index);
    }
  }
  return found;
}

/** Looks for failures that are new, and forgets those of runs that are tried again. @returns the runs they are of. */
export async function findFailures(manifest: Manifest, { outcomes, failures }: Found): Promise<readonly number[]> {
  const files = slurmFiles(manifest.out);
  const names = (await namesIn(files.failures)).filter((name) => !isTemporary(name));
  const there = new Set(names.map((name) => Number.parseInt(name, 10)));
  for (const index of failures.keys()) if (!there.has(index) || outcomes.has(index)) failures.delete(index);
  const found: number[] = [];
  for (const index of there) {
    if (failures.has(index) || outcomes.has(index)) continue;
    const failure = await readJson<RunFailure>(files.failure(index));
    if (!failure) continue;
    failures.set(index, failure);
    found.push(index);
  }
  return found;
}

/** How far tasks are. */
export async function findProgress({ out }: Manifest): Promise<readonly TaskProgress[]> {
  const files = slurmFiles(out);
  const names = (await namesIn(files.running)).filter((name) => !isTemporary(name)).slice(0, MOST_TASKS);
  const found = await Promise.all(names.map((name) => readJson<TaskProgress>(join(files.running, name))));
  return found.filter((one) => one !== undefined);
}

/** Tasks that were interrupted and want to go on. */
export async function findInterrupted({ out }: Manifest): Promise<ReadonlySet<number>> {
  return new Set((await namesIn(slurmFiles(out).interrupted)).map(Number));
}
