/** Training a predictor on the runs of a data set, in the epochs and steps of any network's training. */
import packageJson from '../../../package.json';
import type { DeviceTensor, Executor } from '../../executors/types';
import type { Dataset } from '../../protocol/data';
import { UserError, usageError } from '../../protocol/errors';
import type { Weights } from '../../pruning/types';
import { completeConfig } from '../../training/config';
import { type EpochContext, trainEpoch } from '../../training/epoch';
import { createOptimizer } from '../../training/optimizers';
import { disposeState, initialState, readState, uploadState, weightsOf } from '../../training/state';
import { createStepProgram } from '../../training/step';
import type { SurvivalRun } from '../types';
import { measureAgreement } from './agreement';
import { ARCHITECTURES, createPredictorNetwork } from './architecture';
import { calibrate } from './calibration';
import { learnDensities } from './densities';
import { createEvaluator, evaluateNetwork } from './evaluate';
import { featureCount } from './features';
import { PREDICTOR_OBJECTIVES } from './objectives';
import { concatenate, partOf, type Rows } from './rows';
import { measureScales, type Samples, type Split, samplesOf } from './samples';
import { buildTable } from './table';
import type { Agreement, Predictor, PredictorSettings, RunOrigin } from './types';

/** The paper's training, with a narrow network and features that mean the same in every model. */
export const defaultPredictorSettings: PredictorSettings = {
  features: { inputs: 'both', weights: 'model', gradients: 'model', layerStatistics: false, symmetric: true },
  architecture: ARCHITECTURES.small,
  loss: 'mse',
  heads: 'one',
  batchSize: 4096,
  learningRate: 0.01,
  calibrate: true,
  unitExponent: 0.5,
  samplesPerRun: 300_000,
  seed: 0,
};

const DEFAULT_EPOCHS = 10;
/**
 * Steps that a training takes at least where its epochs are not said. On LeNet-5's 61,470 weights, 15 steps an epoch, the rank
 * correlation on LeNet-300-100 was 0.81 after 28 steps, 0.837 after 140 and 0.849 after 602; LeNet-300-100 itself takes 650.
 */
const LEAST_STEPS = 600;
/** About so often the predictor is measured, and kept in case of an abort: between many short epochs that would take longest. */
const MEASUREMENTS = 20;

/** Epochs of a training whose epochs have so many steps, where they are not said. */
function defaultEpochs(steps: number): number {
  return Math.max(DEFAULT_EPOCHS, Math.ceil(LEAST_STEPS / steps));
}

/** Multiplications a weight from which on a network's table is made once and for all, and kept with it. */
const SLOW_MACS = 100_000;

export type PredictorEvent =
  | { readonly kind: 'start'; readonly samples: number; readonly steps: number; readonly epochs: number }
  | {
      readonly kind: 'step';
      readonly epoch: number;
      readonly epochs: number;
      readonly step: number;
      readonly steps: number;
      /** Mean over the epoch so far. */
      readonly loss: number;
    }
  /** After an epoch, but not after each where there are very many. */
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly epochs: number;
      readonly loss: number;
      /** On the runs held out, or else on those learned from. */
      readonly agreement: Agreement;
      readonly isHeldOut: boolean;
    };

export interface PredictorTask {
  readonly split: Split;
  readonly settings: PredictorSettings;
  readonly executor: Executor;
  /** Ends the training between two steps; what it gave when it was measured last is kept. */
  readonly signal?: AbortSignal;
  onProgress?(event: PredictorEvent): void;
}

interface Session {
  readonly task: PredictorTask;
  readonly epochs: number;
  readonly context: EpochContext;
  /** Changed by every step. */
  readonly state: Map<string, DeviceTensor>;
}

/** Rows as data to train on: features are the examples, targets their labels. Nothing is held out in it. */
function datasetOf({ size, features, targets }: Rows, columns: number): Dataset {
  const train: Dataset['train'] = {
    size,
    labels: targets,
    read(indices, out) {
      for (let i = 0; i < indices.length; i++) {
        out.set(features.subarray(indices[i] * columns, (indices[i] + 1) * columns), i * columns);
      }
    },
  };
  return { name: 'survival', shape: [columns], classes: 1, train, test: train };
}

/** The error for a loss that is not finite. */
function divergence(loss: number, place: string): UserError {
  return new UserError(`The training of the predictor diverged: its loss became ${loss} ${place}.`, {
    hint: 'Lower the learning rate, and check the data set.',
  });
}

/** One pass over all rows in an order of its own; gives the mean loss. */
async function trainPass(session: Session, epoch: number): Promise<number> {
  const { task, context, epochs, state } = session;
  const { steps } = context;
  let done = 0;
  let sum = 0;
  await trainEpoch(context, state, epoch, async (measured) => {
    for (const { step, loss } of measured) {
      done = step;
      sum += loss;
    }
    task.onProgress?.({ kind: 'step', epoch: epoch + 1, epochs, step: done, steps, loss: sum / done });
  });
  return sum / done;
}

function origins(runs: readonly SurvivalRun[]): RunOrigin[] {
  return runs.map(({ label, modelHash, data, settings }) => ({ label, modelHash, data, settings }));
}

/** What the epochs until a measurement gave. */
interface Progress {
  readonly epochs: number;
  readonly weights: Weights;
  readonly training: Agreement;
  readonly unseen?: Agreement;
}

