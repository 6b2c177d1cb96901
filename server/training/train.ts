/** Masked training from start to end. */
import { checkAugmented } from '../data/augmentBatch';
import { batchCount } from '../data/batches';
import type { DeviceTensor } from '../executors/types';
import { withFolderLock } from '../files/lock';
import { fitLabels, forTraining } from '../models/task';
import { leadingMetric } from '../objectives/measured';
import { formatsOf } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { keyedMetrics } from '../protocol/metricKeys';
import { sizeOf } from '../protocol/tensor';
import type { Masks } from '../pruning/types';
import { readRunConfig } from '../runs/read';
import type { FinishedEpoch } from '../runs/types';
import { type MaskUpdate, maskChangesOf, type UpdateLine } from '../runs/updates';
import { type Compaction, compactNetwork } from './compact';
import { planUpdates } from './dynamic/plan';
import { createMaskUpdates, type MaskUpdates } from './dynamic/updates';
import { divergence, type EpochContext, trainEpoch } from './epoch';
import { createEvaluator, type Evaluation, type Evaluator } from './evaluate';
import { type HeldExamples, type HeldSplit, holdExamples, holdSplit } from './heldExamples';
import { findStart, type Journal, openJournal, type StartingPoint } from './journal';
import { createOptimizer, type Optimizer } from './optimizers';
import { followEpoch } from './progress';
import { learningRateAt } from './schedules';
import {
  type DeviceState,
  disposeState,
  type HostState,
  maskTensors,
  readState,
  uploadState,
  weightsOf,
} from './state';
import { createStepProgram, type Sharing } from './step';
import type { CompactionSummary, TrainingResult, TrainingTask } from './types';

/**
 * Trains a network under masks and evaluates it on the test split after each epoch. With a run folder every finished epoch
 * is kept, and `resume` goes on after the last one, equal to the bit (on the same backend) to a run that was never stopped:
 * batches, augmentation and dropout are drawn from the seed and the position only. An epoch trains on all full batches of
 * its own shuffled order; what is left over of one epoch's order is used in others.
 *
 * An abort keeps the finished epochs and gives a result that says so. Throws a usageError where network, data, masks and
 * settings do not fit together, the run folder is in use or another process trains the run, and a UserError where the loss becomes infinite or NaN, or the
 * run folder cannot be read or written; finished epochs are kept then, too.
 */
export async function train(given: TrainingTask): Promise<TrainingResult> {
  const task = forItsObjective(given);
  const { runDir, resume } = task;
  const optimizer = createOptimizer(task.config.optimizer);
  if (runDir === undefined) return trainKept(task, optimizer, await findStart(task, optimizer));
  // What is wrong with a new task is found before its folder is made; what a resumed one goes on from is read once nobody
  // else can write it.
  const beginning = resume ? undefined : await findStart(task, optimizer);
  if (resume) await readRunConfig(runDir);
  return withFolderLock(runDir, async () =>
    trainKept(task, optimizer, beginning ?? (await findStart(task, optimizer))),
  );
}

/** The task with a network for the objective of its settings, and with data whose labels are those of the objective. */
function forItsObjective(task: TrainingTask): TrainingTask {
  const { config, objectives } = task;
  const network = forTraining(task.network, config, objectives);
  checkSharing(task);
  checkSizes({ ...task, network });
  return { ...task, network, dataset: fitLabels(network, task.dataset) };
}

async function trainKept(task: TrainingTask, optimizer: Optimizer, start: StartingPoint): Promise<TrainingResult> {
  const started = performance.now();
  const journal = await openJournal(task, start);
  try {
    const outcome: Outcome = isDone(task, start.epochs)
      ? { epochs: start.epochs, state: start.state, masks: start.masks, updates: start.updates, interrupted: false }
      : await trainFrom(task, optimizer, start, journal);
    const earlier = start.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
    const result: TrainingResult = {
      backend: task.executor.backend,
      device: task.executor.device,
      seconds: earlier + (performance.now() - started) / 1000,
      epochs: outcome.epochs,
      ...(outcome.epochs.length > 0 ? { final: outcome.epochs[outcome.epochs.length - 1] } : {}),
      weights: weightsOf(task.network, outcome.state),
      masks: outcome.masks,
      ...(task.config.dynamic && { updates: outcome.updates }),
      ...(outcome.compaction && { compaction: outcome.compaction }),
      interrupted: outcome.interrupted,
      stoppedEarly: !outcome.interrupted && outcome.epochs.length < task.config.epochs,
      ...(task.runDir === undefined ? {} : { runDir: task.runDir }),
    };
    if (!result.interrupted) {
      await task.permit?.();
      await journal.complete(result);
    }
    return result;
  } finally {
    await journal.close();
  }
}

interface Outcome {
  readonly epochs: readonly FinishedEpoch[];
  /** After the last finished epoch. */
  readonly state: HostState;
  /** Likewise. */
  readonly masks: Masks;
  readonly updates: readonly UpdateLine[];
  readonly interrupted: boolean;
  readonly compaction?: CompactionSummary;
}

