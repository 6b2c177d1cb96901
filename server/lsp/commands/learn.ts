/** Learning a criterion from a model: a predictor for AutoS, in the workspace. */
import { basename, join } from 'node:path';
import { ShowMessageRequest } from 'vscode-languageserver/node';
import { usageError } from '../../protocol/errors';
import type { LearnSummary } from '../../protocol/results';
import type { LearnParams } from '../../protocol/worker';
import type { Context } from '../context';
import { toErrorData } from '../failures';
import { predictorName } from '../model/forms';
import { updateAllOutdated } from '../model/origins';
import { keepOutOfGit } from '../model/runsFolder';
import { checkMayTrain, commonParams, dataOf, type Job } from '../model/scoring';
import { fileOfModel } from '../model/state';
import { predictorsFolder } from '../model/survival';
import { writePredictorSetting } from '../settingsFile/predictor';
import type { Handler } from './handler';
import { goOn } from './longWork';

const USE = 'Use for AutoS';

/** @throws a usage error where the name is none for a file. */
function fileName(name: string): string {
  if (/^[\w][\w.-]*$/.test(name)) return `${name}.safetensors`;
  throw usageError(`"${name}" is no name for a predictor.`, 'Use letters, digits, dots, dashes and underscores.');
}

/** Asks whether AutoS is to use the predictor from now on, and writes it down. */
async function offer(context: Context, file: string, { predictor }: LearnSummary): Promise<void> {
  const { connection, folders } = context;
  const answer = await connection.sendRequest(ShowMessageRequest.type, {
    type: 3,
    message: `${basename(predictor)} is learned. Is AutoS to use it in this workspace?`,
    actions: [{ title: USE }, { title: 'Not now' }],
  });
  if (answer?.title !== USE) return;
  await writePredictorSetting(file, folders.of(file), predictor);
  await updateAllOutdated(context);
}

/** Learns, and goes on with the epoch that was being trained where the process is lost meanwhile. */
async function learnOn(context: Context, file: string, params: LearnParams, job: Job): Promise<LearnSummary> {
  const title = `Learning a criterion from ${context.nameOf(params.model)}`;
  const options = { signal: job.signal, onProgress: job.report, title };
  return goOn(context, job, {
    file,
    work: () => context.folders.engine(file).call('learn', params, options),
    news: 'The learning goes on where it was.',
  });
}

export const learn: Handler<'learn'> = {
  title: ({ model }, nameOf) => `Learning a criterion from ${nameOf(model)}`,
  async run(context, { model, name, ...asked }, job) {
    checkMayTrain(context, model);
    const file = fileOfModel(model);
    const { store, folders, documents } = context;
    const predictor = join(predictorsFolder(folders.of(file)), fileName(name ?? predictorName(context.nameOf(model))));
    const state = store.dispatch(model, { kind: 'opened' });
    const data = await dataOf(context, state, asked.options);
    const params = {
      ...(await commonParams(context, state)),
      ...asked,
      unsaved: documents.unsaved(),
      predictor,
      ...(data !== undefined && { data }),
    };
    await keepOutOfGit(predictor);
    const summary = await learnOn(context, file, params, job);
    // AutoS may be using the predictor already, as it was before.
    await updateAllOutdated(context);
    // The command is done; the question may stand for as long as it likes.
    offer(context, file, summary).catch((error) =>
      context.connection.window.showErrorMessage(toErrorData(error).message),
    );
    return summary;
  },
};
