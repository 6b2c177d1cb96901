/**
 * Deadlines of processes. Time in which a process only waits for a processor does not count, so that a busy machine ends nothing that
 * would be done in time on an idle one; an endless loop and a sleep come to their end. `loader/deadlines.py` has the same in Python.
 */
import { readFileSync } from 'node:fs';

/** A deadline is put off to so many times its length at the most. */
const LONGEST = 10;

/** Milliseconds that a deadline is put off by at least, where it is: what has waited a moment ago may be about to end. */
const LEAST = 50;

const NANOSECONDS = 1e6;

/**
 * Milliseconds in which the main thread of a process could have run, and had no processor; 0 where the system does not tell
 * (Linux does), or the process is gone.
 */
export function waitedForProcessor(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / NANOSECONDS || 0;
  } catch {
    return 0;
  }
}

/** The latest that a deadline can be, in milliseconds. */
export function latest(deadline: number): number {
  return deadline * LONGEST;
}

/** Calls `onLate` when a process has had `deadline` milliseconds from now on. Gives a function that calls it off. */
export function atDeadline(pid: number, deadline: number, onLate: () => void): () => void {
  const [began, waited] = [performance.now(), waitedForProcessor(pid)];
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const passed = performance.now() - began;
    const left = Math.min(deadline + waitedForProcessor(pid) - waited, latest(deadline)) - passed;
    if (left > 0) wait(Math.max(left, LEAST));
    else onLate();
  };
  const wait = (milliseconds: number): void => {
    timer = setTimeout(look, milliseconds);
  };
  wait(deadline);
  return () => clearTimeout(timer);
}