async function trainEpochs(session: Session, learned: readonly Samples[], unseen: readonly Samples[]) {
  const { task, epochs, state } = session;
  const { network } = session.context;
  const interval = Math.max(1, Math.floor(epochs / MEASUREMENTS));
  const evaluator = await createEvaluator(network, task.executor);
  let finished: Progress | undefined;
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const loss = await trainPass(session, epoch);
      if ((epoch + 1) % interval !== 0 && epoch + 1 < epochs) continue;
      const training = await measureAgreement(evaluator, state, learned);
      const heldOut = unseen.length > 0 ? await measureAgreement(evaluator, state, unseen) : undefined;
      const weights = weightsOf(network, await readState(state));
      finished = { epochs: epoch + 1, weights, training, ...(heldOut && { unseen: heldOut }) };
      const agreement = heldOut ?? training;
      task.onProgress?.({ kind: 'epoch', epoch: epoch + 1, epochs, loss, agreement, isHeldOut: heldOut !== undefined });
    }
  } catch (error) {
    if (!task.signal?.aborted || error !== task.signal.reason || !finished) throw error;
  } finally {
    await evaluator.dispose();
  }
  return finished!;
}

/**
 * Trains a predictor on the runs of `split.training` and measures it on those of `split.heldOut`. An abort keeps what the
 * epochs until the last measurement gave; before the first one it throws the signal's reason.
 *
 * @throws a usage error where there are no runs or settings are out of range; a UserError where the loss is not finite.
 */
export async function trainPredictor(task: PredictorTask): Promise<Predictor> {
  const { split, settings, executor } = task;
  checkSettings(settings);
  if (split.training.length === 0) throw usageError('The data set has no run to learn from.');
  const { features, architecture, heads, seed } = settings;
  const columns = featureCount(features);
  const scales = measureScales(split.training);
  const options = { heads, limit: settings.samplesPerRun, seed };
  const learned = split.training.map((run) => samplesOf(run, features, scales, options));
  // What is held out is measured as it is, not thinned by how long weights survived.
  const whole = (runs: readonly SurvivalRun[]) =>
    runs.map((run) => partOf(samplesOf(run, features, scales, { heads }), columns, seed));
  const rows = concatenate(learned, columns);
  const batch = Math.min(settings.batchSize, rows.size);
  const steps = Math.floor(rows.size / batch);
  const { epochs = defaultEpochs(steps) } = settings;
  const network = createPredictorNetwork(architecture, columns, PREDICTOR_OBJECTIVES[settings.loss]);
  const config = completeConfig({
    epochs,
    batchSize: batch,
    optimizer: { kind: 'adam', learningRate: settings.learningRate },
    schedule: { kind: 'cosine' },
    seed,
  });
  const optimizer = createOptimizer(config.optimizer);
  const initial = new Map(network.parameters.map((parameter) => [parameter.name, parameter.initialize(seed)]));
  const { program, noise } = createStepProgram(network, optimizer, new Set(), batch);
  const executable = await executor.compile(program, 'training');
  const state = new Map(uploadState(executor, initialState(network, initial, new Map(), optimizer)));
  const context: EpochContext = {
    ...{ network, dataset: datasetOf(rows, columns), config, optimizer, executor, executable, noise, steps },
    masks: new Map(),
    shuffle: ['autos', 'shuffle'],
    divergence,
    ...(task.signal && { signal: task.signal }),
  };
  task.onProgress?.({ kind: 'start', samples: rows.size, steps, epochs });
  try {
    const session = { task, epochs, context, state };
    const known = whole(split.training);
    const { weights, ...result } = await trainEpochs(session, known, whole(split.heldOut));
    const measured = concatenate(known, columns);
    const calibration =
      settings.calibrate && heads === 'one'
        ? calibrate(await evaluateNetwork(executor, network, weights, measured.features), measured.targets)
        : undefined;
    const densities = heads === 'separate' ? learnDensities(split.training) : undefined;
    const { features: _, architecture: __, ...rest } = settings;
    const card = {
      version: packageJson.version,
      trainedOn: origins(split.training),
      heldOut: origins(split.heldOut),
      settings: { ...rest, epochs },
      ...result,
    };
    const macs = network.layers.reduce((sum, layer) => sum + layer.macs, 0);
    const table =
      macs > SLOW_MACS && !features.layerStatistics
        ? await buildTable(executor, network, weights, features, [])
        : undefined;
    return {
      features,
      scales,
      architecture,
      weights,
      card,
      ...(calibration && { calibration }),
      ...(densities && { densities }),
      ...(table && { table }),
    };
  } finally {
    disposeState(state);
    await executable.dispose();
  }
}

function checkSettings({ epochs, batchSize, learningRate, samplesPerRun, unitExponent }: PredictorSettings): void {
  const whole = { ...(epochs !== undefined && { epochs }), 'batch size': batchSize, 'samples per run': samplesPerRun };
  for (const [name, value] of Object.entries(whole)) {
    if (!Number.isInteger(value) || value < 1)
      throw usageError(`${name} must be a positive whole number, not ${value}`);
  }
  if (batchSize < 2) throw usageError('the batch size must be at least 2');
  if (!(learningRate > 0)) throw usageError(`the learning rate must be positive, not ${learningRate}`);
  if (!(Number.isFinite(unitExponent) && unitExponent >= 0))
    throw usageError(`the unit exponent must be at least 0, not ${unitExponent}`);
}
