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
import { type DeviceState, disposeState, initialState, readState, uploadState, weightsOf } from '../../training/state';
import { scalarKey } from '../../training/step';
import type { SurvivalRun } from '../types';
import { ARCHITECTURES, createPredictorNetwork } from './architecture';
import { calibrate } from './calibration';
import { createEvaluator, type Evaluator, evaluateNetwork } from './evaluate';
import { featureCount } from './features';
import { maskOverlap, meanSquaredError, rankCorrelation } from './metrics';
import { createStep, LOSS_SUM } from './program';
import { measureScales, type Samples, type Split, samplesOf } from './samples';
import type { Agreement, Predictor, PredictorSettings, RunOrigin } from './types';

/** The paper's training, with a narrow network and features that mean the same in every model. */
export const defaultPredictorSettings: PredictorSettings = {
  features: { inputs: 'both', weights: 'model', gradients: 'model', layerStatistics: false, symmetric: true },
  architecture: ARCHITECTURES.small,
  loss: 'mse',
  epochs: 10,
  batchSize: 4096,
  learningRate: 0.01,
  calibrate: true,
  unitExponent: 1,
  samplesPerRun: 300_000,
  seed: 0,
};

/** The sparsity at which the overlap of predicted and true survivors is told. */
const OVERLAP_SPARSITY = 0.98;

/** Weights of a run on which the agreement is measured, at most. */
const MEASURED_SAMPLES = 100_000;

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
  /** Ends the training between two steps; what finished epochs gave is kept. */
  readonly signal?: AbortSignal;
  onProgress?(event: PredictorEvent): void;
}

/** All rows of several runs as one table. */
interface Table {
  readonly size: number;
  readonly features: Float32Array;
  readonly targets: Float32Array;
}

function concatenate(samples: readonly Samples[], columns: number): Table {
  const size = samples.reduce((sum, part) => sum + part.size, 0);
  const features = new Float32Array(size * columns);
  const targets = new Float32Array(size);
  let start = 0;
  for (const part of samples) {
    features.set(part.features, start * columns);
    targets.set(part.targets, start);
    start += part.size;
  }
  return { size, features, targets };
}

/** Mean agreement over runs of a network's scores. */
async function measure(evaluator: Evaluator, state: DeviceState, samples: readonly Samples[]): Promise<Agreement> {
  const found: Agreement[] = [];
  for (const { features, targets } of samples) {
    const predicted = await evaluator.evaluate(state, features);
    found.push({
      rankCorrelation: rankCorrelation(predicted, targets),
      error: meanSquaredError(predicted, targets),
      overlap: maskOverlap(targets, predicted, OVERLAP_SPARSITY),
    });
  }
  const mean = (key: keyof Agreement) => found.reduce((sum, one) => sum + one[key], 0) / found.length;
  return { rankCorrelation: mean('rankCorrelation'), error: mean('error'), overlap: mean('overlap') };
}

/** A random part of a run's rows, for measuring. */
function partOf(samples: Samples, columns: number, seed: number): Samples {
  const { label, size, features, targets } = samples;
  if (size <= MEASURED_SAMPLES) return samples;
  const order = createRandom(seed, 'autos', 'measured', label).permutation(size).subarray(0, MEASURED_SAMPLES);
  return { label, size: MEASURED_SAMPLES, ...gather({ size, features, targets }, columns, order) };
}

function gather({ features, targets }: Table, columns: number, rows: Int32Array) {
  const chosen = new Float32Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < columns; j++) chosen[i * columns + j] = features[rows[i] * columns + j];
  }
  return { features: chosen, targets: Float32Array.from(rows, (row) => targets[row]) };
}

interface Session {
  readonly task: PredictorTask;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly executable: Executable;
  readonly table: Table;
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
  const { task, executable, optimizer, table, columns, batch, steps, state } = session;
  const { executor, settings, signal } = task;
  const { epochs, learningRate } = settings;
  const schedule = completeConfig({ epochs, optimizer: { kind: 'adam', learningRate }, schedule: { kind: 'cosine' } });
  const order = createRandom(settings.seed, 'autos', 'shuffle', epoch).permutation(table.size);
  state.get(LOSS_SUM)?.dispose();
  state.set(LOSS_SUM, executor.upload(floatTensor([], new Float32Array(1))));
  let looked = performance.now();
  let loss = 0;
  for (let position = 0; position < steps; position++) {
    await breathe(signal);
    const { features, targets } = gather(table, columns, order.subarray(position * batch, (position + 1) * batch));
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

/** What the finished epochs gave. */
interface Progress {
  readonly epochs: number;
  readonly weights: Weights;
  readonly training: Agreement;
  readonly unseen?: Agreement;
}

async function trainEpochs(session: Session, learned: readonly Samples[], unseen: readonly Samples[]) {
  const { task, network, state } = session;
  const { epochs } = task.settings;
  const evaluator = await createEvaluator(network, task.executor);
  let finished: Progress | undefined;
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const loss = await trainEpoch(session, epoch);
      const training = await measure(evaluator, state, learned);
      const heldOut = unseen.length > 0 ? await measure(evaluator, state, unseen) : undefined;
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
 * finished epochs gave; before the first of them it throws the signal's reason.
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
  const table = concatenate(learned, columns);
  const batch = Math.min(settings.batchSize, table.size);
  const steps = Math.floor(table.size / batch);
  const network = createPredictorNetwork(architecture, columns);
  const optimizer = createOptimizer(
    completeConfig({ optimizer: { kind: 'adam', learningRate: settings.learningRate } }).optimizer,
  );
  const initial = new Map(network.parameters.map((parameter) => [parameter.name, parameter.initialize(seed)]));
  const executable = await executor.compile(createStep(network, optimizer, settings.loss, batch));
  const state = new Map(uploadState(executor, initialState(network, initial, new Map(), optimizer)));
  task.onProgress?.({ kind: 'start', samples: table.size, steps, epochs: settings.epochs });
  try {
    const session = { task, network, optimizer, executable, table, columns, batch, steps, state };
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
      settings: rest,
      ...result,
    };
    return { features, scales, architecture, weights, card, ...(calibration && { calibration }) };
  } finally {
    disposeState(state);
    await executable.dispose();
  }
}

function checkSettings({ epochs, batchSize, learningRate, samplesPerRun }: PredictorSettings): void {
  const whole = { epochs, 'batch size': batchSize, 'samples per run': samplesPerRun };
  for (const [name, value] of Object.entries(whole)) {
    if (!Number.isInteger(value) || value < 1)
      throw usageError(`${name} must be a positive whole number, not ${value}`);
  }
  if (batchSize < 2) throw usageError('the batch size must be at least 2');
  if (!(learningRate > 0)) throw usageError(`the learning rate must be positive, not ${learningRate}`);
}
