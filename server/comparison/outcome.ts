/** What a run that is complete has left in its folder. */
import { stat } from 'node:fs/promises';
import { writeJsonAtomic } from '../files/atomic';
import { errorCode, fileFailure } from '../files/failures';
import { readText } from '../files/regular';
import type { PruningResult, RunOutcome } from '../protocol/comparison';
import { UserError } from '../protocol/errors';
import { pickMetrics } from '../protocol/metricKeys';
import { isDynamicMethod } from '../request/dynamic';
import { pruningFile, runFiles } from '../runs/files';
import { hasRun, readRun } from '../runs/read';
import { hashOf, identityOf } from './identity';
import { locate, type Placed, relativePlace } from './place';

/** What a file holds; undefined where it is not there or is damaged: what it says is then made again. */
async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw fileFailure(error, 'read', path);
  }
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Whether a value has what is read of a pruning. */
function isPruning(value: unknown): value is PruningResult {
  if (!isObject(value)) return false;
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
  const pruning = await readJson(pruningFile(folder));
  return isPruning(pruning) ? pruning : undefined;
}

/** Contents of `outcome.json`. */
interface OutcomeRecord {
  readonly format: 'prunelens-outcome-1';
  /** SHA-256 of `run`, of which the folder has the first digits. */
  readonly hash: string;
  /** What the run is (see `identity.ts`). */
  readonly run: object;
  readonly outcome: Pick<RunOutcome, 'pruning' | 'final' | 'seconds'>;
}

/** Says in the folder of a run that it is complete. */
export async function writeOutcome(folder: string, placed: Placed, outcome: OutcomeRecord['outcome']): Promise<void> {
  const { pruning, final, seconds } = outcome;
  const run = identityOf(placed);
  const record: OutcomeRecord = {
    format: 'prunelens-outcome-1',
    hash: hashOf(run),
    run,
    outcome: { pruning, final, seconds },
  };
  await writeJsonAtomic(runFiles(folder).outcome, record);
}

/** Whether a value is what {@link writeOutcome} writes. */
function isRecord(value: unknown): value is OutcomeRecord {
  if (!isObject(value)) return false;
  const { format, hash, outcome } = value as Partial<OutcomeRecord>;
  return (
    format === 'prunelens-outcome-1' &&
    typeof hash === 'string' &&
    isObject(outcome) &&
    isPruning(outcome.pruning) &&
    isObject(outcome.final)
  );
}

/**
 * What `outcome.json` in a folder tells; undefined where there is none, or a damaged one.
 *
 * @param hash The whole hash of the run that is meant.
 * @throws UserError where it is of another run.
 */
export async function readOutcome(folder: string, hash: string): Promise<OutcomeRecord['outcome'] | undefined> {
  const path = runFiles(folder).outcome;
  const record = await readJson(path);
  if (!isRecord(record)) return undefined;
  if (record.hash === hash) return record.outcome;
  throw new UserError(`${path} is that of another run, whose folder was renamed.`, {
    hint: 'Rename the folder back, or delete it.',
  });
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The outcome of the run in `folder`, under the name that it will have; undefined where its training is not complete. A file of it that is damaged is written again from the others. */
export async function outcomeIn(folder: string, placed: Placed, named: string): Promise<RunOutcome | undefined> {
  const { key, out } = placed;
  const place = relativePlace(out, named);
  const kept = await readOutcome(folder, hashOf(identityOf(placed)));
  const pruning = await readPruning(folder);
  if (kept) {
    if (!pruning && (await isThere(pruningFile(folder)))) await writeJsonAtomic(pruningFile(folder), kept.pruning);
    return { ...key, ...kept, folder: place };
  }
  if (!(await hasRun(folder))) return undefined;
  const { result } = await readRun(folder);
  if (!pruning || !result?.final) return undefined;
  // What is left is known when the masks of the end are counted.
  if (isDynamicMethod(placed.method ?? key.method) && !pruning.changes) return undefined;
  const final = { epoch: result.final.epoch, ...pickMetrics(result.final) };
  const { seconds } = result;
  if (await isThere(runFiles(folder).outcome)) await writeOutcome(folder, placed, { pruning, final, seconds });
  return { ...key, pruning, final, seconds, folder: place };
}

/**
 * The outcome of a run that is complete; undefined of others: a training may be complete, and what it cost not be told yet. Earlier versions
 * had no file that says so; folders of theirs have other names.
 */
export async function finishedRun(placed: Placed): Promise<RunOutcome | undefined> {
  const { folder, isFormer } = await locate(placed);
  if (!isFormer && !(await isThere(runFiles(folder).outcome))) return undefined;
  return outcomeIn(folder, placed, folder);
}
