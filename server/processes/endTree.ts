/** Ends a process with all that it has started. */
import { type ChildProcess, spawn } from 'node:child_process';

/** Ends the group that a process led, also where the process itself is gone. Nothing happens where the group is empty. */
export function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

/**
 * Ends a child at once. One that leads a group takes along all that it has started, other than processes that have left the
 * group; on Windows its descendants are found by their parents.
 */
export function endTree(child: ChildProcess, ownGroup: boolean): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (ownGroup && process.platform === 'win32') {
    const taskkill = spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    taskkill.on('error', () => child.kill('SIGKILL'));
    return;
  }
  if (ownGroup) endGroup(pid);
  child.kill('SIGKILL');
}
