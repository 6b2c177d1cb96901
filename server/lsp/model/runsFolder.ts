/** Where runs are kept. */
import { resolve } from 'node:path';
import type { Context } from '../context';

/** The runs folder for a file or folder: the setting, relative to the workspace folder. */
export async function runsFolder(context: Pick<Context, 'folders' | 'settings'>, file: string): Promise<string> {
  return resolve(context.folders.of(file), (await context.settings(file)).runs.folder);
}
