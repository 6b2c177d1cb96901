/** What is done to training runs on disk, whoever wrote them: renaming, noting, deleting. */
import { lstat, readdir, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { usageError } from '../../protocol/errors';
import type { RunNotes } from '../../protocol/results';
import { foldersIn } from '../../runs/folders';
import { writeLabel, writeNotes } from '../../runs/marks';
import { findRunConfig } from '../../runs/read';
import type { RunConfig } from '../../runs/types';

/** What a run was asked for, to resume it. Throws a usageError where the folder holds none. */
export async function readRunRequest(run: string): Promise<RunConfig> {
  const config = await findRunConfig(run);
  if (!config) throw usageError(`There is no run in ${run}.`, 'Choose a run from the list of runs.');
  return config;
}

/** Gives a run in one of `runsFolders` another name to be shown by; its folder stays. */
export async function renameRun(run: string, label: string, runsFolders: readonly string[]): Promise<void> {
  await readRunRequest(run);
  await checkInside(run, runsFolders);
  await writeLabel(run, label);
}

/** Changes what is noted of a run in one of `runsFolders`; what `change` leaves out stays. */
export async function noteRun(run: string, change: RunNotes, runsFolders: readonly string[]): Promise<void> {
  await readRunRequest(run);
  await checkInside(run, runsFolders);
  await writeNotes(run, change);
}

/** @throws a usageError where a folder is not, behind all links, in a folder of runs. */
async function checkInside(run: string, runsFolders: readonly string[]): Promise<void> {
  const place = await realpath(run);
  const folders = await Promise.all(runsFolders.map((folder) => realpath(folder).catch(() => undefined)));
  if (folders.some((folder) => folder !== undefined && place.startsWith(folder + sep))) return;
  throw usageError(
    `${run} is not in a folder of runs (${runsFolders.join(', ')}).`,
    'Choose a run from the list of runs.',
  );
}

/** Deletes the folder of a run in one of `runsFolders`; runs within it, each in a folder of its own, stay. */
export async function deleteRun(run: string, runsFolders: readonly string[]): Promise<void> {
  await readRunRequest(run);
  if ((await lstat(run)).isSymbolicLink()) {
    throw usageError(`${run} is a link to another folder.`, 'Delete the folder that it leads to.');
  }
  await checkInside(run, runsFolders);
  const within = (await foldersIn(run)).map(async (folder) => ((await findRunConfig(folder)) ? [folder] : []));
  const kept = (await Promise.all(within)).flat();
  if (kept.length === 0) {
    await rm(run, { recursive: true, force: true });
    return;
  }
  for (const name of await readdir(run)) {
    const path = join(run, name);
    if (!kept.some((folder) => folder === path || folder.startsWith(path + sep))) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