/** Compiles the programs, trains the epochs that are left, and frees what it took of the executor. */
async function trainFrom(
  task: TrainingTask,
  optimizer: Optimizer,
  start: StartingPoint,
  journal: Journal,
): Promise<Outcome> {
  const { dataset, config, signal } = task;
  const { group } = task.executor;
  const executor = group?.executor ?? task.executor;
  const compaction = compactionOf(task, optimizer, start);
  const { network, masks: ownMasks } = compaction ?? { network: task.network, masks: start.masks };
  const maskedNames = new Set(ownMasks.keys());
  const sharing = sharingOf(task);
  const { program, noise: ownNoise } = createStepProgram(network, optimizer, maskedNames, config.batchSize, sharing);
  const executable = await executor.compile(program, 'training');
  const masks = new Map(uploadState(executor, maskTensors(network, ownMasks)));
  const state = new Map(uploadState(executor, compaction ? compaction.cut(start.state) : start.state));
  const steps = batchCount(dataset.train.size, config.batchSize, true);
  const noise = compaction?.noise ?? ownNoise;
  const { dropout } = start;
  const taking = { executor, ...(group && { group }), executable };
  const fixed = { network, dataset, config, optimizer, ...taking, noise, dropout, masks, steps, signal };
  let held: HeldExamples | undefined;
  let heldTest: HeldSplit | undefined;
  let updates: MaskUpdates | undefined;
  const made: UpdateLine[] = [...start.updates];
  try {
    held = await holdExamples(executor, network, dataset, config);
    // After the training split, which is read more often.
    heldTest = held && (await holdSplit(task.executor, network, formatsOf(dataset), dataset.test));
    updates = await maskUpdatesOf(task, optimizer, start, async ({ places, ...line }) => {
      made.push(line);
      await journal.recordUpdate(made, places);
    });
    const context = {
      ...fixed,
      ...(held && { held }),
      ...(updates && { updates }),
      ...(compaction && { cutNoise: compaction.cutNoise }),
    };
    const evaluator = await createEvaluator(network, task.executor, Math.min(config.batchSize, dataset.test.size));
    try {
      const outcome = await trainEpochs(
        { task, context, evaluator, heldTest, journal, state, compaction, made },
        start,
      );
      return { ...outcome, ...(compaction && { compaction: compaction.summary }) };
    } finally {
      await evaluator.dispose();
    }
  } finally {
    held?.dispose();
    heldTest?.dispose();
    await updates?.dispose();
    disposeState(state);
    disposeState(masks);
    await executable.dispose();
  }
}

/** How the devices of a training share its batches. */
function sharingOf({ executor, config }: TrainingTask): Sharing {
  return { devices: executor.group?.devices.length ?? 1, synchronized: config.batchParts === undefined };
}

/** What changes the masks; undefined where they stay as they are. */
async function maskUpdatesOf(
  task: TrainingTask,
  optimizer: Optimizer,
  { masks }: StartingPoint,
  onUpdate: (update: MaskUpdate) => Promise<void>,
): Promise<MaskUpdates | undefined> {
  const { network, dataset, config } = task;
  const { dynamic, batchSize, epochs, seed } = config;
  if (!dynamic) return undefined;
  const steps = batchCount(dataset.train.size, batchSize, true);
  const executor = task.executor.group?.executor ?? task.executor;
  const shared = { network, optimizer, executor, batchSize, sharing: sharingOf(task), seed, masks, onUpdate };
  return createMaskUpdates({ config: dynamic, ...shared, steps, allSteps: steps * epochs });
}

/** What can be left out of the network; undefined where nothing can, where it is not wanted, or could come back. */
function compactionOf(
  { network, compact = true, config }: TrainingTask,
  optimizer: Optimizer,
  { masks, state }: StartingPoint,
): Compaction | undefined {
  return compact && !config.dynamic
    ? compactNetwork(network, masks, weightsOf(network, state), optimizer, config)
    : undefined;
}

/** What the epochs of a run need. */
interface Session {
  readonly task: TrainingTask;
  readonly context: EpochContext;
  readonly evaluator: Evaluator;
  /** The test split, where it lies on the device. */
  readonly heldTest: HeldSplit | undefined;
  readonly journal: Journal;
  /** Changed by every step. */
  readonly state: Map<string, DeviceTensor>;
  /** Between the network that is trained and the task's. */
  readonly compaction: Compaction | undefined;
  /** The updates of masks so far. */
  readonly made: readonly UpdateLine[];
}

