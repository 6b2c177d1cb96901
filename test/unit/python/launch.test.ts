/** Programs in Python end with their parent, at their deadline and beyond their memory, with what they have forked. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Limits, watchEnvironment } from '../../../server/processes/watchProcess';
import { findInterpreter } from '../../../server/python/find';
import { pythonFile } from '../../../server/python/start';
import { runs } from '../../support/processes';
import { startCollecting } from '../../support/startCollecting';
import { until } from '../../support/workerFiles';

const python = findInterpreter({ workspaceFolder: tmpdir() })?.path;
const folder = mkdtempSync(join(tmpdir(), 'prunelens-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, code: string): string {
  const path = join(folder, name);
  writeFileSync(path, code);
  return path;
}

function start(file: string, limits: Limits = {}) {
  return startCollecting(python!, ['-B', pythonFile('python/launch.py'), file, 'argument'], limits);
}

describe.skipIf(python === undefined)('a program in Python', () => {
  it('has its own arguments, and is the main one', async () => {
    const { ended, lines } = start(script('arguments.py', 'import sys\nprint(__name__, sys.argv[1:], __file__)'));
    expect(await ended).toEqual({ kind: 'exit', code: 0 });
    expect(lines).toEqual([`__main__ ['argument'] ${join(folder, 'arguments.py')}`]);
  });

  it('ends itself beyond its memory', async () => {
    const file = script('memory.py', 'import time\nheld = bytearray(300 * 2**20)\ntime.sleep(60)');
    const memory = 200 * 2 ** 20;
    expect(await start(file, { memory }).ended).toEqual({ kind: 'memory', limit: memory });
  });

  it('is ended at its deadline', async () => {
    const file = script('endless.py', 'while True: pass');
    expect(await start(file, { deadline: 300 }).ended).toEqual({ kind: 'deadline', deadline: 300 });
  });

  it('ends with its parent, and what it has forked too', async () => {
    const name = 'orphan.py';
    const file = script(
      name,
      'import os, time\npid = os.fork()\nif pid: print(os.getpid(), pid, flush=True)\ntime.sleep(60)',
    );
    // A parent of its own that is killed, and cannot end what it has started.
    const launcher = pythonFile('python/launch.py');
    const watch = JSON.stringify(Object.keys(watchEnvironment())[0]);
    const parent = spawn(process.execPath, [
      '-e',
      `const environment = { ...process.env, [${watch}]: JSON.stringify({ parent: process.pid }) };
       const args = ${JSON.stringify(['-B', launcher, file])};
       require('child_process').spawn(${JSON.stringify(python)}, args, { stdio: 'inherit', env: environment });`,
    ]);
    onTestFinished(() => void parent.kill('SIGKILL'));
    let text = '';
    parent.stdout.on('data', (data) => {
      text += data;
    });
    await until(() => text.includes('\n'), 'its numbers');
    const pids = text.trim().split(' ').map(Number);
    expect(pids.map((pid) => runs(pid, name))).toEqual([true, true]);
    parent.kill('SIGKILL');
    await until(() => pids.every((pid) => !runs(pid, name)), 'their end');
  });
});
