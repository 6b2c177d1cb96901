/** Renaming and deleting runs. */
import { usageError } from '../../protocol/errors';
import { deleteRun as deleteFolder, readRun, renameRun as rename } from '../model/runs';
import type { Handler } from './handler';

export const renameRun: Handler<'renameRun'> = {
  async run({ runs }, { run, label }) {
    await rename(run, label);
    runs.changed();
    return null;
  },
};

export const deleteRun: Handler<'deleteRun'> = {
  async run({ runs }, { run }) {
    // Also one that another process trains.
    if ((await readRun(run, runs.isTraining(run)))?.state === 'running')
      throw usageError(`The run ${run} is going on.`, 'Stop it first.');
    await deleteFolder(run);
    runs.changed();
    return null;
  },
};
