/** What a run that is complete has left in its folder. */
import { readFile } from 'node:fs/promises';
import { writeJsonAtomic } from '../files/atomic';
import { errorCode, fileFailure } from '../files/failures';
import type { PruningResult, RunOutcome } from '../protocol/comparison';
import { UserError } from '../protocol/errors';
import { pickMetrics } from '../protocol/metricKeys';
import { pruningFile, runFiles } from '../runs/files';
import { hasRun, readRun } from '../runs/read';
import { hashOf, identityOf } from './identity';
import { type Placed, placeOf, relativePlace } from './place';

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) throw new UserError(`${path} is damaged: it is not JSON.`);
    throw fileFailure(error, 'read', path);
  }
}

/** What pruning left for the run in `folder`; undefined while that is not known. */
export async function readPruning(folder: string): Promise<PruningResult | undefined> {
  return (await readJson(pruningFile(folder))) as PruningResult | undefined;
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

/**
 * What `outcome.json` in a folder tells; undefined where there is none.
 *
 * @param hash The whole hash of the run that is meant.
 * @throws UserError where it is damaged, or of another run.
 */
export async function readOutcome(folder: string, hash: string): Promise<OutcomeRecord['outcome'] | undefined> {
  const path = runFiles(folder).outcome;
  const record = (await readJson(path)) as OutcomeRecord | undefined;
  if (!record) return undefined;
  if (record.format !== 'prunelens-outcome-1') {
    throw new UserError(`${path} is damaged or was written by another version of PruneLens.`);
  }
  if (record.hash === hash) return record.outcome;
  throw new UserError(`${path} is that of another run, whose folder was renamed.`, {
    hint: 'Rename the folder back, or delete it.',
  });
}

/** The outcome of the run in `folder`, under the name that it will have; undefined where it is not complete. */
export async function outcomeIn(folder: string, placed: Placed, named: string): Promise<RunOutcome | undefined> {
  const { key, out } = placed;
  const place = relativePlace(out, named);
  const kept = await readOutcome(folder, hashOf(identityOf(placed)));
  if (kept) return { ...key, ...kept, folder: place };
  if (!(await hasRun(folder))) return undefined;
  const pruning = await readPruning(folder);
  const { result } = await readRun(folder);
  if (!pruning || !result?.final) return undefined;
  const final = { epoch: result.final.epoch, ...pickMetrics(result.final) };
  return { ...key, pruning, final, seconds: result.seconds, folder: place };
}

/** The outcome of a run that is complete; undefined of others. */
export async function finishedRun(placed: Placed): Promise<RunOutcome | undefined> {
  const folder = await placeOf(placed);
  return outcomeIn(folder, placed, folder);
}
