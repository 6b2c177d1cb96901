/**
 * Leases, for work that processes on several machines share through a folder, NFS included. A lease is a folder with a folder for each
 * turn, `1`, `2`, and so on. Whoever makes the next one has the lease: making a folder succeeds once. The holder counts up in `beat`; the
 * others look whether that changes, and compare no clocks. Where it has not changed for many looks in a row, the next turn can be made; a
 * holder that finds a later turn than its own has lost the lease. Nothing of an earlier turn is changed by a later one, so a holder
 * that slept can do no harm in the folder of its turn.
 */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../protocol/errors';
import { isRunning } from './atomic';
import { errorCode, fileFailure } from './failures';

export interface LeaseTiming {
  /** Milliseconds between two beats of the holder, and between two looks of the others. */
  readonly heartbeat: number;
  /** So many looks in a row without a change, and the holder counts as dead. */
  readonly patience: number;
}

/** A minute of silence; a machine that is paused for longer loses its lease. */
export const LEASE_TIMING: LeaseTiming = { heartbeat: 5000, patience: 12 };

/** Why work ends whose lease another process has taken over. */
export class LeaseLost extends UserError {
  constructor(path: string) {
    super(`Another process has taken over ${path}, since this one was silent for too long.`);
  }
}

export interface Lease {
  /** Folder of this turn: its holder alone writes to it. */
  readonly folder: string;
  /** Which turn it is, from 1. */
  readonly turn: number;
  /** Is aborted with a `LeaseLost` when the lease is lost. */
  readonly signal: AbortSignal;
  /** @throws LeaseLost where another process has the lease. */
  check(): Promise<void>;
  /** Lets others take it at once. What is in the folder of the turn stays. */
  release(): Promise<void>;
  /** Removes all turns: the work is done. */
  remove(): Promise<void>;
}

/** Who has a lease, as far as it has said so. */
export interface LeaseHolder {
  readonly host?: string;
  readonly pid?: number;
}

export interface LeaseOptions {
  readonly timing?: LeaseTiming;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Take it at once from a process of this machine that is not there any more. */
  readonly takesDead?: boolean;
  /** Hears once who has it, where it has to be waited for. */
  onWait?(holder: LeaseHolder): void;
  /** Whether the work was done meanwhile, so that there is nothing to take. */
  isDone(): Promise<boolean>;
}

const BEAT = 'beat';
/** Who has the turn, for people. */
const OWNER = 'owner.json';
/** Is there in the folder of a turn that was given back. */
const FREE = 'free';

/** Number of the latest turn; 0 where there is none. */
async function latestTurn(path: string): Promise<number> {
  const names = await readdir(path).catch((error) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  return Math.max(0, ...names.filter((name) => /^\d+$/.test(name)).map(Number));
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function holderOf(folder: string): Promise<LeaseHolder> {
  try {
    return JSON.parse(await readFile(join(folder, OWNER), 'utf8')) as LeaseHolder;
  } catch {
    // It is just being taken.
    return {};
  }
}

/** Whether the holder of a turn was a process of this machine, and has ended. */
async function isDead(folder: string): Promise<boolean> {
  const { host, pid } = await holderOf(folder);
  return host === hostname() && pid !== undefined && !isRunning(pid);
}

/** Makes the folder of a turn; false where another process was faster. */
async function makeTurn(path: string, turn: number): Promise<boolean> {
  try {
    if (turn === 1) await mkdir(path, { recursive: true });
    await mkdir(join(path, String(turn)));
    return true;
  } catch (error) {
    // All turns are gone when the work is done.
    if (errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Removes all turns of work that is done, also those of a holder that was killed when it was. */
async function removeTurns(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5 }).catch(() => {});
}

/** Beats until it is told to end, or another process has a later turn. */
function hold(path: string, turn: number, { heartbeat }: LeaseTiming): Lease {
  const folder = join(path, String(turn));
  const controller = new AbortController();
  let beats = 0;
  let last: Promise<void> = Promise.resolve();
  const check = async () => {
    if (!controller.signal.aborted && ((await latestTurn(path)) > turn || !(await exists(folder)))) {
      controller.abort(new LeaseLost(path));
    }
    controller.signal.throwIfAborted();
  };
  const beat = async () => {
    // A network that does not answer for a moment is no loss; the next beat looks again.
    const isHeld = await check().then(
      () => true,
      (error) => !(error instanceof LeaseLost),
    );
    if (isHeld) await writeFile(join(folder, BEAT), String(++beats)).catch(() => {});
  };
  const timer = setInterval(() => {
    last = last.then(beat);
  }, heartbeat);
  timer.unref();
  last = beat();
  const end = async () => {
    clearInterval(timer);
    await last;
  };
  return {
    folder,
    turn,
    signal: controller.signal,
    check,
    async release() {
      await end();
      await writeFile(join(folder, FREE), '').catch(() => {});
    },
    async remove() {
      await end();
      await removeTurns(path);
    },
  };
}

/**
 * Takes the lease in the folder `path`, or waits for it.
 *
 * @returns undefined where the work was done meanwhile.
 * @throws the signal's reason where it aborts before; UserError where the folder cannot be written.
 */
export async function takeLease(
  path: string,
  { timing = LEASE_TIMING, signal, takesDead = false, onWait, isDone }: LeaseOptions,
): Promise<Lease | undefined> {
  let hasTold = false;
  let seen = '';
  let unchanged = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      if (await isDone()) {
        await removeTurns(path);
        return undefined;
      }
      const latest = await latestTurn(path);
      const current = join(path, String(latest));
      const beat = await readFile(join(current, BEAT), 'utf8').catch(() => '');
      const state = `${latest} ${beat}`;
      unchanged = state === seen ? unchanged + 1 : 0;
      seen = state;
      const isGiven = async () => (await exists(join(current, FREE))) || (takesDead && (await isDead(current)));
      const isFree = latest === 0 || unchanged >= timing.patience || (await isGiven());
      if (isFree && (await makeTurn(path, latest + 1))) {
        const lease = hold(path, latest + 1, timing);
        await writeFile(join(lease.folder, OWNER), `${JSON.stringify({ host: hostname(), pid: process.pid })}\n`);
        if (!(await isDone())) return lease;
        await lease.remove();
        return undefined;
      }
      if (!isFree && !hasTold) {
        onWait?.(await holderOf(current));
        hasTold = true;
      }
      // One that was beaten to it looks again at once.
      if (!isFree) await sleep(timing.heartbeat, undefined, { signal }).catch(() => {});
    }
  } catch (error) {
    throw fileFailure(error, 'write', path);
  }
}
