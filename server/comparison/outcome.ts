/** What a run that is complete has left in its folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileFailure } from '../files/failures';
import type { PruningResult, RunKey, RunOutcome } from '../protocol/comparison';
import { UserError } from '../protocol/errors';
import { pickMetrics } from '../protocol/metricKeys';
import { pruningFile } from '../runs/files';
import { hasRun, readRun } from '../runs/read';
import { runFolder } from './plan';

/** What pruning left for the run in `folder`; undefined while that is not known. */
export async function readPruning(folder: string): Promise<PruningResult | undefined> {
  const path = pruningFile(folder);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as PruningResult;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) throw new UserError(`${path} is damaged: it is not JSON.`);
    throw fileFailure(error, 'read', path);
  }
}

/** The outcome of a run that is complete; undefined of others. */
export async function finishedRun(key: RunKey, root: string): Promise<RunOutcome | undefined> {
  const folder = join(root, runFolder(key));
  if (!(await hasRun(folder))) return undefined;
  const pruning = await readPruning(folder);
  const { result } = await readRun(folder);
  if (!pruning || !result?.final) return undefined;
  const final = { epoch: result.final.epoch, ...pickMetrics(result.final) };
  return { ...key, pruning, final, seconds: result.seconds, folder: runFolder(key) };
}
