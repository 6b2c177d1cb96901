/** Sees to it that a process does not outlive its parent, its deadline or its memory, whatever its main thread does. */
import { Worker } from 'node:worker_threads';

/** What the parent gives its child to live by. */
export interface Limits {
  /** Resident memory in bytes. */
  readonly memory?: number;
  /** Milliseconds from the start of the watch, to the process itself; from its start, to its parent (see `deadline.ts`). */
  readonly deadline?: number;
}

export interface Watch extends Limits {
  /** The parent's process id, which the parent has said itself: the child may begin to look when it is dead already. */
  readonly parent: number;
  /** Whether the process leads a group of its own: all that it has started ends with it. */
  readonly ownGroup?: boolean;
}

/** Environment variable by which a child is told its watch: it is there before anything else of the child. */
const VARIABLE = 'PRUNELENS_WATCH';

/** File descriptor of the channel between a process and its parent. */
export const CHANNEL_DESCRIPTOR = 3;

/** File descriptor, a pipe of the parent, on which a process says why it ends itself, and the words it says there. */
export const REASON_DESCRIPTOR = 4;
export const MEMORY_REASON = 'memory';
export const DEADLINE_REASON = 'deadline';

/** Milliseconds between two looks. */
const INTERVAL = 50;

/** What a process adds to the environment of a child that watches itself. */
export function watchEnvironment(limits: Limits = {}, ownGroup = false): { readonly [name: string]: string } {
  return { [VARIABLE]: JSON.stringify({ parent: process.pid, ...limits, ownGroup } satisfies Watch) };
}

/**
 * The watch that the parent has set for this process; undefined where it has set none. It is taken out of the environment, which
 * processes that this one starts inherit.
 */
export function takeWatch(): Watch | undefined {
  const text = process.env[VARIABLE];
  delete process.env[VARIABLE];
  return text === undefined ? undefined : (JSON.parse(text) as Watch);
}

/**
 * The code of the thread. A process whose parent is gone has another parent, process 1 or one that adopts orphans; a number that
 * is used again is never that of an adopter. Windows keeps the number of the dead parent, so there the parent is asked for.
 */
function threadCode({ parent, memory, deadline, ownGroup = false }: Watch): string {
  return `
    const { spawnSync } = require('node:child_process');
    const { writeSync } = require('node:fs');
    const endAll = () => {
      if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(process.pid), '/T', '/F']);
      else process.kill(-process.pid, 'SIGKILL');
    };
    const end = (reason) => {
      try {
        if (reason !== undefined) writeSync(${REASON_DESCRIPTOR}, reason);
      } finally {
        try {
          if (${ownGroup}) endAll();
        } finally {
          process.kill(process.pid, 'SIGKILL');
        }
      }
    };
    const isThere = () => {
      try {
        return process.kill(${parent}, 0);
      } catch (error) {
        return error.code !== 'ESRCH';
      }
    };
    const look = () => {
      if (process.ppid !== ${parent} || (process.platform === 'win32' && !isThere())) end();
      if (${deadline !== undefined} && performance.now() > ${deadline}) end('${DEADLINE_REASON}');
      if (${memory !== undefined} && process.memoryUsage.rss() > ${memory}) end('${MEMORY_REASON}');
    };
    look();
    setInterval(look, ${INTERVAL});`;
}

/**
 * Ends this process by SIGKILL when its parent is gone, at its deadline, and when its resident memory passes the limit; the
 * reason of the latter two is written to the parent's pipe. A thread of its own does it, because the main thread may be deep in a
 * computation or the user's code.
 */
export function watchProcess(watch: Watch): void {
  new Worker(threadCode(watch), { eval: true }).unref();
}
