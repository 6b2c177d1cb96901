/** Writing masks for other tools. */
import { isAbsolute, resolve } from 'node:path';
import { usageError } from '../../protocol/errors';
import { methodTitle } from '../methods';
import { fileOfModel } from '../models';
import { shortName } from '../text';
import { checkSparsity, type Handler } from './handler';

export const exportMasks: Handler<'prunelens.server.exportMasks'> = {
  title: ({ model }) => `Exporting masks of ${shortName(model)}`,
  async run(context, { model, method, sparsity, format, file }, job) {
    checkSparsity(sparsity);
    const state = context.store.get(model);
    const wanted = method ?? state?.shown;
    const score = state?.scores.find((one) => one.method === wanted);
    if (!state || !score || state.lost) {
      const what = wanted === undefined ? 'no score' : `no score by ${methodTitle(wanted)}`;
      throw usageError(`${shortName(model)} has ${what} to export masks of.`, 'Score it first.');
    }
    const modelFile = fileOfModel(model);
    const params = {
      scoreId: score.scoreId,
      sparsity: sparsity ?? state.sparsity,
      format,
      file: isAbsolute(file) ? file : resolve(context.folders.of(modelFile), file),
      ...(state.minPerLayer !== undefined && { minPerLayer: state.minPerLayer }),
    };
    return context.folders
      .engine(modelFile)
      .call('exportMasks', params, { signal: job.signal, onProgress: job.report });
  },
};
