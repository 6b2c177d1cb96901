/** Training a predictor on the runs of a data set, with the engine's own graph, optimizers and executors. */
import packageJson from '../../../package.json';
import type { DeviceTensor, Executable, Executor } from '../../executors/types';
import type { Network } from '../../models/types';
import { UserError, usageError } from '../../protocol/errors';
import { floatTensor } from '../../protocol/tensor';
import { breathe } from '../../pruning/tensors';
import type { Weights } from '../../pruning/types';
import { createRandom } from '../../random';
import { completeConfig } from '../../training/config';
import { runWith } from '../../training/execution';
import { createOptimizer, type Optimizer } from '../../training/optimizers';
import { learningRateAt } from '../../training/schedules';
import { disposeState, initialState, readState, uploadState, weightsOf } from '../../training/state';
import { scalarKey } from '../../training/step';
import type { SurvivalRun } from '../types';
import { measureAgreement } from './agreement';
import { ARCHITECTURES, createPredictorNetwork } from './architecture';
import { calibrate } from './calibration';
import { createEvaluator, evaluateNetwork } from './evaluate';
import { featureCount } from './features';
import { createStep, LOSS_SUM } from './program';
import { concatenate, gather, partOf, type Rows } from './rows';
import { measureScales, type Samples, type Split, samplesOf } from './samples';
import { buildTable } from './table';
import type { Agreement, Predictor, PredictorSettings, RunOrigin } from './types';

/** The paper's training, with a narrow network and features that mean the same in every model. */
export const defaultPredictorSettings: PredictorSettings = {
  features: { inputs: 'both', weights: 'model', gradients: 'model', layerStatistics: false, symmetric: true },
  architecture: ARCHITECTURES.small,
  loss: 'mse',
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
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly executable: Executable;
  readonly rows: Rows;
  readonly columns: number;
  readonly batch: number;
  readonly steps: number;
  /** Changed by every step. */
  readonly state: Map<string, DeviceTensor>;
}

/** Milliseconds between looks at the loss, which wait for the device. */
const LOOK_INTERVAL = 200;

/** One pass over all rows in an order of its own; gives the mean loss. */
async function trainEpoch(session: Session, epoch: number): Promise<number> {
  const { task, epochs, executable, optimizer, rows, columns, batch, steps, state } = session;
  const { executor, settings, signal } = task;
  const { learningRate } = settings;
  const schedule = completeConfig({ epochs, optimizer: { kind: 'adam', learningRate }, schedule: { kind: 'cosine' } });
  const order = createRandom(settings.seed, 'autos', 'shuffle', epoch).permutation(rows.size);
  state.get(LOSS_SUM)?.dispose();
  state.set(LOSS_SUM, executor.upload(floatTensor([], new Float32Array(1))));
  let looked = performance.now();
  let loss = 0;
  for (let position = 0; position < steps; position++) {
    await breathe(signal);
    const { features, targets } = gather(rows, columns, order.subarray(position * batch, (position + 1) * batch));
    const step = epoch * steps + position;
    const scalars = optimizer.scalarValues(learningRateAt(schedule, steps, step), step);
    const inputs = uploadState(
      executor,
      new Map([
        ['features', floatTensor([batch, columns], features)],
        ['targets', floatTensor([batch], targets)],
        ...Object.entries(scalars).map(
          ([name, value]) => [scalarKey(name), floatTensor([], Float32Array.of(value))] as const,
        ),
      ]),
    );
    try {
      for (const [name, tensor] of Object.entries(await runWith(executable, new Map([...state, ...inputs])))) {
        state.get(name)?.dispose();
        state.set(name, tensor);
      }
    } finally {
      disposeState(inputs);
    }
    if (position + 1 < steps && performance.now() - looked < LOOK_INTERVAL) continue;
    looked = performance.now();
    loss = (await state.get(LOSS_SUM)!.read()).data[0] / (position + 1);
    if (!Number.isFinite(loss)) {
      throw new UserError(`The training of the predictor diverged: its loss became ${loss} in epoch ${epoch + 1}.`, {
        hint: 'Lower the learning rate, and check the data set.',
      });
    }
    task.onProgress?.({ kind: 'step', epoch: epoch + 1, epochs, step: position + 1, steps, loss });
  }
  return loss;
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
  const { task, epochs, network, state } = session;
  const interval = Math.max(1, Math.floor(epochs / MEASUREMENTS));
  const evaluator = await createEvaluator(network, task.executor);
  let finished: Progress | undefined;
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const loss = await trainEpoch(session, epoch);
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
  const { features, architecture, seed } = settings;
  const columns = featureCount(features);
  const scales = measureScales(split.training);
  const options = { limit: settings.samplesPerRun, seed };
  const learned = split.training.map((run) => samplesOf(run, features, scales, options));
  // What is held out is measured as it is, not thinned by how long weights survived.
  const whole = (runs: readonly SurvivalRun[]) =>
    runs.map((run) => partOf(samplesOf(run, features, scales), columns, seed));
  const rows = concatenate(learned, columns);
  const batch = Math.min(settings.batchSize, rows.size);
  const steps = Math.floor(rows.size / batch);
  const { epochs = defaultEpochs(steps) } = settings;
  const network = createPredictorNetwork(architecture, columns);
  const optimizer = createOptimizer(
    completeConfig({ optimizer: { kind: 'adam', learningRate: settings.learningRate } }).optimizer,
  );
  const initial = new Map(network.parameters.map((parameter) => [parameter.name, parameter.initialize(seed)]));
  const executable = await executor.compile(createStep(network, optimizer, settings.loss, batch));
  const state = new Map(uploadState(executor, initialState(network, initial, new Map(), optimizer)));
  task.onProgress?.({ kind: 'start', samples: rows.size, steps, epochs });
  try {
    const session = { task, epochs, network, optimizer, executable, rows, columns, batch, steps, state };
    const known = whole(split.training);
    const { weights, ...result } = await trainEpochs(session, known, whole(split.heldOut));
    const measured = concatenate(known, columns);
    const calibration = settings.calibrate
      ? calibrate(await evaluateNetwork(executor, network, weights, measured.features), measured.targets)
      : undefined;
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
