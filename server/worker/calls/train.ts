/** Masked training into a run folder. */
import { basename } from 'node:path';
import type { Executor } from '../../executors/types';
import type { Network } from '../../models/types';
import type { Dataset } from '../../protocol/data';
import { usageError } from '../../protocol/errors';
import { metricsOf, pickTestMetrics } from '../../protocol/metricKeys';
import type { RunSummary } from '../../protocol/results';
import type { TrainParams, WorkerProgress } from '../../protocol/worker';
import { effectiveSparsity, type Masks } from '../../pruning';
import { flagsOfOptions } from '../../request/asked';
import { type ChangingMethod, initialMasks, masksOfFile, trainedConfig } from '../../request/changing';
import { requireData } from '../../request/data';
import { isDynamicMethod } from '../../request/dynamic';
import type { CriterionOptions } from '../../request/flags';
import { findMethod } from '../../request/methods';
import type { Requested } from '../../request/model';
import { checkPreset } from '../../request/presets';
import { scoredMasks } from '../../request/scoredMasks';
import type { TrainingRequest } from '../../request/types';
import { readMasksFile, type ShapedMask } from '../../runs/masks';
import { readRunConfig } from '../../runs/read';
import { train as runTraining } from '../../training/train';
import type { TrainingEvent } from '../../training/types';
import { executorFor, prepareTrained } from '../prepare';
import type { CallContext, CallHandler } from '../session';
import { masksOfScore } from './writeMasks';

interface ChosenMasks {
  readonly masks: readonly ShapedMask[];
  readonly method: string;
  readonly sparsity: number;
}

/** The masks to train with. A resumed run has its own, so those that were chosen need not be there any more. */
async function chosenMasks({ masks, resume }: TrainParams, context: CallContext): Promise<ChosenMasks | undefined> {
  if (!masks || resume) return undefined;
  if ('file' in masks) return { ...masks, masks: await readMasksFile(masks.file) };
  return { ...masksOfScore(masks, context), sparsity: masks.sparsity };
}

/** @throws UserError (usage) where the masks' tensors are not those of the model. */
function checkSameModel({ masks }: ChosenMasks, network: Network): void {
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape.join()]));
  const different = masks.find(({ name, shape }) => shapes.get(name) !== shape.join());
  if (!different) return;
  throw usageError(
    `The masks do not fit the model any more: ${different.name} has changed since it was scored.`,
    'Score the model again.',
  );
}

/** Masks of a method, scored with the options of the training itself. */
async function prunedMasks(
  { prune, options }: TrainParams,
  { model, request }: Requested<TrainingRequest>,
  dataset: Dataset,
  executor: Executor,
  { signal, report }: CallContext,
): Promise<Masks | undefined> {
  if (!prune) return undefined;
  const { method, sparsity } = prune;
  const criterion = findMethod(method, request.scoring);
  checkPreset([criterion], (options as CriterionOptions | undefined)?.preset);
  const message = `Scoring by ${criterion.title}`;
  report({ message });
  const onProgress = (done: number, total: number) => report({ message, fraction: done / total });
  return scoredMasks({ model, request, executor, dataset, signal, onProgress }, criterion, sparsity);
}

/** The method that changes the masks of the training, of a resumed one too; undefined where they stay as they are. */
async function changingMethod({ prune, run, resume }: TrainParams): Promise<ChangingMethod | undefined> {
  const { method, sparsity } = resume ? (await readRunConfig(run)).origin : (prune ?? {});
  return method !== undefined && sparsity !== undefined && isDynamicMethod(method) ? { method, sparsity } : undefined;
}

/** The masks of a method that changes them, as training begins with them. */
async function begunMasks(
  changing: ChangingMethod,
  { model, request }: Requested<TrainingRequest>,
  dataset: Dataset,
  executor: Executor,
  { signal, report }: CallContext,
): Promise<Masks> {
  const message = 'Making the initial mask';
  report({ message });
  const onProgress = (done: number, total: number) => report({ message, fraction: done / total });
  return initialMasks({ model, request, executor, dataset, signal, onProgress }, changing);
}

