/** Masked training, which survives the loss of the compute process. */
import { checkUnlocked } from '../../files/lock';
import { TRAINING_OPTIONS } from '../../protocol/catalogue/options';
import type { AskedOptions } from '../../protocol/catalogue/values';
import { usageError } from '../../protocol/errors';
import type { RunSummary } from '../../protocol/results';
import type { TrainParams } from '../../protocol/worker';
import { markFailure } from '../../runs/marks';
import { readSummary } from '../../runs/summaries';
import type { Context } from '../context';
import { isCancelled, toErrorData } from '../failures';
import { METHODS } from '../methods';
import { readRunRequest } from '../model/runs';
import { keepOutOfGit, newRunFolder, stemOf } from '../model/runsFolder';
import { checkMayTrain, commonParams, dataOf, describeModel, type Job, scoreModel } from '../model/scoring';
import { resultsOf, validScore } from '../model/selectors';
import { fileOfModel } from '../model/state';
import { type Argument, checkSparsity, type Handler } from './handler';
import { goOn, reportTraining } from './longWork';

type TrainArgument = Argument<'train'>;

/** Options of how a network is trained that no score follows from. */
const NOT_OF_SCORES: ReadonlySet<string> = new Set(
  Object.keys(TRAINING_OPTIONS).filter((flag) => flag !== 'limit' && flag !== 'deterministic'),
);

interface Chosen {
  /** For the name of the run's folder. */
  readonly words: readonly (string | number)[];
  readonly params: Pick<TrainParams, 'masks' | 'prune'>;
}

/** The wanted method and sparsity; else those that are shown, or preferred. */
export async function aimOf(
  context: Context,
  { model, method, sparsity }: Pick<TrainArgument, 'model' | 'method' | 'sparsity'>,
): Promise<{ readonly method: string; readonly sparsity: number }> {
  const state = context.store.get(model);
  const settings = await context.settings(fileOfModel(model));
  return {
    method: method ?? (state && resultsOf(state)?.shown) ?? settings.defaultMethod,
    sparsity: sparsity ?? state?.sparsity ?? settings.sparsity,
  };
}

/** The masks of a method at a sparsity, scoring first where there are none that hold. */
async function masksFor(
  context: Context,
  { model }: TrainArgument,
  aim: { readonly method: string; readonly sparsity: number },
  job: Job,
) {
  const held = validScore(context.store.get(model), aim.method, aim.sparsity);
  const { scoreId } = held ?? (await scoreModel(context, model, aim, job)).score;
  const { minPerLayer } = context.store.get(model)!.prunable;
  return { scoreId, sparsity: aim.sparsity, minPerLayer };
}

/** Whether options say nothing of how weights are scored: the scores that are there, or are made without them, are those of the training. */
function leavesScores(options: AskedOptions = {}): boolean {
  return Object.keys(options).every((flag) => NOT_OF_SCORES.has(flag));
}

/** Whether a method scores weights before training; others change masks while they train. */
const isCriterion = (name: string) => METHODS.some((method) => method.name === name);

/** What is trained: all weights, or what a method keeps. */
async function chosenMasks(context: Context, argument: TrainArgument, job: Job): Promise<Chosen> {
  const { dense, options, model } = argument;
  if (dense) return { words: ['dense'], params: {} };
  const { method, sparsity } = await aimOf(context, argument);
  const words = [method, sparsity];
  if (leavesScores(options) && isCriterion(method)) {
    return { words, params: { masks: await masksFor(context, argument, { method, sparsity }, job) } };
  }
  // Built as it is in the editor, so that a mistake in it is marked there.
  await describeModel(context, model, job);
  return { words, params: { prune: { method, sparsity } } };
}

async function newTraining(context: Context, argument: TrainArgument, job: Job): Promise<TrainParams> {
  const { store, documents } = context;
  const { model, epochs, options } = argument;
  const file = fileOfModel(model);
  const { words, params } = await chosenMasks(context, argument, job);
  const state = store.dispatch(model, { kind: 'opened' });
  const data = await dataOf(context, state, options);
  return {
    ...(await commonParams(context, state)),
    unsaved: documents.unsaved(),
    run: argument.run ?? (await newRunFolder(context, file, [stemOf(file), ...words])),
    ...params,
    ...(data !== undefined && { data }),
    ...(epochs !== undefined && { epochs }),
    ...(options && { options }),
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
    ...(origin.options && { options: origin.options }),
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
