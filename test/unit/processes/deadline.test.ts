/** Deadlines count no time in which a process waits for a processor, in programs of ours and in the loaders of Python. */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { waitedForProcessor } from '../../../server/processes/deadline';
import type { Limits } from '../../../server/processes/watchProcess';
import { findInterpreter } from '../../../server/python/find';
import { startCollecting } from '../../support/startCollecting';

const LOADER = fileURLToPath(new URL('../../../server/frontends/python/loader', import.meta.url));
const python = findInterpreter({ workspaceFolder: tmpdir() })?.path;

/** Processors that this process may use. */
function processors(): string[] {
  const ranges = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1].split(',');
  return ranges.map((range) => range.split('-')[0]);
}

/** Starts a program of the shell that shares a processor with so many others that never rest. */
function crowded(program: string, others: number, limits: Limits = {}) {
  const spin = 'while :; do :; done &\n'.repeat(others);
  return startCollecting('taskset', ['-c', processors()[0], 'sh', '-c', `${spin}exec ${program}`], limits);
}

/** Computes for three seconds, of which it has a fifth beside four others. */
const WORK = `${process.execPath} -e "while (performance.now() < 3000);"`;

// Only Linux tells how long a process has waited.
describe.runIf(process.platform === 'linux')('a process that waits for a processor', () => {
  it('is not ended for that', async () => {
    expect(await crowded(WORK, 4, { deadline: 1500 }).ended).toEqual({ kind: 'exit', code: 0 });
  });

  it('is ended all the same where it comes to no end', async () => {
    const { ended, child } = crowded('sh -c "while :; do :; done"', 1, { deadline: 500 });
    let waited = 0;
    const look = setInterval(() => {
      waited = Math.max(waited, waitedForProcessor(child.pid!));
    }, 20);
    expect(await ended).toEqual({ kind: 'deadline', deadline: 500 });
    clearInterval(look);
    expect(waited).toBeGreaterThan(100);
  });

  it('is ended where it sleeps', async () => {
    const { ended } = crowded('sleep 1000', 1, { deadline: 300 });
    expect(await ended).toEqual({ kind: 'deadline', deadline: 300 });
  });
});

describe.runIf(process.platform === 'linux' && python !== undefined)('a loader of Python', () => {
  /** What a guard of `seconds` says of the code, which shares its processor with so many others. */
  async function guarded(seconds: number, others: number, code: string): Promise<string> {
    const program = [
      'import os, sys, time',
      `sys.path.insert(0, ${JSON.stringify(join(LOADER, '..'))})`,
      'from loader.guard import Guard',
      'def answer(message, hint, place):',
      '    print(message, flush=True)',
      'guard = Guard(None, None, answer)',
      'guard.begin()',
      `guard.allow(${seconds})`,
      code,
      'guard.allow(None)',
      "print('done')",
    ].join('\n');
    const { ended, lines } = crowded(`${python} -B -c '${program.replaceAll("'", "'\\''")}'`, others);
    expect(await ended).toEqual({ kind: 'exit', code: 0 });
    return lines.join('\n');
  }

  it.each([
    ['waits for a processor', 1, 4, 'began = time.monotonic()\nwhile time.monotonic() < began + 2: pass', 'done'],
    ['loops', 0.3, 1, 'while True: pass', 'The model code did not finish within 0.3 seconds.'],
    ['sleeps', 0.3, 1, 'time.sleep(1e6)', 'The model code did not finish within 0.3 seconds.'],
    ['has a pause', 0.3, 1, 'with guard.pause(): time.sleep(0.5)', 'done'],
    [
      'sleeps after a pause',
      0.3,
      1,
      'with guard.pause(): pass\ntime.sleep(1e6)',
      'The model code did not finish within 0.3 seconds.',
    ],
  ])('that %s', async (_, seconds, others, code, words) => {
    expect(await guarded(seconds, others, code)).toBe(words);
  });
});
