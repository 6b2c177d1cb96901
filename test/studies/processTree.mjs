/** What studies need of processes, by /proc: Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

const read = (pid, name) => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
};

/** Numbers of the processes whose command line or working folder has a text. */
export function processesWith(text) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.map(Number).filter((pid) => read(pid, 'cmdline').includes(text) || read(pid, 'environ').includes(text));
}

/** MiB that a process and its descendants hold now. */
export function memoryOf(pid) {
  const own = Number(/VmRSS:\s+(\d+)/.exec(read(pid, 'status'))?.[1] ?? 0) / 1024;
  const children = read(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return children.reduce((sum, child) => sum + memoryOf(child), own);
}

/** Watches a process; what it gives tells the most MiB that it and its descendants held together. */
export function watchMemory(pid) {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, memoryOf(pid));
  }, 20);
  return () => {
    clearInterval(timer);
    return most;
  };
}
