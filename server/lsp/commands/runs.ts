/** Renaming, noting and deleting runs. */
import { usageError } from '../../protocol/errors';
import { readSummary } from '../../runs/summaries';
import { deleteRun as deleteFolder, noteRun as note, renameRun as rename } from '../model/runs';
import { runsFolder } from '../model/runsFolder';
import type { Handler } from './handler';

export const renameRun: Handler<'renameRun'> = {
  async run({ runs }, { run, label }) {
    await rename(run, label);
    runs.changed();
    return null;
  },
};

export const noteRun: Handler<'noteRun'> = {
  async run({ runs }, { run, ...change }) {
    await note(run, change);
    runs.changed();
    return null;
  },
};

export const deleteRun: Handler<'deleteRun'> = {
  async run(context, { run }) {
    const { runs, folders } = context;
    // Also one that another process trains.
    if ((await readSummary(run, runs.isTraining(run)))?.state === 'running')
      throw usageError(`The run ${run} is going on.`, 'Stop it first.');
    await deleteFolder(run, await Promise.all(folders.all().map((folder) => runsFolder(context, folder))));
    runs.changed();
    return null;
  },
};
