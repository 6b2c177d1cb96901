/** Where runs are kept. */
import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { hasRun } from '../runs/read';
import { familyHash, hashOf, type Identified, identityOf, shortHash } from './identity';
import { namedFolder, runFolder } from './plan';
import type { RunRequest } from './request';

/** What decides where a run is kept. */
export type Placed = Identified & Pick<RunRequest, 'out' | 'runs'>;

/** Folder of the runs in that of a comparison. */
const RUNS = 'runs';

/** Folder that has those of the networks. */
export function runsFolder({ out, runs }: Pick<Placed, 'out' | 'runs'>): string {
  return runs ?? join(out, RUNS);
}

/** Folder of a run, and whether an earlier version has named it, which did not name it after what the run is. */
export async function locate(placed: Placed): Promise<{ readonly folder: string; readonly isFormer: boolean }> {
  const { key, out, runs } = placed;
  const folder = join(runsFolder(placed), namedFolder(key, shortHash(hashOf(identityOf(placed)))));
  const former = join(out, runFolder(key));
  const isFormer = runs === undefined && (await hasRun(former)) && !(await hasRun(folder));
  return { folder: isFormer ? former : folder, isFormer };
}

/**
 * Folder of a run: named after what the run is, or as earlier versions have named it, where it was begun by one of them. Runs that are
 * shared between sweeps have the new name only, since the old one does not tell their settings.
 */
export async function placeOf(placed: Placed): Promise<string> {
  return (await locate(placed)).folder;
}

/** The folder as results name it: relative to that of the comparison, with `/` between its parts. */
export function relativePlace(out: string, folder: string): string {
  return relative(resolve(out), resolve(folder)).split(sep).join('/');
}

/** Folder of what the runs of a method share over its sparsities, `METHOD-SEED-xxxxxxxx.NAME`. */
export async function sharedFolder(request: Placed, name: string): Promise<string> {
  const { key, out, runs } = request;
  const folder = join(runsFolder(request), key.model);
  const former = join(out, RUNS, key.model, `${key.method}-${key.seed}.${name}`);
  if (runs === undefined && existsSync(former)) return former;
  return join(folder, `${key.method}-${key.seed}-${familyHash(request)}.${name}`);
}
