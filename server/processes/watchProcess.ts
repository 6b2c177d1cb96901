/** Sees to it that a process does not outgrow its memory and does not outlive its parent. */
import { Worker } from 'node:worker_threads';

export interface Watch {
  /** Resident memory in bytes. */
  readonly limit: number;
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** File descriptor of a pipe of the parent, and what is written to it when the memory is used up. */
  readonly descriptor: number;
  readonly reason: string;
}

/**
 * Ends this process when its resident memory passes the limit, after writing the reason to the parent's pipe, and when the
 * parent is gone. A thread of its own does it, because the main thread may be deep in a computation or the user's code.
 */
export function watchProcess({ limit, interval, descriptor, reason }: Watch): void {
  const code = `
    const { writeSync } = require('node:fs');
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
      if (process.memoryUsage.rss() < ${limit}) return;
      writeSync(${descriptor}, ${JSON.stringify(reason)});
      process.kill(process.pid, 'SIGKILL');
    }, ${interval});`;
  new Worker(code, { eval: true }).unref();
}
