/** The commit that a folder is at. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** State of a repository. */
export interface GitState {
  /** All digits. */
  readonly commit: string;
  /** Absent where none is checked out. */
  readonly branch?: string;
  /** Files that the repository knows are not as they were committed. */
  readonly dirty: boolean;
}

/** Milliseconds after which a repository is left alone that is too slow. */
const PATIENCE = 5000;

/** What `git status --porcelain=v2 --branch` has said; undefined where there is no commit yet. */
export function parseStatus(text: string): GitState | undefined {
  const lines = text.split('\n').filter(Boolean);
  const header = (name: string) => lines.find((line) => line.startsWith(`# branch.${name} `))?.split(' ')[2];
  const commit = header('oid');
  const branch = header('head');
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
  return {
    commit,
    ...(branch !== undefined && branch !== '(detached)' && { branch }),
    dirty: lines.some((line) => !line.startsWith('#')),
  };
}

/** The state of the repository that a folder is in; undefined where it is in none, or git is not there. */
export async function gitState(folder: string): Promise<GitState | undefined> {
  // Nothing of the repository's own settings is run, and no lock is taken.
  const settings = ['-c', 'core.fsmonitor=false', '--no-optional-locks'];
  const status = ['status', '--porcelain=v2', '--branch', '--untracked-files=no'];
  try {
    const { stdout } = await promisify(execFile)('git', [...settings, '-C', folder, ...status], {
      timeout: PATIENCE,
      windowsHide: true,
      maxBuffer: 2 ** 26,
    });
    return parseStatus(stdout);
  } catch {
    return undefined;
  }
}
