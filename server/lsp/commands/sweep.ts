/** Running a sweep as its file says. */
import { basename, isAbsolute, resolve } from 'node:path';
import { serverNotifications } from '../../protocol/editor';
import { usageError } from '../../protocol/errors';
import { keepOutOfGit, newRunFolder, stemOf } from '../model/runsFolder';
import type { Handler } from './handler';
import { goOn, reportTraining } from './longWork';

export const sweep: Handler<'sweep'> = {
  title: ({ file }) => `Sweep ${basename(file)}`,
  async run(context, { file: given, folder: earlier }, job) {
    const { folders, runs } = context;
    if (!context.isTrusted()) throw usageError('A sweep runs the code of its models.', 'Trust the workspace first.');
    const file = isAbsolute(given) ? given : resolve(folders.all().at(0) ?? '.', given);
    if (context.documents.unsaved().some((one) => one.file === file)) {
      throw usageError(`${basename(file)} has changes that are not saved.`, 'Save it first.');
    }
    const folder = earlier ?? (await newRunFolder(context, file, ['sweep', stemOf(file)]));
    await keepOutOfGit(folder);
    context.notify(serverNotifications.sweepBegun, { file, folder });
    const python = await context.python(file);
    const report = reportTraining(context, job);
    const options = {
      signal: job.signal,
      title: `Sweep ${basename(file)}`,
      onProgress(progress: Parameters<typeof report>[0]) {
        report(progress);
        runs.changed();
      },
    };
    try {
      return await goOn(context, job, {
        file,
        work: (again) => {
          const params = { file, folder, resume: again || earlier !== undefined, ...(python && { python }) };
          return folders.engine(file).call('sweep', params, options);
        },
        news: 'The sweep goes on with the runs that are left.',
      });
    } finally {
      runs.changed();
    }
  },
};
