/**
 * `process.json` in a run folder: which process trains the run. It is there only while one does, and its heartbeat is its
 * time of modification, so that others can tell a run that goes on from one whose process was killed.
 */
import { rmSync } from 'node:fs';
import { stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { writeJsonAtomic } from '../files/atomic';
import { runFiles } from './files';
import { findJson } from './read';

/** Contents of `process.json`. */
interface RunProcess {
  readonly pid: number;
  /** Name of the machine, as a folder can be shared by several. */
  readonly host: string;
}

/** Milliseconds between two heartbeats. */
const HEARTBEAT = 5000;
/** Milliseconds without a heartbeat after which a run counts as interrupted. */
const SILENCE = 60_000;

/** Says in a run folder that this process trains it. Returns what takes that back. Throws a UserError where it cannot write. */
export async function announceProcess(dir: string): Promise<() => void> {
  const path = runFiles(dir).process;
  await writeJsonAtomic(path, { pid: process.pid, host: hostname() } satisfies RunProcess);
  const touch = () => {
    const now = new Date();
    // A folder that was deleted meanwhile ends the run elsewhere, with a better message.
    utimes(path, now, now).catch(() => {});
  };
  const timer = setInterval(touch, HEARTBEAT);
  timer.unref();
  return () => {
    clearInterval(timer);
    rmSync(path, { force: true });
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of somebody else may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether some process, here or on another machine that shares the folder, trains the run in `dir`. */
export async function isTrained(dir: string): Promise<boolean> {
  const path = runFiles(dir).process;
  const trainer = (await findJson(path)) as RunProcess | undefined;
  const touched = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if (!trainer || Date.now() - touched > SILENCE) return false;
  return trainer.host !== hostname() || isAlive(trainer.pid);
}
