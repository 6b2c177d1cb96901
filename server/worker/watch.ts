/** Sees to it that this process does not outgrow its memory and does not outlive its parent. */
import { Worker } from 'node:worker_threads';
import { MEMORY_REASON, REASON_DESCRIPTOR } from './messages';

/** Milliseconds between two looks. */
const INTERVAL = 200;

/**
 * Ends this process when its resident memory passes `limit` bytes, after writing the reason to a pipe of the parent, and
 * when the parent is gone. A thread of its own does it, because the main thread may be deep in a computation.
 */
export function watchProcess(limit: number): void {
  const code = `
    const { writeSync } = require('node:fs');
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
      if (process.memoryUsage.rss() < ${limit}) return;
      writeSync(${REASON_DESCRIPTOR}, ${JSON.stringify(MEMORY_REASON)});
      process.kill(process.pid, 'SIGKILL');
    }, ${INTERVAL});`;
  new Worker(code, { eval: true }).unref();
}
