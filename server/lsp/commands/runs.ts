/** Renaming, noting and deleting runs. */
import { usageError } from '../../protocol/errors';
import { readSummary } from '../../runs/summaries';
import type { Context } from '../context';
import { deleteRun as deleteFolder, noteRun as note, renameRun as rename } from '../model/runs';
import { runsPlaces } from '../model/runsFolder';
import type { Handler } from './handler';

/** The folders that runs are changed in: what is elsewhere is nobody's run here. */
async function runsFolders(context: Context): Promise<readonly string[]> {
  return (await runsPlaces(context)).map(({ folder }) => folder);
}

export const renameRun: Handler<'renameRun'> = {
  async run(context, { run, label }) {
    await rename(run, label, await runsFolders(context));
    context.runs.changed();
    return null;
  },
};

export const noteRun: Handler<'noteRun'> = {
  async run(context, { run, ...change }) {
    await note(run, change, await runsFolders(context));
    context.runs.changed();
    return null;
  },
};

export const deleteRun: Handler<'deleteRun'> = {
  async run(context, { run }) {
    const { runs } = context;
    // Also one that another process trains.
    if ((await readSummary(run, runs.isTraining(run)))?.state === 'running')
      throw usageError(`The run ${run} is going on.`, 'Stop it first.');
    await deleteFolder(run, await runsFolders(context));
    runs.changed();
    return null;
  },
};
