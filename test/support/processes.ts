/** Processes as Linux tells of them. */
import { readdirSync, readFileSync } from 'node:fs';

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended meanwhile.
    return '';
  }
}

/** Process ids of the children of all threads of a process. */
export function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const children = threads.flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(' '));
    return children.filter((text) => text.trim() !== '').map(Number);
  } catch {
    return [];
  }
}

/** Whether a process runs whose command line contains `text`; one that has ended has none, though nobody has taken note of it. */
export function runs(pid: number, text: string): boolean {
  return read(`/proc/${pid}/cmdline`).includes(text);
}

/** Ids of the processes below `pid`, at any depth, whose command line contains `text`. */
export function descendantsOf(pid: number, text: string): number[] {
  return childrenOf(pid).flatMap((child) => [...(runs(child, text) ? [child] : []), ...descendantsOf(child, text)]);
}
