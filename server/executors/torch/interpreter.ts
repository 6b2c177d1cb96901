/** Which Python computes. */
import { join } from 'node:path';
import type { Opening } from '../types';

/** The one that is named, else that of the environment that is active, else the first on the path. */
export function interpreterOf({ python }: Pick<Opening, 'python'>, environment = process.env): string {
  if (python !== undefined) return python;
  const isWindows = process.platform === 'win32';
  const active = environment.VIRTUAL_ENV ?? environment.CONDA_PREFIX;
  if (active === undefined) return isWindows ? 'python' : 'python3';
  if (!isWindows) return join(active, 'bin', 'python');
  return environment.VIRTUAL_ENV === undefined ? join(active, 'python.exe') : join(active, 'Scripts', 'python.exe');
}
