/**
 * Runs in a folder that several processes and machines share: each is done by the one that has its lease. It is trained in the folder of
 * the lease's turn, and gets its own name, whole, when it is complete; that can happen once.
 */
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode, fileFailure } from '../files/failures';
import { type Lease, LeaseLost, takeLease } from '../files/lease';
import { removeLock } from '../files/lock';
import type { RunOutcome } from '../protocol/comparison';
import { pruningFile, runFiles, structuredMasksFile } from '../runs/files';
import { hasRun } from '../runs/read';
import { finishedRun } from './outcome';
import { placeOf, runsFolder } from './place';
import type { RunRequest } from './request';

/** Does a run in a folder of its own. */
export type RunIn = (request: RunRequest, folder: string) => Promise<RunOutcome>;

/** Folder of a run that is not complete, in that of a turn. */
const WORK = 'run';

const leasePath = (folder: string) => `${folder}.lease`;

async function copyWhere(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch((error) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
}

/** Copies what continues a run. The checkpoint goes first: the metrics always have its epochs, and may have more. */
async function copyRun(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const { checkpoint, metrics, masks, initial, config } = runFiles(from);
  for (const path of [checkpoint, metrics, masks, initial, config]) await copyWhere(path, join(to, basename(path)));
  await copyWhere(structuredMasksFile(from), structuredMasksFile(to));
  await copyWhere(pruningFile(from), pruningFile(to));
}

/** Milliseconds between two looks for what a file system shows late, and how many there are. */
const LATE = { look: 250, looks: 40 };

/**
 * The outcome of a run whose folder is in its parent's list. File systems of networks remember for seconds that something is not there,
 * but not in lists.
 * @returns undefined where it is not in the list, or is not complete.
 */
async function outcomeSeenLate(request: RunRequest, folder: string): Promise<RunOutcome | undefined> {
  for (let look = 0; look < LATE.looks; look++) {
    const names = await readdir(dirname(folder)).catch((): string[] => []);
    if (!names.includes(basename(folder))) return undefined;
    const isRun = await hasRun(folder);
    const outcome = await finishedRun(request);
    if (isRun || outcome) return outcome;
    await sleep(LATE.look, undefined, { signal: request.signal });
  }
  return undefined;
}

/**
 * Brings along what the latest holder before has left, or a run that was begun without a lease.
 * @returns the outcome where the run turns out to be complete.
 */
async function takeOver(request: RunRequest, folder: string, lease: Lease): Promise<RunOutcome | undefined> {
  const work = join(lease.folder, WORK);
  const outcome = await outcomeSeenLate(request, folder);
  if (outcome) return outcome;
  for (let turn = lease.turn - 1; turn >= 1; turn--) {
    const earlier = join(dirname(lease.folder), String(turn), WORK);
    if (!(await hasRun(earlier))) continue;
    await copyRun(earlier, work);
    return undefined;
  }
  if (await hasRun(folder)) {
    await copyRun(folder, work);
    await rm(folder, { recursive: true, force: true });
  }
  return undefined;
}

/** Gives a complete run its name; false where another process has done that. */
async function publish(work: string, folder: string): Promise<boolean> {
  try {
    for (const beside of [pruningFile, structuredMasksFile]) {
      await rename(beside(work), beside(folder)).catch((error) => {
        if (errorCode(error) !== 'ENOENT') throw error;
      });
    }
    await rename(work, folder);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOENT'].includes(errorCode(error) ?? '')) return false;
    throw fileFailure(error, 'write', folder);
  }
}

/** Does the run in the turn of its lease. */
async function doHeld(request: RunRequest, folder: string, lease: Lease, runIn: RunIn): Promise<RunOutcome> {
  const work = join(lease.folder, WORK);
  const done = await takeOver(request, folder, lease).catch((error) => {
    throw fileFailure(error, 'write', work);
  });
  if (done) return done;
  const signal = AbortSignal.any([request.signal, lease.signal]);
  const outcome = await runIn({ ...request, signal, permit: lease.check }, work);
  await lease.check();
  if (await publish(work, folder)) return outcome;
  const other = await outcomeSeenLate(request, folder);
  if (other) return other;
  throw new LeaseLost(folder);
}

/**
 * Does a run unless another process does: then waits for that one, and takes over where it dies.
 *
 * @throws as `runOne`.
 */
export async function runShared(request: RunRequest, runIn: RunIn): Promise<RunOutcome> {
  const { signal, timing } = request;
  const folder = await placeOf(request);
  for (;;) {
    const isDone = async () => (await finishedRun(request)) !== undefined;
    const lease = await takeLease(leasePath(folder), { ...(timing && { timing }), signal, isDone });
    if (!lease) return (await finishedRun(request))!;
    try {
      const outcome = await doHeld(request, folder, lease, runIn);
      await lease.remove();
      return outcome;
    } catch (error) {
      const isLost = lease.signal.aborted;
      // What goes on later is kept.
      if (isLost || (await hasRun(join(lease.folder, WORK)))) await lease.release();
      else await lease.remove();
      if (!isLost || signal.aborted) throw error;
      // It was lost: another process goes on with the run.
    }
  }
}

/** Endings of folders that runs at convergence share. */
const SHARED_PARTS = /\.(?:rounds|rewinding-\d+|epoch-\d+)$/;

/** Locks of trainings that ended with their process, perhaps on another machine; whoever has the lease trains nothing yet. */
async function removeLocks(folder: string, seed: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => SHARED_PARTS.test(one) && one.includes(`-${seed}-`))) {
    await removeLock(join(folder, name));
    const inner = await readdir(join(folder, name)).catch(() => []);
    for (const part of inner) await removeLock(join(folder, name, part));
  }
}

/**
 * Does what runs at convergence of a network and seed share, such as rounds of pruning, while no other process does any of it. Where another
 * one has taken over meanwhile, it is waited for, and `work` goes on from what that one has left.
 *
 * @throws what `work` throws, and the signal's reason.
 */
export async function whileAlone<T>(request: RunRequest, work: (request: RunRequest) => Promise<T>): Promise<T> {
  const { key, signal, timing } = request;
  if (!timing) return work(request);
  const folder = join(runsFolder(request), key.model);
  const options = { timing, signal, isDone: async () => false };
  for (;;) {
    const lease = (await takeLease(join(folder, `convergence-${key.seed}.lease`), options))!;
    // All that is kept is beside the lease; once it is lost, its turns are another's.
    const end = () => (lease.signal.aborted ? lease.release() : lease.remove());
    try {
      await removeLocks(folder, key.seed);
      const result = await work({ ...request, signal: AbortSignal.any([signal, lease.signal]), permit: lease.check });
      await end();
      return result;
    } catch (error) {
      const isLost = lease.signal.aborted;
      await end();
      if (!isLost || signal.aborted) throw error;
    }
  }
}
