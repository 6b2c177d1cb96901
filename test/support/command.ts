/** The built command, run as a user runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export const ROOT = join(import.meta.dirname, '..', '..');
const COMMAND = join(ROOT, 'dist', 'prunelens.js');

export interface Ended {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: { readonly [name: string]: string };
  /** Called with all of standard error so far, whenever there is more. */
  readonly onStderr?: (text: string, child: ChildProcess) => void;
  /** Presses Ctrl-C, once, when standard error has this: a second one would end the command at once. */
  readonly interruptAt?: string;
}

/** Runs `prunelens` with `args` on the CPU. */
export function prunelens(
  args: readonly string[],
  { cwd = ROOT, env = {}, onStderr, interruptAt }: CommandOptions = {},
) {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, ...args], { cwd, env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      const isThere = interruptAt !== undefined && stderr.includes(interruptAt);
      stderr += data;
      if (interruptAt !== undefined && !isThere && stderr.includes(interruptAt)) child.kill('SIGINT');
      onStderr?.(stderr, child);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A folder for the tests of a file, removed after them. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
