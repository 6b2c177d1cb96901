/** Comparing methods: training with the masks of each. */
import { keepOutOfGit, newRunFolder, stemOf } from '../model/runsFolder';
import { checkMayTrain, commonParams, dataOf } from '../model/scoring';
import { fileOfModel } from '../model/state';
import { checkSparsity, type Handler } from './handler';
import { reportTraining } from './longWork';

const DEFAULT_METHODS = ['prospr', 'snip', 'magnitude', 'random'];
const DEFAULT_SPARSITIES = [0.9, 0.98];

export const compare: Handler<'compare'> = {
  title: ({ model }, nameOf) => `Comparing methods on ${nameOf(model)}`,
  async run(context, { model, methods, sparsities, seeds, epochs, options }, job) {
    for (const sparsity of sparsities ?? []) checkSparsity(sparsity);
    checkMayTrain(context, model);
    const file = fileOfModel(model);
    const { store, folders, documents, runs } = context;
    const state = store.dispatch(model, { kind: 'opened' });
    const data = await dataOf(context, state, options);
    const folder = await newRunFolder(context, file, ['compare', stemOf(file)]);
    await keepOutOfGit(folder);
    try {
      return await folders.engine(file).call(
        'compare',
        {
          ...(await commonParams(context, state)),
          unsaved: documents.unsaved(),
          methods: methods ?? DEFAULT_METHODS,
          sparsities: sparsities ?? DEFAULT_SPARSITIES,
          seeds: seeds ?? 1,
          folder,
          ...(epochs !== undefined && { epochs }),
          ...(data !== undefined && { data }),
          ...(options && { options }),
        },
        {
          signal: job.signal,
          title: `Comparing methods on ${context.nameOf(model)}`,
          onProgress: reportTraining(context, job),
        },
      );
    } finally {
      runs.changed();
    }
  },
};
