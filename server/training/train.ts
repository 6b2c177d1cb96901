/** Masked training from start to end. */
import { batchCount } from '../data/batches';
import type { DeviceTensor } from '../executors/types';
import { usageError } from '../protocol/errors';
import { sizeOf } from '../protocol/tensor';
import { divergence, type EpochContext, trainEpoch } from './epoch';
import { createEvaluator, type Evaluation, type Evaluator } from './evaluate';
import { findStart, type Journal, openJournal, type StartingPoint } from './journal';
import { hasLine } from './metrics';
import { createOptimizer, type Optimizer } from './optimizers';
import { followEpoch } from './progress';
import { learningRateAt } from './schedules';
import { disposeState, type HostState, maskTensors, readState, uploadState, weightsOf } from './state';
import { createStepProgram } from './step';
import type { FinishedEpoch, TrainingResult, TrainingTask } from './types';

/**
 * Trains a network under masks and evaluates it on the test split after each epoch. With a run folder every finished epoch
 * is kept, and `resume` goes on after the last one, equal to the bit (on the same backend) to a run that was never stopped:
 * batches, augmentation and dropout are drawn from the seed and the position only. An epoch trains on all full batches of
 * its own shuffled order; what is left over of one epoch's order is used in others.
 *
 * An abort keeps the finished epochs and gives a result that says so. Throws a usageError where network, data, masks and
 * settings do not fit together or the run folder is in use, and a UserError where the loss becomes infinite or NaN, or the
 * run folder cannot be read or written; finished epochs are kept then, too.
 */
export async function train(task: TrainingTask): Promise<TrainingResult> {
  const started = performance.now();
  checkFit(task);
  const optimizer = createOptimizer(task.config.optimizer);
  const start = await findStart(task, optimizer);
  const journal = await openJournal(task, start);
  try {
    const outcome = isDone(task, start.epochs)
      ? { epochs: start.epochs, state: start.state, interrupted: false }
      : await trainFrom(task, optimizer, start, journal);
    const earlier = start.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
    const result: TrainingResult = {
      backend: task.executor.backend,
      device: task.executor.device,
      seconds: earlier + (performance.now() - started) / 1000,
      epochs: outcome.epochs,
      ...(outcome.epochs.length > 0 ? { final: outcome.epochs[outcome.epochs.length - 1] } : {}),
      weights: weightsOf(task.network, outcome.state),
      masks: start.masks,
      interrupted: outcome.interrupted,
      stoppedEarly: !outcome.interrupted && outcome.epochs.length < task.config.epochs,
      ...(task.runDir === undefined ? {} : { runDir: task.runDir }),
    };
    if (!result.interrupted) await journal.complete(result);
    return result;
  } finally {
    await journal.close();
  }
}

interface Outcome {
  readonly epochs: readonly FinishedEpoch[];
  /** After the last finished epoch. */
  readonly state: HostState;
  readonly interrupted: boolean;
}

/** Compiles the programs, trains the epochs that are left, and frees what it took of the executor. */
async function trainFrom(
  task: TrainingTask,
  optimizer: Optimizer,
  start: StartingPoint,
  journal: Journal,
): Promise<Outcome> {
  const { network, dataset, executor, config, signal } = task;
  const { program, noise } = createStepProgram(network, optimizer, new Set(start.masks.keys()), config.batchSize);
  const executable = await executor.compile(program);
  const masks = uploadState(executor, maskTensors(network, start.masks));
  const state = new Map(uploadState(executor, start.state));
  const steps = batchCount(dataset.train.size, config.batchSize, true);
  const context = { network, dataset, config, optimizer, executor, executable, noise, masks, steps, signal };
  try {
    const evaluator = await createEvaluator(network, executor, Math.min(config.batchSize, dataset.test.size));
    try {
      return await trainEpochs({ task, context, evaluator, journal, state }, start);
    } finally {
      await evaluator.dispose();
    }
  } finally {
    disposeState(state);
    disposeState(masks);
    await executable.dispose();
  }
}

/** What the epochs of a run need. */
interface Session {
  readonly task: TrainingTask;
  readonly context: EpochContext;
  readonly evaluator: Evaluator;
  readonly journal: Journal;
  /** Changed by every step. */
  readonly state: Map<string, DeviceTensor>;
}

