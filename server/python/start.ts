/** Starting programs of ours in the user's Python. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessOptions } from '../processes/start';

/** From this version on Python can be told to keep the folder of the program and the working folder off `sys.path`. */
const SAFE_PATH_SINCE = [3, 11] as const;

/** Whether a version (`3.12.1`) is the one given or a later one. */
export function isAtLeast(version: string, oldest: readonly number[]): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  for (const [index, part] of oldest.entries()) {
    const own = parts[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

/**
 * A file of Python of ours, by its path in `server/`: `executors/torch/serve.py`. Bundles have them in `python/` beside them.
 *
 * @throws Error where this build has no such file.
 */
export function pythonFile(path: string): string {
  const found = [join(__dirname, 'python', path), join(__dirname, '..', path)].find((file) => existsSync(file));
  if (found === undefined) throw new Error(`this build has no Python file ${path}`);
  return found;
}

/** The interpreter, as it is needed to start it. */
export interface PythonToStart {
  readonly path: string;
  /** `3.12.1`; absent where it is not known yet. */
  readonly version?: string;
}

export type PythonProcess = Pick<ProcessOptions, 'command' | 'args' | 'cwd' | 'environment'>;

/**
 * How a program of ours (`file` as `pythonFile` takes it) is started in the user's Python, for `startProcess`. Text is UTF-8, no
 * bytecode is written, the working folder is ours, and neither it nor the program's folder is on `sys.path`: what the program
 * wants there it puts there itself, after it has imported torch. The process keeps the limits that it is started with, and ends
 * with its parent (`launch.py`).
 */
export function pythonProcess(
  { path, version }: PythonToStart,
  file: string,
  args: readonly string[] = [],
  environment: NodeJS.ProcessEnv = process.env,
): PythonProcess {
  const launcher = pythonFile('python/launch.py');
  const safePath = version !== undefined && isAtLeast(version, SAFE_PATH_SINCE) ? ['-P'] : [];
  return {
    command: path,
    args: [...safePath, '-X', 'utf8', '-B', launcher, pythonFile(file), ...args],
    cwd: dirname(launcher),
    environment,
  };
}
