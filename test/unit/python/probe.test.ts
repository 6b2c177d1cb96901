/** What interpreters have: programs that answer like one, a Python with made-up versions of torch, and one with torch. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findInterpreter } from '../../../server/python/find';
import { openInterpreter } from '../../../server/python/interpreter';
import { probeInterpreter } from '../../../server/python/probe';
import { pythonProcess } from '../../../server/python/start';
import type { InterpreterProbe } from '../../../server/python/types';
import { TEST_PYTHON, whyNoPython } from '../../support/python';

const trusted = { trusted: true };

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'prunelens-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A program in place of an interpreter. */
function program(code: string, mode = 0o755): string {
  const path = join(temporaryFolder(), 'python');
  writeFileSync(path, `#!/bin/sh\n${code}\n`);
  chmodSync(path, mode);
  return path;
}

const answering = (answer: object) => program(`echo 'prunelens-probe ${JSON.stringify(answer)}'`);

function reasonOf(probe: InterpreterProbe): string {
  return 'reason' in probe ? probe.reason : 'it serves';
}

describe.skipIf(process.platform === 'win32')('a probe', () => {
  it('tells versions and devices', async () => {
    const path = answering({
      python: '3.12.1',
      torch: '2.13.0+cu130',
      devices: [
        { device: 'cuda:0', platform: 'cuda', name: 'NVIDIA H100', memory: 85e9 },
        { device: 'cpu', platform: 'cpu' },
        { device: 1, platform: 'cuda' },
        null,
      ],
      warning: 'The driver is old',
    });
    expect(await probeInterpreter(path, trusted)).toEqual({
      interpreter: {
        path,
        version: '3.12.1',
        torch: '2.13.0+cu130',
        devices: [
          { device: 'cuda:0', platform: 'cuda', name: 'NVIDIA H100', memory: 85e9 },
          { device: 'cpu', platform: 'cpu' },
        ],
        warning: 'The driver is old',
      },
    });
  });

  it('asks an interpreter that serves once, and another time when its file has changed', async () => {
    const folder = temporaryFolder();
    const counter = join(folder, 'counter');
    const path = program(
      `echo x >> ${counter}; echo 'prunelens-probe {"python":"3.12.1","torch":"2.13.0","devices":[]}'`,
    );
    const starts = () => readFileSync(counter, 'utf8').length / 2;
    await probeInterpreter(path, trusted);
    await probeInterpreter(path, trusted);
    expect(starts()).toBe(1);
    await probeInterpreter(path, { ...trusted, environment: { ...process.env, CUDA_VISIBLE_DEVICES: '1' } });
    expect(starts()).toBe(2);
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n`);
    await probeInterpreter(path, trusted);
    expect(starts()).toBe(3);
  });

  it('starts nothing where the workspace is not trusted', async () => {
    const marker = join(temporaryFolder(), 'marker');
    const path = program(`touch ${marker}`);
    const probe = await probeInterpreter(path, { trusted: false });
    expect(reasonOf(probe)).toBe('This workspace is not trusted, so no Python is started.');
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    ['too old', { python: '3.8.18' }, 'is Python 3.8.18, which is too old: choose Python 3.9 or later with --python.'],
    ['without torch', { python: '3.12.1' }, 'has no torch: install it with "'],
    ['with an old torch', { python: '3.12.1', torch: '2.5.1' }, 'has torch 2.5.1, which is too old: 2.6 or later'],
    [
      'with a broken torch',
      { python: '3.12.1', failure: 'OSError: libcudart.so.12 is missing' },
      'has a torch that does not work (OSError: libcudart.so.12 is missing): install it with',
    ],
  ])('says of a Python %s what to do', async (_, answer, expected) => {
    expect(reasonOf(await probeInterpreter(answering(answer), trusted))).toContain(expected);
  });

  it.each([
    [
      'fails',
      program.bind(null, 'echo "unknown option -X" >&2; exit 2'),
      /ended with exit code 2 \(unknown option -X\);/,
    ],
    ['says something else', program.bind(null, 'echo prunelens-probe nonsense'), /ended with exit code 0;/],
    ['cannot be executed', program.bind(null, '', 0o644), /cannot be run: it is not an executable program;/],
    ['does not exist', () => '/nowhere/python', /There is no Python at \/nowhere\/python;/],
    ['is a folder', () => tmpdir(), /is a folder without a Python;/],
  ])('says of a program that %s that it is no Python', async (_, make, expected) => {
    const reason = reasonOf(await probeInterpreter(make(), trusted));
    expect(reason).toMatch(expected);
    expect(reason).toMatch(/; choose a Python with --python or the setting "python"\.$/);
  });

  it('ends the program when it is cancelled', async () => {
    const controller = new AbortController();
    const probe = probeInterpreter(program('sleep 60'), { ...trusted, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('cancelled')), 100);
    await expect(probe).rejects.toThrow('cancelled');
  });

  it('is what openInterpreter refuses by', async () => {
    const choice = { flag: answering({ python: '3.12.1' }), workspaceFolder: tmpdir() };
    await expect(openInterpreter(choice, trusted)).rejects.toThrow('has no torch');
    await expect(openInterpreter({ workspaceFolder: tmpdir(), environment: {} }, trusted)).rejects.toThrow(
      'No Python was found',
    );
  });
});

const anyPython = findInterpreter({ workspaceFolder: tmpdir() })?.path;

describe.skipIf(anyPython === undefined)('a Python of this machine', () => {
  /** The environment of a Python that finds a torch made of this code. */
  function withTorch(code: string): NodeJS.ProcessEnv {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'torch'));
    writeFileSync(join(folder, 'torch', '__init__.py'), code);
    return { ...process.env, PYTHONPATH: folder };
  }

  const probe = async (code: string) =>
    reasonOf(await probeInterpreter(anyPython!, { ...trusted, environment: withTorch(code) }));

  it('tells the last line of a torch that fails', async () => {
    expect(await probe("raise OSError('first line\\nlibcudart.so.12: cannot open shared object file')")).toContain(
      'has a torch that does not work (OSError: libcudart.so.12: cannot open shared object file)',
    );
    expect(await probe('import sympy_that_is_missing')).toContain(
      "(ModuleNotFoundError: No module named 'sympy_that_is_missing')",
    );
  });

  it('leaves the CPU where a driver fails, with a warning', async () => {
    const environment = withTorch("__version__ = '2.13.0'");
    const found = await probeInterpreter(anyPython!, { ...trusted, environment });
    expect('interpreter' in found && found.interpreter).toMatchObject({
      torch: '2.13.0',
      devices: [{ device: 'cpu', platform: 'cpu' }],
      warning: expect.stringContaining('AttributeError'),
    });
  });

  it('takes no module from the working folder or from beside the program', () => {
    const folder = temporaryFolder();
    for (const name of ['json.py', 'runpy.py', 'torch.py']) writeFileSync(join(folder, name), 'print("taken")');
    for (const version of [undefined, '3.9.1']) {
      const { command, args } = pythonProcess({ path: anyPython!, ...(version && { version }) }, 'python/probe.py');
      const { stdout } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
      expect(stdout).toMatch(/^prunelens-probe /);
    }
    const { cwd } = pythonProcess({ path: anyPython! }, 'python/probe.py');
    expect(cwd).toMatch(/python$/);
  });

  it('is told by its options where they exist', () => {
    const argsOf = (version: string) => pythonProcess({ path: 'python', version }, 'python/probe.py').args;
    expect(argsOf('3.11.0').slice(0, 4)).toEqual(['-P', '-X', 'utf8', '-B']);
    expect(argsOf('3.10.13').slice(0, 3)).toEqual(['-X', 'utf8', '-B']);
  });
});

const leftOut = whyNoPython();

describe.skipIf(leftOut !== undefined)(`a Python with torch${leftOut ? `: left out because ${leftOut}` : ''}`, () => {
  it('serves', async () => {
    const { devices, ...rest } = await openInterpreter({ flag: TEST_PYTHON, workspaceFolder: tmpdir() }, trusted);
    expect(rest).toMatchObject({
      path: TEST_PYTHON,
      version: expect.stringMatching(/^3\./),
      torch: expect.any(String),
    });
    expect(devices.at(-1)).toEqual({ device: 'cpu', platform: 'cpu' });
  });
});
