/** Where runs are kept. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { errorCode, fileFailure } from '../../files/failures';
import type { Context } from '../context';

/** The folder of the workspace that holds what PruneLens makes. */
const OWN = '.prunelens';

/** Runs are left out; predictors are named in prunelens.json, and can be shared with it. */
const IGNORED = '# Runs of PruneLens.\n*\n!/predictors/\n!/predictors/**\n';

/** The runs folder for a file or folder: the setting, relative to the workspace folder. */
export async function runsFolder(context: Pick<Context, 'folders' | 'settings'>, file: string): Promise<string> {
  return resolve(context.folders.of(file), (await context.settings(file)).runs.folder);
}

/**
 * Keeps runs below a folder `.prunelens` out of version control, before anything is made there. A `.gitignore` that
 * is there stays as it is.
 */
export async function keepOutOfGit(path: string): Promise<void> {
  const parts = path.split(sep);
  const at = parts.lastIndexOf(OWN);
  if (at < 0) return;
  const folder = parts.slice(0, at + 1).join(sep);
  const file = join(folder, '.gitignore');
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(file, IGNORED, { flag: 'wx' });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw fileFailure(error, 'write', file);
  }
}
