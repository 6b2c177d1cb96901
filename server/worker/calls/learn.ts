/** Learning a predictor for AutoS from a model: its iterative pruning, the predictor's training, and pictures of both. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { begunBackend, type CollectEvent } from '../../autos/dataset/collect';
import type { PredictorEvent } from '../../autos/predictor/train';
import { labelModels } from '../../comparison/plan';
import { fileFailure } from '../../files/failures';
import { datasetBeside, type LearningFlags, learn as learnFrom, learningRewinds } from '../../learning/learn';
import { writePictures } from '../../learning/pictures';
import { prepareRewinds } from '../../learning/rewinding';
import type { LearnParams, WorkerProgress } from '../../protocol/worker';
import { keepBackend } from '../../request/executor';
import { defined } from '../../request/options';
import { askedFlags, executorFor, loadingOf } from '../prepare';
import type { CallHandler } from '../session';

/** Shares of the time that pruning takes, and the predictor's training after it. */
const PRUNING = 0.9;
const TRAINING = 0.07;

type Progress = Omit<WorkerProgress, 'job'>;

function pruningProgress({ done, secondsLeft, ...event }: CollectEvent): Progress {
  const rest = { fraction: PRUNING * done, ...(secondsLeft !== undefined && { secondsLeft: secondsLeft / PRUNING }) };
  if (event.kind !== 'running') return { message: 'Pruned iteratively', ...rest };
  const { iteration, iterations } = event.event;
  const epoch = event.event.kind === 'training' ? `, epoch ${event.event.epoch} of ${event.event.epochs}` : ' done';
  return { message: `Pruning, iteration ${iteration} of ${iterations}${epoch}`, ...rest };
}

function trainingProgress(event: PredictorEvent): Progress {
  if (event.kind === 'start') return { message: 'Learning from what survived', fraction: PRUNING };
  const within = event.kind === 'epoch' ? event.epoch : event.epoch - 1 + event.step / event.steps;
  const message = `Learning from what survived, epoch ${event.epoch} of ${event.epochs}`;
  return { message, fraction: PRUNING + TRAINING * (within / event.epochs) };
}

function learningFlags(params: LearnParams): LearningFlags {
  const { iterations, epochs, limit } = params;
  return { ...askedFlags(params, 'learn'), ...defined({ iterations, epochs, limit }) };
}

/** The same call goes on where an interruption left the pruning. */
export const learn: CallHandler<'learn'> = async (params, context) => {
  const { signal, report } = context;
  const { predictor: out, predictorEpochs } = params;
  const start = performance.now();
  const dataset = datasetBeside(out);
  report({ message: 'Building the model' });
  // Under the name that the command line has for a file's only model.
  const [label] = labelModels([params.model]);
  const rewinds = learningRewinds(learningFlags(params));
  const { model, request, tasks } = await prepareRewinds(
    params.model,
    label,
    rewinds,
    signal,
    loadingOf(params, context),
  );
  report({ message: 'Opening the backend' });
  const executor = await executorFor(keepBackend(request, await begunBackend(dataset, tasks)), context);
  await mkdir(dirname(out), { recursive: true }).catch((error) => {
    throw fileFailure(error, 'write', dirname(out));
  });
  const { card } = await learnFrom({
    tasks,
    dataset,
    predictor: { seed: model.seed, ...(predictorEpochs !== undefined && { epochs: predictorEpochs }) },
    out,
    executor,
    signal,
    observer: {
      pruning: (event) => report(pruningProgress(event)),
      training: (event) => report(trainingProgress(event)),
    },
  });
  report({ message: 'Drawing the pictures', fraction: PRUNING + TRAINING });
  const pictures = await writePictures(out, { dataset, models: [{ model, request }], executor, signal });
  const seconds = (performance.now() - start) / 1000;
  return { predictor: out, dataset, ...pictures, seconds, rankCorrelation: card.training.rankCorrelation };
};
