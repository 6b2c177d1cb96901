/** Learning a criterion from a model: a predictor for AutoS, in the workspace. */
import { basename, join } from 'node:path';
import { ShowMessageRequest } from 'vscode-languageserver/node';
import { usageError } from '../../protocol/errors';
import type { LearnSummary, ModelName } from '../../protocol/results';
import type { Context } from '../context';
import { toErrorData } from '../failures';
import { fileOfModel } from '../models';
import { writePredictorSetting } from '../predictorSettings';
import { checkTrust, commonParams, forget } from '../scoring';
import { predictorsFolder } from '../survival';
import { plainName } from '../text';
import type { Handler } from './handler';

const USE = 'Use for AutoS';

/** `lenet-300-100`, or `models-small` of an export. */
function nameOf(model: ModelName): string {
  const [file, exportName] = [fileOfModel(model), /#([^#/\\]*)$/.exec(model)?.[1]];
  const name = basename(file).replace(/\.\w+$/, '');
  return exportName === undefined || exportName === 'default' ? name : `${name}-${exportName}`;
}

/** @throws a usage error where the name is none for a file. */
function fileName(name: string): string {
  if (/^[\w][\w.-]*$/.test(name)) return `${name}.safetensors`;
  throw usageError(`"${name}" is no name for a predictor.`, 'Use letters, digits, dots, dashes and underscores.');
}

/** Scores of AutoS are of the predictor before: those shown are marked as stale, others go. */
function outdate(context: Context): void {
  const { store } = context;
  for (const state of store.all()) {
    const old = state.scores.filter(({ method }) => method === 'autos');
    if (old.length === 0) continue;
    if (state.shown === 'autos') {
      store.update(state.model, { stale: true });
      continue;
    }
    forget(context, state, old);
    store.update(state.model, { scores: state.scores.filter((one) => !old.includes(one)) });
  }
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
  outdate(context);
}

export const learn: Handler<'prunelens.server.learn'> = {
  title: ({ model }) => `Learning a criterion from ${plainName(model)}`,
  async run(context, { model, name, ...options }, job) {
    const file = fileOfModel(model);
    checkTrust(context, file);
    const { store, folders, documents, data: chooser } = context;
    const predictor = join(predictorsFolder(folders.of(file)), fileName(name ?? nameOf(model)));
    const state = store.get(model) ?? store.update(model, {});
    const data = await chooser.dataFor(state, undefined);
    const summary = await folders.engine(file).call(
      'learn',
      {
        ...(await commonParams(context, state)),
        ...options,
        unsaved: documents.unsaved(),
        predictor,
        ...(data !== undefined && { data }),
      },
      { signal: job.signal, onProgress: job.report, title: `Learning a criterion from ${plainName(model)}` },
    );
    // The command is done; the question may stand for as long as it likes.
    offer(context, file, summary).catch((error) =>
      context.connection.window.showErrorMessage(toErrorData(error).message),
    );
    return summary;
  },
};
