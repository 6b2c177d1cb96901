/** Masked training, which survives the loss of the compute process. */
import { checkUnlocked } from '../../files/lock';
import { usageError } from '../../protocol/errors';
import type { RunSummary } from '../../protocol/results';
import type { TrainParams } from '../../protocol/worker';
import { markFailure } from '../../runs/marks';
import { readSummary } from '../../runs/summaries';
import type { Context } from '../context';
import { isCancelled, toErrorData } from '../failures';
import { readRunRequest } from '../model/runs';
import { keepOutOfGit, newRunFolder, stemOf } from '../model/runsFolder';
import { checkMayTrain, commonParams, type Job, scoreModel } from '../model/scoring';
import { resultsOf, validScore } from '../model/selectors';
import { fileOfModel } from '../model/state';
import { type Argument, checkSparsity, type Handler } from './handler';
import { goOn, reportTraining } from './longWork';

type TrainArgument = Argument<'train'>;

/** The masks of the wanted method and sparsity, scoring first where there are none that hold. */
async function masksFor(context: Context, { model, method, sparsity }: TrainArgument, job: Job) {
  const state = context.store.get(model);
  const settings = await context.settings(fileOfModel(model));
  const wanted = method ?? (state && resultsOf(state)?.shown) ?? settings.defaultMethod;
  const aim = sparsity ?? state?.sparsity ?? settings.sparsity;
  const score =
    validScore(state, wanted, aim) ?? (await scoreModel(context, model, { method: wanted, sparsity: aim }, job)).score;
  const { minPerLayer } = context.store.get(model)!.prunable;
  return { scoreId: score.scoreId, sparsity: aim, method: wanted, minPerLayer };
}

async function newTraining(context: Context, argument: TrainArgument, job: Job): Promise<TrainParams> {
  const { store, data: chooser, documents } = context;
  const { model, dense, epochs } = argument;
  const file = fileOfModel(model);
  const found = dense ? undefined : await masksFor(context, argument, job);
  const state = store.dispatch(model, { kind: 'opened' });
  const data = await chooser.dataFor(state, undefined);
  const words = [stemOf(file), found?.method ?? 'dense', ...(found ? [found.sparsity] : [])];
  const { method: _, ...masks } = found ?? { method: undefined };
  return {
    ...(await commonParams(context, state)),
    unsaved: documents.unsaved(),
    run: argument.run ?? (await newRunFolder(context, file, words)),
    ...(found && { masks: masks as NonNullable<TrainParams['masks']> }),
    ...(data !== undefined && { data }),
    ...(epochs !== undefined && { epochs }),
  };
}

async function resumedTraining(context: Context, { model, run, epochs }: TrainArgument): Promise<TrainParams> {
  if (run === undefined) throw usageError('Which run is to be resumed is not said.', 'Name its folder as "run".');
  const { origin, backend, training } = await readRunRequest(run);
  const python = await context.python(fileOfModel(model));
  return {
    model,
    unsaved: context.documents.unsaved(),
    run,
    resume: true,
    backend,
    ...(python && { python }),
    seed: training.seed,
    epochs: epochs ?? training.epochs,
    ...(origin.data !== undefined && { data: origin.data }),
  };
}

/** Trains, and goes on after the last finished epoch where the process is lost meanwhile. */
async function trainOn(context: Context, params: TrainParams, job: Job): Promise<RunSummary> {
  const file = fileOfModel(params.model);
  const { masks: _, ...rest } = params;
  const options = {
    signal: job.signal,
    onProgress: reportTraining(context, job),
    title: `Training ${context.nameOf(params.model)}`,
  };
  return goOn(context, job, {
    file,
    work: (again) => context.folders.engine(file).call('train', again ? { ...rest, resume: true } : params, options),
    canGoOn: async () => (await readSummary(params.run, false)) !== undefined,
    news: 'The training goes on after its last finished epoch.',
  });
}

export const train: Handler<'train'> = {
  title: ({ model, resume }, nameOf) => `${resume ? 'Resuming the training of' : 'Training'} ${nameOf(model)}`,
  async run(context, argument, job) {
    checkSparsity(argument.sparsity);
    checkMayTrain(context, argument.model);
    const { runs } = context;
    const params = argument.resume
      ? await resumedTraining(context, argument)
      : await newTraining(context, argument, job);
    const { run } = params;
    if (runs.isTraining(run)) throw usageError(`The run ${run} is going on already.`);
    if (argument.resume) {
      // Before the run is marked: what another process trains has not failed.
      await checkUnlocked(run);
      await markFailure(run, undefined);
    }
    await keepOutOfGit(run);
    runs.started(run);
    try {
      return await trainOn(context, params, job);
    } catch (error) {
      // A failure that cannot be noted is told all the same.
      if (!isCancelled(error)) await markFailure(run, toErrorData(error).message).catch(() => {});
      throw error;
    } finally {
      runs.ended(run);
    }
  },
};
