/** Where runs are kept. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join, resolve, sep } from 'node:path';
import { errorCode, fileFailure } from '../../files/failures';
import type { RunsPlace } from '../../runs/places';
import { settingsFor } from '../../settings/find';
import type { Context } from '../context';

/** The folder of the workspace that holds what PruneLens makes. */
const OWN = '.prunelens';

/** Runs are left out; predictors are named in prunelens.json, and can be shared with it. */
const IGNORED = '# Runs of PruneLens.\n*\n!/predictors/\n!/predictors/**\n';

/** The runs folder for a file or folder: the setting, relative to the workspace folder. */
export async function runsFolder(context: Pick<Context, 'folders' | 'settings'>, file: string): Promise<string> {
  return resolve(context.folders.of(file), (await context.settings(file)).runs.folder);
}

/** The further folders of a workspace folder: those of the settings, and where it is trusted those of its prunelens.json. */
async function furtherPlaces(context: PlacesContext, folder: string): Promise<readonly RunsPlace[]> {
  const { runs } = await context.settings(folder);
  // A file that cannot be read is told of where models need it.
  const said = context.isTrusted() ? await settingsFor(join(folder, 'model')).catch(() => undefined) : undefined;
  return [
    ...runs.otherFolders.map((name): RunsPlace => ({ folder: resolve(folder, name), name, isFurther: true })),
    ...(said?.runs ?? []).map((path): RunsPlace => ({ folder: path, name: nameOf(path, folder), isFurther: true })),
  ];
}

/** As it is from the workspace folder, where it is within that. */
function nameOf(path: string, folder: string): string {
  return path.startsWith(folder + sep) ? path.slice(folder.length + 1) : path;
}

type PlacesContext = Pick<Context, 'folders' | 'settings' | 'isTrusted'>;

/** All folders of runs: each workspace folder's own, and the further ones. */
export async function runsPlaces(context: PlacesContext): Promise<readonly RunsPlace[]> {
  const all = context.folders.all();
  const own = all.map(async (folder): Promise<RunsPlace> => {
    const path = await runsFolder(context, folder);
    const name = nameOf(path, folder);
    return { folder: path, name: all.length > 1 && name !== path ? join(basename(folder), name) : name };
  });
  const further = await Promise.all(all.map((folder) => furtherPlaces(context, folder)));
  return [...(await Promise.all(own)), ...further.flat()];
}

/**
 * A folder for new runs of a file's model, in the runs folder: `WORDS-2026-01-31T12-30-00`, with a number behind it where
 * one of this name was begun within the same second.
 */
export async function newRunFolder(
  context: Pick<Context, 'folders' | 'settings' | 'runs'>,
  file: string,
  words: readonly (string | number)[],
): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const name = [...words, time].join('-').replace(/[^\w.-]/g, '_');
  const folder = join(await runsFolder(context, file), name);
  const isTaken = (one: string) => context.runs.isTraining(one) || existsSync(one);
  for (let count = 2, one = folder; ; count++) {
    if (!isTaken(one)) return one;
    one = `${folder}-${count}`;
  }
}

/** A file's name without its folder and extension. */
export function stemOf(file: string): string {
  return basename(file, extname(file));
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
