/**
 * `process.json` in a run folder: which process trains the run. It is there only while one does, and is touched every few
 * seconds, so that others can tell a run that goes on from one whose process was killed.
 */
import { rmSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeJsonAtomic } from '../files/atomic';

/** Contents of `process.json`. */
export interface RunProcess {
  readonly pid: number;
  /** Name of the machine, as a folder can be shared by several. */
  readonly host: string;
}

export const RUN_PROCESS_FILE = 'process.json';
/** Milliseconds between two signs of life. */
export const RUN_HEARTBEAT = 5000;

/** Says in a run folder that this process trains it. Returns what takes that back. Throws a UserError where it cannot write. */
export async function announceProcess(dir: string): Promise<() => void> {
  const path = join(dir, RUN_PROCESS_FILE);
  await writeJsonAtomic(path, { pid: process.pid, host: hostname() } satisfies RunProcess);
  const touch = () => {
    const now = new Date();
    // A folder that was deleted meanwhile ends the run elsewhere, with a better message.
    utimes(path, now, now).catch(() => {});
  };
  const timer = setInterval(touch, RUN_HEARTBEAT);
  timer.unref();
  return () => {
    clearInterval(timer);
    rmSync(path, { force: true });
  };
}
