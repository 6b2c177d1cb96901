/** What a run that is complete has left in its folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileFailure } from '../files/failures';
import type { PruningResult, RunKey, RunOutcome } from '../protocol/comparison';
import { pickMetrics } from '../protocol/metricKeys';
import { pruningFile } from '../runs/files';
import { hasRun, readRun } from '../runs/read';
import { runFolder } from './plan';

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

/** Whether a value has what is read of a pruning; one that has not is as good as none, and made again. */
function isPruning(value: unknown): value is PruningResult {
  if (typeof value !== 'object' || value === null) return false;
  const { prunable, kept, effectiveKept, seconds, collapsed, layers } = value as Partial<PruningResult>;
  return (
    [prunable, kept, effectiveKept].every(isCount) &&
    typeof seconds === 'number' &&
    Array.isArray(collapsed) &&
    Array.isArray(layers) &&
    layers.every((layer) => typeof layer?.weight === 'string' && isCount(layer.total) && isCount(layer.kept))
  );
}

/** What pruning left for the run in `folder`; undefined while that is not known, and where its file is damaged. */
export async function readPruning(folder: string): Promise<PruningResult | undefined> {
  const path = pruningFile(folder);
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isPruning(value) ? value : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
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
