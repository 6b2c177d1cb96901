/** One command or training at a time in a folder: a lock file that names the process, and is void once that is dead. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { usageError } from '../protocol/errors';
import { removeLeftovers, writeJsonAtomic } from './atomic';
import { errorCode, fileFailure } from './failures';

/** A process by its number and the time it was started, since numbers are used again. */
interface ProcessIdentity {
  readonly pid: number;
  /** As the system tells it, only to be compared; null where it does not tell. */
  readonly started: string | null;
}

interface LockRecord {
  readonly format: 'prunelens-lock-1';
  readonly host: string;
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /** The command's process, and those it has started for its jobs. */
  readonly processes: readonly ProcessIdentity[];
}

export interface FolderLock {
  /** Adds a process that writes to the folder for the command. */
  add(pid: number): Promise<void>;
  release(): Promise<void>;
}

const LOCK_FILE = 'prunelens.lock';
/** A lock that is being made or taken away, with the number of the process that does so. */
const UNPLACED = /^prunelens\.lock\.(\d+)(?:\.\w+)?$/;

/** Milliseconds between two signs of life of a process that holds a lock: its file's time of modification. */
const HEARTBEAT = 5000;
/** Milliseconds without one after which the lock of another machine may be taken. */
const SILENCE = 120_000;

/** Whether a file in a folder is its lock, or one that was on its way to become it. */
export function isLockFile(name: string): boolean {
  return name === LOCK_FILE || name.startsWith(`${LOCK_FILE}.`);
}

/** Removes the lock in a folder, whoever has it: for whoever knows by other means that nobody writes there. */
export async function removeLock(folder: string): Promise<void> {
  await rm(join(folder, LOCK_FILE), { force: true }).catch(() => {});
}

/** In place of a start, of a process that has ended and is only listed. */
const ENDED = 'ended';

/** When a process was started, in the system's words; null where there is no such process, or it cannot be told. */
async function startOf(pid: number): Promise<string | null> {
  try {
    // Field 22 of stat, counted behind the command's name, which may hold spaces and parentheses.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // One that was killed is listed until its parent has asked how it ended, which in a container may be never.
    return fields[0] === 'Z' ? ENDED : fields[19];
  } catch {
    const listed = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined);
    return listed?.stdout.trim() || null;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user cannot be signalled, but is there.
    return errorCode(error) === 'EPERM';
  }
}

async function isAlive({ pid, started }: ProcessIdentity): Promise<boolean> {
  if (!exists(pid)) return false;
  const now = await startOf(pid);
  if (now === ENDED) return false;
  return started === null || now === null || now === started;
}

/** The lock in its file, with its text; undefined where there is none. A damaged one has no record. */
async function readLock(path: string): Promise<{ readonly text: string; readonly record?: LockRecord } | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw fileFailure(error, 'read', path);
  }
  try {
    const record = JSON.parse(text) as LockRecord;
    if (record.format === 'prunelens-lock-1') return { text, record };
  } catch {
    // As for JSON that is something else.
  }
  return { text };
}

/** Milliseconds since a lock's process has given a sign of life. */
async function silenceOf(path: string): Promise<number> {
  const status = await stat(path).catch(() => undefined);
  return status ? Date.now() - status.mtimeMs : 0;
}

function inWords(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}

/** @throws a usage error where a process that may be running holds the lock. */
async function refuseLiving(folder: string, record: LockRecord | undefined): Promise<void> {
  const path = join(folder, LOCK_FILE);
  if (!record) throw usageError(`${path} is damaged.`, 'Delete it where no process is writing to that folder.');
  const { host, since, processes } = record;
  const when = since.slice(0, 19).replace('T', ' ');
  if (host !== hostname()) {
    throw usageError(
      `A process on another machine (${host}) has been writing to ${folder} since ${when} UTC.`,
      (await silenceOf(path)) > SILENCE
        ? `It has given no sign of life for ${inWords(await silenceOf(path))}. Where it is not running any more, take the folder with --force, or delete ${path}.`
        : 'It is running. Wait for it or end it there, or choose another folder.',
    );
  }
  const alive = await Promise.all(processes.map(isAlive));
  const index = alive.indexOf(true);
  if (index < 0) return;
  throw usageError(
    `Another process (${processes[index].pid}) has been writing to ${folder} since ${when} UTC.`,
    'Wait for it or end it, or choose another folder.',
  );
}