async function trainEpochs(session: Session, start: StartingPoint): Promise<Outcome> {
  const { task, context, journal, state } = session;
  const { epochs } = task.config;
  task.onProgress?.({ kind: 'start', epoch: start.epochs.length + 1, epochs, steps: context.steps });
  let finished: Outcome = { epochs: start.epochs, state: start.state, interrupted: false };
  let evaluationSeconds = 0;
  while (!isDone(task, finished.epochs)) {
    let latest: EpochResult;
    try {
      latest = await runEpoch(session, finished.epochs.length, evaluationSeconds);
    } catch (error) {
      if (task.signal?.aborted && error === task.signal.reason) return { ...finished, interrupted: true };
      throw error;
    }
    finished = { epochs: [...finished.epochs, latest.epoch], state: await readState(state), interrupted: false };
    await journal.recordEpoch(finished.epochs, finished.state);
    task.onProgress?.({ kind: 'epoch', ...latest.epoch });
    evaluationSeconds = latest.evaluationSeconds;
  }
  return finished;
}

interface EpochResult {
  readonly epoch: FinishedEpoch;
  readonly evaluationSeconds: number;
}

/** Trains and evaluates epoch `index` (from 0). */
async function runEpoch(session: Session, index: number, evaluationSeconds: number): Promise<EpochResult> {
  const { task, context, journal, state } = session;
  const { config, signal } = task;
  const { steps } = context;
  const started = performance.now();
  const epoch = index + 1;
  const progress = followEpoch({
    epoch,
    epochs: config.epochs,
    steps,
    batchSize: config.batchSize,
    evaluationSeconds,
    now: () => performance.now(),
  });
  await trainEpoch(context, state, index, async (measured) => {
    progress.add(measured);
    const lines = measured.filter(({ step }) => hasLine(step, steps));
    await journal.recordSteps(lines.map(({ step, loss }) => ({ epoch, step, loss })));
    task.onProgress?.(progress.event());
  });
  const trained = performance.now();
  const test = await evaluateFinite(session, epoch, signal);
  const ended = performance.now();
  return {
    epoch: {
      epoch,
      trainLoss: progress.loss(),
      trainAccuracy: progress.accuracy(),
      testLoss: test.loss,
      testAccuracy: test.accuracy,
      learningRate: learningRateAt(config, steps, epoch * steps - 1),
      seconds: (ended - started) / 1000,
    },
    evaluationSeconds: (ended - trained) / 1000,
  };
}

async function evaluateFinite(session: Session, epoch: number, signal: AbortSignal | undefined): Promise<Evaluation> {
  const { task, context, evaluator, state } = session;
  const test = await evaluator.evaluate(state, task.dataset.test, signal);
  // The last step can spoil the weights without a training loss that shows it.
  if (!Number.isFinite(test.loss)) throw divergence(test.loss, `on the test data after epoch ${epoch}`, context);
  return test;
}

/** Whether all epochs are trained, or the test loss has not fallen for as long as early stopping waits. */
function isDone({ config }: TrainingTask, epochs: readonly FinishedEpoch[]): boolean {
  if (epochs.length >= config.epochs) return true;
  if (!config.earlyStop || epochs.length === 0) return false;
  const best = epochs.reduce((least, epoch) => (epoch.testLoss < least.testLoss ? epoch : least));
  return epochs.length - best.epoch >= config.earlyStop.patience;
}

function checkFit({ network, dataset, config }: TrainingTask): void {
  const { train: split, test, shape, name } = dataset;
  if (sizeOf(shape) !== sizeOf(network.inputShape)) {
    const inputs = `inputs of shape [${network.inputShape.join(', ')}]`;
    throw usageError(`${network.name} takes ${inputs}, but the examples of ${name} are [${shape.join(', ')}].`);
  }
  if (network.classes < dataset.classes) {
    throw usageError(`${network.name} has ${network.classes} outputs, but ${name} has ${dataset.classes} classes.`);
  }
  if (split.size < config.batchSize) {
    throw usageError(`batchSize is ${config.batchSize}, but ${name} has only ${split.size} training examples.`);
  }
  if (test.size === 0) throw usageError(`${name} has no test examples to measure the accuracy on.`);
  if ((config.augmentation.crop > 0 || config.augmentation.flip) && shape.length !== 3) {
    throw usageError(
      `The augmentation is for images, but the examples of ${name} have the shape [${shape.join(', ')}].`,
      'Set augmentation.crop to 0 and augmentation.flip to false.',
    );
  }
}
