/** Learning a predictor for AutoS from a model: its iterative pruning, the predictor's training, and pictures of both. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type CollectEvent, collectSurvival } from '../../autos/dataset/collect';
import type { PredictorEvent } from '../../autos/predictor/train';
import { labelModels } from '../../comparison/plan';
import { writeFileAtomic } from '../../files/atomic';
import { fileFailure } from '../../files/failures';
import { withFolderLock } from '../../files/lock';
import { learnPredictor } from '../../learning/predictor';
import { type RewindFlags, rewindTasks } from '../../learning/rewinding';
import type { LearnParams, WorkerProgress } from '../../protocol/worker';
import { createSurvivalReport, survivalPage } from '../../reports/survival';
import { executorFor, type Flags, flagsOf, prepare, withNoise } from '../prepare';
import type { CallHandler } from '../session';

/** As `prunelens autos learn` has them: done in minutes. */
const ITERATIONS = 20;
const FINAL_SPARSITY = 0.99;
const EPOCHS = 1;

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

function rewindFlags({ iterations = ITERATIONS, epochs = EPOCHS, limit }: LearnParams, flags: Flags): RewindFlags {
  return {
    ...flags,
    iterations,
    epochs,
    ...(limit !== undefined && { limit }),
    schedule: 'pct',
    finalSparsity: FINAL_SPARSITY,
    criterion: 'magnitude',
    rewindEpoch: 0,
    seeds: 1,
  };
}

/** The same call goes on where an interruption left the pruning. */
export const learn: CallHandler<'learn'> = async (params, context) => {
  const { signal, report } = context;
  const { predictor: out, predictorEpochs } = params;
  const start = performance.now();
  const base = out.replace(/\.safetensors$/, '');
  const dataset = `${base}.dataset`;
  report({ message: 'Building the model' });
  const model = await prepare(params, context);
  const flags = withNoise(flagsOf(params), model.network);
  // Under the name that the command line has for a file's only model.
  const [label] = labelModels([params.model.replace(/#default$/, '')]);
  const tasks = await rewindTasks(model, label, rewindFlags(params, flags));
  report({ message: 'Opening the backend' });
  const executor = await executorFor(params, model, context);
  await mkdir(dirname(out), { recursive: true }).catch((error) => {
    throw fileFailure(error, 'write', dirname(out));
  });
  const onProgress = (event: CollectEvent) => report(pruningProgress(event));
  await withFolderLock(dataset, () =>
    collectSurvival({ tasks, executor, folder: dataset, resume: true, signal, onProgress }),
  );
  const { card } = await learnPredictor({
    dataset,
    flags: { seed: model.seed, ...(predictorEpochs !== undefined && { epochs: predictorEpochs }) },
    out,
    executor,
    signal,
    onProgress: (event) => report(trainingProgress(event)),
  });
  signal.throwIfAborted();
  report({ message: 'Drawing the pictures', fraction: PRUNING + TRAINING });
  const pictures = await createSurvivalReport({
    dataset,
    predictors: [out],
    models: [{ model, flags }],
    executor,
    signal,
  });
  const summary = { predictor: out, dataset, report: `${base}.json`, page: `${base}.html` };
  await writeFileAtomic(summary.report, JSON.stringify(pictures));
  await writeFileAtomic(summary.page, survivalPage(pictures));
  const seconds = (performance.now() - start) / 1000;
  return { ...summary, seconds, rankCorrelation: card.training.rankCorrelation };
};
