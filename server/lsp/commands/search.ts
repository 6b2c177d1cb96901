/** Looking for the highest sparsity that keeps a metric. */
import { keepOutOfGit, newRunFolder, stemOf } from '../model/runsFolder';
import { checkMayTrain, commonParams, dataOf } from '../model/scoring';
import { fileOfModel } from '../model/state';
import type { Handler } from './handler';
import { goOn, reportTraining } from './longWork';
import { aimOf } from './train';

export const search: Handler<'search'> = {
  title: ({ model }, nameOf) => `Searching the highest sparsity of ${nameOf(model)}`,
  async run(context, { model, method, options, folder: earlier }, job) {
    checkMayTrain(context, model);
    const file = fileOfModel(model);
    const { store, folders, documents, runs } = context;
    const aim = await aimOf(context, { model, ...(method !== undefined && { method }) });
    const state = store.dispatch(model, { kind: 'opened' });
    const data = await dataOf(context, state, options);
    const folder = earlier ?? (await newRunFolder(context, file, ['search', stemOf(file), aim.method]));
    await keepOutOfGit(folder);
    const params = {
      ...(await commonParams(context, state)),
      unsaved: documents.unsaved(),
      method: aim.method,
      folder,
      ...(data !== undefined && { data }),
      ...(options && { options }),
    };
    const title = `Searching the highest sparsity of ${context.nameOf(model)}`;
    const calling = { signal: job.signal, title, onProgress: reportTraining(context, job) };
    try {
      return await goOn(context, job, {
        file,
        work: (again) =>
          folders.engine(file).call('search', { ...params, resume: again || earlier !== undefined }, calling),
        news: 'The search goes on with the runs that are left.',
      });
    } finally {
      runs.changed();
    }
  },
};
