/** Processes of a session: what runs below one, and how to end it without leaving any behind. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** `pid (name) state parent …`; the name may hold spaces and brackets. */
const STAT = /\) (\S) (\d+) /;

function readProcess(pid: number): readonly ProcessEntry[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, state, parent] = STAT.exec(stat.slice(stat.lastIndexOf(')'))) ?? [];
    // A zombie has ended: only its parent has not looked yet.
    if (state === undefined || state === 'Z') return [];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return [{ pid, parent: Number(parent), command }];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

/** All processes, as Linux shows them: the editor for tests runs nowhere else, and `ps` is not on every machine. */
export function listProcesses(): readonly ProcessEntry[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readProcess(Number(name)) : []));
}

/** All processes below one, parents first; it is not among them. */
export function descendants(pid: number, processes = listProcesses()): readonly ProcessEntry[] {
  const children = processes.filter((process) => process.parent === pid);
  return children.flatMap((child) => [child, ...descendants(child.pid, processes)]);
}

export function isAlive(pid: number): boolean {
  return listProcesses().some((process) => process.pid === pid);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

/** Kills a process and all below it at once; for exit handlers, where nothing can be waited for. */
export function killTree(pid: number): void {
  const below = descendants(pid);
  for (const entry of [{ pid }, ...below]) signal(entry.pid, 'SIGKILL');
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/** Calls `probe` until it gives something, and fails with `what` after the time. */
export async function waitFor<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  milliseconds = 60_000,
): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`Waited ${Math.round(milliseconds / 1000)} s for ${what}.`);
    await sleep(100);
  }
}

/** Asks a process to end, and kills it with all below it when it does not. */
export async function endProcess(pid: number, milliseconds = 10_000): Promise<void> {
  const below = descendants(pid);
  signal(pid, 'SIGTERM');
  const ended = await waitFor(`process ${pid} to end`, () => !isAlive(pid), milliseconds).catch(() => false);
  if (!ended) killTree(pid);
  // Whatever outlived its parent is a finding for the tests of processes, not for the next session.
  const left = listProcesses().filter((entry) =>
    below.some((one) => one.pid === entry.pid && one.command === entry.command),
  );
  for (const entry of left) signal(entry.pid, 'SIGKILL');
}