/** The masks that training begins with, where a method makes them now; a resumed run has its own. */
async function madeMasks(
  params: TrainParams,
  changing: ChangingMethod | undefined,
  ...made: [Requested<TrainingRequest>, Dataset, Executor, CallContext]
): Promise<Masks | undefined> {
  if (params.resume) return undefined;
  return changing ? begunMasks(changing, ...made) : prunedMasks(params, ...made);
}

/** What an event adds to the curve, and how far the training is. */
export function trainingProgress(event: TrainingEvent, run: string, epochs: number): Omit<WorkerProgress, 'job'> {
  if (event.kind === 'start') {
    return { message: `Training, epoch ${event.epoch} of ${epochs}`, fraction: (event.epoch - 1) / epochs };
  }
  if (event.kind === 'step') {
    const { epoch, step, steps, loss, metrics, stepLosses, imagesPerSecond, secondsLeft } = event;
    return {
      message: `Training, epoch ${epoch} of ${epochs}`,
      fraction: (epoch - 1 + step / steps) / epochs,
      secondsLeft,
      training: { run, epoch, step, steps, loss, ...metrics, stepLosses, imagesPerSecond },
    };
  }
  const { epoch, testLoss, maskChanges } = event;
  const trained = metricsOf(event, 'train').map(({ metric, value }) => [metric.name, value] as const);
  return {
    message: `Training, epoch ${epoch} of ${epochs} done`,
    fraction: epoch / epochs,
    training: {
      run,
      epoch,
      loss: event.trainLoss,
      ...Object.fromEntries(trained),
      testLoss,
      ...pickTestMetrics(event),
      ...(maskChanges && { maskChanges }),
    },
  };
}

export const train: CallHandler<'train'> = async (params, context) => {
  const { signal, report } = context;
  const { run, resume = false } = params;
  const chosen = await chosenMasks(params, context);
  report({ message: 'Building the model' });
  const { epochs, prune } = params;
  const flags = { ...flagsOfOptions(params.options, 'train'), ...(epochs !== undefined && { epochs }) };
  const requested = await prepareTrained(params, context, flags);
  const { model, request } = requested;
  const { network, seed } = model;
  if (chosen) checkSameModel(chosen, network);
  const changing = await changingMethod(params);
  const config = trainedConfig(request, changing, resume ? await masksOfFile(run) : undefined);
  const { dataset, data } = await requireData(request, network);
  dataset.notes?.forEach(context.session.note);
  report({ message: 'Opening the backend' });
  const executor = await executorFor(request, context);
  signal.throwIfAborted();
  const masks = chosen
    ? new Map(chosen.masks.map(({ name, mask }) => [name, mask]))
    : await madeMasks(params, changing, requested, dataset, executor, context);
  const origin = chosen ?? prune;
  const result = await runTraining({
    network,
    weights: model.weights,
    ...(masks && { masks }),
    ...(masks && !changing && { effectiveSparsity: await effectiveSparsity(executor, network, masks) }),
    dataset,
    executor,
    config,
    runDir: run,
    resume,
    storeInitialWeights: request.weightsFile !== undefined,
    origin: {
      ...(network.exportName !== undefined && { exportName: network.exportName }),
      data,
      ...(origin && { method: origin.method, sparsity: origin.sparsity }),
      ...(request.weightsFile !== undefined && { weightsFile: request.weightsFile }),
      ...(params.options && { options: params.options }),
    },
    signal,
    onProgress: (event) => report(trainingProgress(event, run, config.epochs)),
  });
  // What only the first start of a resumed run knew is in its folder.
  const { origin: kept, started } = await readRunConfig(run);
  const summary: RunSummary = {
    run,
    label: basename(run),
    state: result.interrupted ? 'interrupted' : 'finished',
    model: params.model,
    ...(kept.method !== undefined && { method: kept.method, sparsity: kept.sparsity ?? 0, masked: true }),
    seed,
    backend: result.backend,
    epochs: config.epochs,
    finishedEpochs: result.epochs.length,
    started,
    ...(result.final && pickTestMetrics(result.final)),
  };
  return summary;
};