async function trainEpochs(session: Session, start: StartingPoint): Promise<Outcome> {
  const { task, context, journal, state, compaction } = session;
  const { epochs } = task.config;
  task.onProgress?.({ kind: 'start', epoch: start.epochs.length + 1, epochs, steps: context.steps });
  const { epochs: before, state: first, masks, updates } = start;
  let finished: Outcome = { epochs: before, state: first, masks, updates, interrupted: false };
  let evaluationSeconds = 0;
  while (!isDone(task, finished.epochs)) {
    let latest: EpochResult;
    try {
      latest = await runEpoch(session, finished.epochs.length, evaluationSeconds);
    } catch (error) {
      if (task.signal?.aborted && error === task.signal.reason) return { ...finished, interrupted: true };
      throw error;
    }
    const part = await readState(state);
    const whole = compaction?.restore(part, finished.state, finished.epochs.length, context.steps) ?? part;
    finished = {
      epochs: [...finished.epochs, latest.epoch],
      state: whole,
      masks: context.updates?.masks ?? masks,
      updates: [...session.made],
      interrupted: false,
    };
    await task.permit?.();
    await journal.recordEpoch(finished.epochs, finished.state, finished.masks);
    const changes = maskChangesOf(session.made.filter(({ epoch }) => epoch === latest.epoch.epoch));
    task.onProgress?.({ kind: 'epoch', ...latest.epoch, ...(changes.length > 0 && { maskChanges: changes }) });
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
    const lines = progress.add(measured);
    await journal.recordSteps(lines.map((line) => ({ epoch, ...line })));
    task.onProgress?.(progress.event());
  });
  const trained = performance.now();
  const test = await evaluateFinite(session, epoch, signal);
  const ended = performance.now();
  return {
    epoch: {
      epoch,
      trainLoss: progress.loss(),
      ...keyedMetrics('train', progress.metrics()),
      testLoss: test.loss,
      ...keyedMetrics('test', test),
      learningRate: learningRateAt(config, steps, epoch * steps - 1),
      seconds: (ended - started) / 1000,
    },
    evaluationSeconds: (ended - trained) / 1000,
  };
}

async function evaluateFinite(session: Session, epoch: number, signal: AbortSignal | undefined): Promise<Evaluation> {
  const { task, context, evaluator, heldTest, state } = session;
  const test = await evaluator.evaluate(onFirst(task, state), task.dataset.test, signal, heldTest);
  // The last step can spoil the weights without a training loss that shows it.
  if (!Number.isFinite(test.loss)) throw divergence(test.loss, `on the test data after epoch ${epoch}`, context);
  return test;
}

/** The state as the first of several devices has it, which evaluates it. */
function onFirst({ executor: { group } }: TrainingTask, state: DeviceState): DeviceState {
  return group ? new Map(Array.from(state, ([name, tensor]) => [name, group.onFirst(tensor)])) : state;
}

/** Whether all epochs are trained, or the test loss has not fallen for as long as early stopping waits. */
function isDone({ config }: TrainingTask, epochs: readonly FinishedEpoch[]): boolean {
  if (epochs.length >= config.epochs) return true;
  if (!config.earlyStop || epochs.length === 0) return false;
  const best = epochs.reduce((least, epoch) => (epoch.testLoss < least.testLoss ? epoch : least));
  return epochs.length - best.epoch >= config.earlyStop.patience;
}

/** @throws UserError (usage) where devices cannot share the batches as the settings say. */
function checkSharing({ executor: { group }, config: { batchSize, batchParts } }: TrainingTask): void {
  const devices = group?.devices.length ?? 1;
  if (batchSize % devices !== 0) {
    throw usageError(
      `Batches of ${batchSize} examples cannot be shared by ${devices} devices alike.`,
      `Choose a --batch-size that ${devices} divides.`,
    );
  }
  if (batchParts === undefined || batchParts === devices) return;
  throw usageError(
    `Batch normalization is by device, on ${batchParts} devices, and there ${devices === 1 ? 'is 1' : `are ${devices}`}.`,
    'Name as many with --devices.',
  );
}

function checkSizes({ network, dataset, config }: TrainingTask): void {
  const { train: split, test, name } = dataset;
  const formats = formatsOf(dataset);
  const { inputs } = network;
  const unfit = inputs.findIndex(
    ({ shape: wanted, dtype }, i) => sizeOf(formats[i]?.shape ?? []) !== sizeOf(wanted) || formats[i]?.dtype !== dtype,
  );
  if (unfit >= 0) {
    const wanted = `${inputs[unfit].dtype === 'int32' ? 'ids' : 'inputs'} of shape [${inputs[unfit].shape.join(', ')}]`;
    const found = formats[unfit] ? `are [${formats[unfit].shape.join(', ')}]` : `have ${formats.length} parts`;
    throw usageError(`${network.name} takes ${wanted}, but the examples of ${name} ${found}.`);
  }
  if (split.size < config.batchSize) {
    throw usageError(`batchSize is ${config.batchSize}, but ${name} has only ${split.size} training examples.`);
  }
  if (config.dynamic) planUpdates(config.dynamic, batchCount(split.size, config.batchSize, true) * config.epochs);
  if (test.size === 0) {
    throw usageError(`${name} has no test examples to measure the ${leadingMetric(network).title} on.`);
  }
  const { crop, flip } = config.augmentation;
  if (crop === 0 && !flip) return;
  const augmentation = { cropPadding: crop, horizontalFlip: flip };
  checkAugmented({ inputs: formats, labelShape: network.labels.shape }, augmentation, name);
}
