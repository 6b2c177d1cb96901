/** Writing masks for other tools. */
import { basename, isAbsolute, resolve } from 'node:path';
import { joinModelSpecifier } from '../../frontends';
import { usageError } from '../../protocol/errors';
import { exportedFiles } from '../../protocol/exports';
import type { ExportedMasks, ExportParams } from '../../protocol/worker';
import type { Context } from '../context';
import { methodTitle } from '../methods';
import { readRunRequest } from '../model/runs';
import { checkTrust, type Job, scoreModel } from '../model/scoring';
import { holdsAt, isLost, resultsOf, scoresOf } from '../model/selectors';
import { fileOfModel } from '../model/state';
import { type Argument, checkSparsity, type Handler } from './handler';

async function write(context: Context, modelFile: string, params: ExportParams, job: Job): Promise<ExportedMasks> {
  const options = { signal: job.signal, onProgress: job.report };
  const exported = await context.folders.engine(modelFile).call('exportMasks', params, options);
  await context.written.add(exported.files);
  return exported;
}

/** The file to write, absolute, after the user has agreed to all that is replaced. @throws CancelledError */
async function targetOf(
  { folders, written }: Context,
  modelFile: string,
  { format, file, replace }: Pick<Argument<'exportMasks'>, 'format' | 'file' | 'replace'>,
): Promise<string> {
  const target = isAbsolute(file) ? file : resolve(folders.of(modelFile), file);
  await written.mayReplace(exportedFiles(format, target), replace ? target : undefined);
  return target;
}

export const exportMasks: Handler<'exportMasks'> = {
  title: ({ model }, nameOf) => `Exporting masks of ${nameOf(model)}`,
  async run(context, { model, method, sparsity, ...choice }, job) {
    checkSparsity(sparsity);
    const state = context.store.get(model);
    const wanted = method ?? (state && resultsOf(state)?.shown);
    const score = state && scoresOf(state).find((one) => one.method === wanted);
    if (!score || isLost(state)) {
      const what = wanted === undefined ? 'no score' : `no score by ${methodTitle(wanted)}`;
      throw usageError(`${context.nameOf(model)} has ${what} to export masks of.`, 'Score it first.');
    }
    const modelFile = fileOfModel(model);
    const target = await targetOf(context, modelFile, choice);
    const aim = sparsity ?? state.sparsity;
    // Scores made for another sparsity only do not tell what stays at this one.
    const { scoreId } = holdsAt(score, aim)
      ? score
      : (await scoreModel(context, model, { method: score.method, sparsity: aim }, job)).score;
    const params = {
      scoreId,
      sparsity: aim,
      format: choice.format,
      file: target,
      minPerLayer: context.store.get(model)!.prunable.minPerLayer,
    };
    return write(context, modelFile, params, job);
  },
};

export const exportRunMasks: Handler<'exportRunMasks'> = {
  title: ({ run }) => `Exporting masks of ${basename(run)}`,
  async run(context, { run, ...choice }, job) {
    // The run's model says what its masks are called and how they lie elsewhere.
    const { file: modelFile, origin } = await readRunRequest(run);
    checkTrust(context, joinModelSpecifier(modelFile, origin.exportName));
    const target = await targetOf(context, modelFile, choice);
    return write(context, modelFile, { run, format: choice.format, file: target }, job);
  },
};
