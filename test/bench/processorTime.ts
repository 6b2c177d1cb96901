/** Processor time of processes, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

/** A tick is a hundredth of a second. */
const MILLISECONDS_PER_TICK = 10;

/** What `/proc/PID/stat` tells after the name of the program; none where the process is gone. */
function fieldsOf(pid: number | string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return [];
  }
}

/** Milliseconds that processes have taken, with those of their children that have ended. */
export function processorTime(pids: readonly number[]): number {
  const ticks = pids.flatMap((pid) => fieldsOf(pid).slice(11, 15).map(Number));
  return MILLISECONDS_PER_TICK * ticks.reduce((sum, one) => sum + one, 0);
}

/** The processes that others have started. */
export function childrenOf(pids: readonly number[]): readonly number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.filter((pid) => pids.includes(Number(fieldsOf(pid)[1]))).map(Number);
}