/** @throws a usage error where a process is writing to the folder. */
export async function checkUnlocked(folder: string): Promise<void> {
  const lock = await readLock(join(folder, LOCK_FILE));
  if (lock) await refuseLiving(folder, lock.record);
}

/** Whether a process may be writing to the folder. */
export async function isLocked(folder: string): Promise<boolean> {
  return checkUnlocked(folder).then(
    () => false,
    () => true,
  );
}

/**
 * Takes away the locks, in a folder and those below it, of other machines whose processes have given no sign of life for minutes: only
 * where somebody has said so, since a machine that cannot reach the folder is silent, too. All other locks stay.
 * @returns What to tell of each.
 */
export async function takeSilentLocks(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const told: string[] = [];
  for (const name of names.filter((one) => basename(one) === LOCK_FILE)) {
    const path = join(folder, name);
    const lock = await readLock(path);
    const silence = await silenceOf(path);
    if (!lock?.record || lock.record.host === hostname() || silence <= SILENCE) continue;
    await removeStale(path, lock.text);
    told.push(`${dirname(path)} is taken from ${lock.record.host}, which was silent for ${inWords(silence)}.`);
  }
  return told;
}

/** Gives the file `own` the name `path` too, where there is nothing yet; false where there is. */
async function place(own: string, path: string): Promise<boolean> {
  try {
    // A link is complete at once.
    await link(own, path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(code ?? '')) throw error;
  }
  // A file system without links.
  try {
    await writeFile(path, await readFile(own, 'utf8'), { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a lock of a dead process away, and only that. */
async function removeStale(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    // Another process was faster.
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  // Between reading and renaming, another command may have replaced the lock by its own, which goes back.
  if ((await readFile(aside, 'utf8')) !== text) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

/**
 * Removes what dead processes of this machine have left beside the lock when they were taking it. Another machine's may be about to become
 * the lock.
 */
async function removeUnplaced(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names) {
    const pid = UNPLACED.exec(name)?.[1];
    if (pid === undefined || exists(Number(pid))) continue;
    const path = join(folder, name);
    const record = (await readLock(path).catch(() => undefined))?.record;
    const isLeft = record ? record.host === hostname() : (await silenceOf(path)) > SILENCE;
    if (isLeft) await rm(path, { force: true }).catch(() => {});
  }
}

/**
 * Takes the folder for this process. A lock whose processes are dead is taken over.
 *
 * @throws a usage error where another process, or something else in this one, is writing to the folder.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, LOCK_FILE);
  // Of its own also where this process takes the folder twice at once: one of them is refused.
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  let record: LockRecord = {
    format: 'prunelens-lock-1',
    host: hostname(),
    since: new Date().toISOString(),
    processes: [{ pid: process.pid, started: await startOf(process.pid) }],
  };
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(own, `${JSON.stringify(record, null, 2)}\n`);
    for (;;) {
      if (await place(own, path)) break;
      const found = await readLock(path);
      if (!found) continue;
      await refuseLiving(folder, found.record);
      await removeStale(path, found.text);
    }
  } catch (error) {
    throw fileFailure(error, 'write', path);
  } finally {
    // Where it could not be written, it cannot be removed either.
    await rm(own, { force: true }).catch(() => {});
  }
  // Nobody else writes to it from now on.
  await removeLeftovers(folder);
  await removeUnplaced(folder);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT);
  beat.unref();
  return {
    async add(pid) {
      record = { ...record, processes: [...record.processes, { pid, started: await startOf(pid) }] };
      await writeJsonAtomic(path, record);
    },
    release() {
      clearInterval(beat);
      return rm(path, { force: true });
    },
  };
}

/**
 * Does the work while the folder is locked.
 *
 * @throws a usage error where another process, or something else in this one, is writing to the folder.
 */
export async function withFolderLock<T>(folder: string, work: (lock: FolderLock) => Promise<T>): Promise<T> {
  const lock = await lockFolder(folder);
  try {
    return await work(lock);
  } finally {
    await lock.release();
  }
}
