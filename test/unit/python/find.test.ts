/** Which interpreter is the user's, among folders that look like environments. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { findInterpreter } from '../../../server/python/find';

let folder: string;
let workspace: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'prunelens-test-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  workspace = join(folder, 'repository', 'models', 'vision');
  mkdirSync(workspace, { recursive: true });
  mkdirSync(join(folder, 'repository', '.git'));
});

/** An interpreter at a path within the folder. Returns its path. */
function python(...parts: string[]): string {
  const path = join(folder, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

describe.skipIf(process.platform === 'win32')('the interpreter', () => {
  it('is the first of those that are named and found', () => {
    const onPath = python('commands', 'python3');
    const local = python('repository', '.venv', 'bin', 'python');
    const conda = python('conda', 'bin', 'python');
    const virtual = python('virtual', 'bin', 'python');
    const setting = python('settings', 'python');
    const editor = python('editor', 'python');
    const flag = python('flags', 'python');
    const environment = {
      PATH: dirname(onPath),
      VIRTUAL_ENV: join(folder, 'virtual'),
      CONDA_PREFIX: join(folder, 'conda'),
    };
    const all = {
      flag,
      editor: { path: editor, origin: 'the Python extension' },
      setting,
      workspaceFolder: workspace,
      environment,
    };
    expect(findInterpreter(all)).toEqual({ path: flag, origin: '--python' });
    const { flag: _, ...fromEditor } = all;
    expect(findInterpreter(fromEditor)).toEqual({ path: editor, origin: 'the Python extension' });
    const { editor: __, ...fromSettings } = fromEditor;
    expect(findInterpreter(fromSettings)).toEqual({ path: setting, origin: 'prunelens.json' });
    const { setting: ___, ...unnamed } = fromSettings;
    expect(findInterpreter(unnamed)).toEqual({ path: virtual, origin: '$VIRTUAL_ENV' });
    const { VIRTUAL_ENV: ____, ...noVirtual } = environment;
    expect(findInterpreter({ ...unnamed, environment: noVirtual })).toEqual({ path: conda, origin: '$CONDA_PREFIX' });
    const bare = { PATH: environment.PATH };
    expect(findInterpreter({ ...unnamed, environment: bare })).toEqual({ path: local, origin: '.venv' });
    rmSync(join(folder, 'repository', '.venv'), { recursive: true });
    expect(findInterpreter({ ...unnamed, environment: bare })).toEqual({ path: onPath, origin: 'PATH' });
    expect(findInterpreter({ ...unnamed, environment: { PATH: workspace } })).toBeUndefined();
  });

  it('is in the .venv nearest to the workspace, and never above the root of the repository', () => {
    python('.venv', 'bin', 'python');
    const choice = { workspaceFolder: workspace, environment: {} };
    expect(findInterpreter(choice)).toBeUndefined();
    const root = python('repository', '.venv', 'bin', 'python');
    expect(findInterpreter(choice)?.path).toBe(root);
    const near = python('repository', 'models', '.venv', 'bin', 'python');
    expect(findInterpreter(choice)?.path).toBe(near);
  });

  it('is in no .venv above a workspace that is in no repository', () => {
    rmSync(join(folder, 'repository', '.git'), { recursive: true });
    python('repository', '.venv', 'bin', 'python');
    expect(findInterpreter({ workspaceFolder: workspace, environment: {} })).toBeUndefined();
  });

  it('is named by a path, by the folder of an environment, or by a command', () => {
    const command = python('commands', 'python3.12');
    const environment = { PATH: dirname(command) };
    const find = (flag: string) => findInterpreter({ flag, workspaceFolder: workspace, environment })?.path;
    expect(find('python3.12')).toBe(command);
    const within = python('environment', 'bin', 'python');
    expect(find(join(folder, 'environment'))).toBe(within);
    expect(find(within)).toBe(within);
    expect(find(join(folder, 'nothing'))).toBe(join(folder, 'nothing'));
  });

  it('is none of a relative folder of PATH, nor a file that cannot be run', () => {
    const environment = { PATH: `.:${join(folder, 'commands')}` };
    chmodSync(python('commands', 'python3'), 0o644);
    const second = python('commands', 'python');
    expect(findInterpreter({ workspaceFolder: workspace, environment })?.path).toBe(second);
  });
});
