/** Starting a process for a test, which ends with it, and keeps what it prints. */
import { onTestFinished } from 'vitest';
import { startProcess } from '../../server/processes/start';
import type { Limits } from '../../server/processes/watchProcess';

export function startCollecting(command: string, args: readonly string[], limits: Limits) {
  const lines: string[] = [];
  const started = startProcess({
    command,
    args,
    environment: process.env,
    limits,
    ownGroup: true,
    channel: 'pipe',
    onLine: (line) => lines.push(line),
  });
  onTestFinished(() => void started.end());
  return { ...started, lines };
}
