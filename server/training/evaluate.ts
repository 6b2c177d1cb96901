/** Loss and accuracy of a network over a whole split, every example counted exactly once. */
import { setImmediate } from 'node:timers/promises';
import { assembleBatch } from '../data/batches';
import type { Executable, Executor } from '../executors/types';
import { createBuilder } from '../graph/builder';
import { logSoftmax } from '../graph/compose';
import { createProgram } from '../graph/program';
import type { Program } from '../graph/types';
import type { Network } from '../models/types';
import type { Split } from '../protocol/data';
import { floatTensor, type HostTensor, intTensor } from '../protocol/tensor';
import { meanIntersectionOverUnion, pixelAccuracy } from './confusion';
import { runWith } from './execution';
import { exampleLosses, type LossName } from './objective';
import { type DeviceState, disposeState, parameterKey, uploadState } from './state';

export interface Evaluation {
  /** Mean loss. */
  readonly loss: number;
  /** Fraction of the examples, or of all their pixels, classified correctly, 0 … 1. */
  readonly accuracy: number;
  /** Of a segmentation, over all pixels of the split; see `confusion.ts`. */
  readonly meanIoU?: number;
}

export interface Evaluator {
  /**
   * Evaluates the parameters in `state` (under the names of `state.ts`) on all examples of the split, in batches of the
   * evaluator's size; gives the thread back between batches. An abort ends it with the signal's reason.
   */
  evaluate(state: DeviceState, split: Split, signal?: AbortSignal): Promise<Evaluation>;
  dispose(): Promise<void>;
}

/**
 * Inputs: parameters, `x`, `y`, and `exampleWeights` [batch] where each example has one class.
 * Output of a classification: `sums` [2]: over the batch, the sums of the examples' cross-entropy and of 1 for each correct
 * one, times the examples' weights.
 * Outputs of a segmentation: `losses` [batch], and `confusion` [batch, classes, classes]: of each example, the pixels of
 * every true class (rows) predicted as every class (columns).
 */
export function createEvaluationProgram(
  network: Network,
  batchSize: number,
  loss: LossName = 'cross-entropy',
): Program {
  return network.task === 'segmentation'
    ? segmentationProgram(network, batchSize, loss)
    : classificationProgram(network, batchSize);
}

function applyToBatch(network: Network, batchSize: number) {
  const b = createBuilder();
  const x = b.input('x', [batchSize, ...network.inputShape]);
  const y = b.input('y', [batchSize, ...network.labelShape], 'int32');
  const parameters = new Map(network.parameters.map(({ name, shape }) => [name, b.input(parameterKey(name), shape)]));
  const { logits } = network.apply(b, x, parameters, 'evaluate');
  return { b, y, logits, targets: b.oneHot(y, network.classes) };
}

function classificationProgram(network: Network, batchSize: number): Program {
  const { b, y, logits, targets } = applyToBatch(network, batchSize);
  const exampleWeights = b.input('exampleWeights', [batchSize]);
  const logLikelihood = b.reduceSum(b.multiply(targets, logSoftmax(b, logits)), [1]);
  const loss = b.reduceSum(b.multiply(exampleWeights, b.negate(logLikelihood)));
  const correct = b.reduceSum(b.multiply(exampleWeights, b.equal(b.argMax(logits, 1), y)));
  const sums = b.concat([b.reshape(loss, [1]), b.reshape(correct, [1])], 0);
  return createProgram(`evaluate ${network.name}`, { sums });
}

function segmentationProgram(network: Network, batchSize: number, loss: LossName): Program {
  const { b, logits, targets } = applyToBatch(network, batchSize);
  const [, height, width, classes] = logits.shape;
  const rows = [batchSize, height * width, classes];
  const predicted = b.oneHot(b.argMax(logits, 3), classes);
  // One matrix an example: float32 counts exactly up to 2^24, which is an image of 4096x4096 pixels.
  const confusion = b.matmul(b.reshape(targets, rows), b.reshape(predicted, rows), { transposeA: true });
  return createProgram(`evaluate ${network.name}`, { losses: exampleLosses(b, logits, targets, loss), confusion });
}

/** Compiles the evaluation of a network for batches of `batchSize`. */
export async function createEvaluator(
  network: Network,
  executor: Executor,
  batchSize: number,
  loss?: LossName,
): Promise<Evaluator> {
  const executable = await executor.compile(createEvaluationProgram(network, batchSize, loss));
  return {
    evaluate: (state, split, signal) => evaluate({ network, executor, executable, batchSize }, state, split, signal),
    dispose: () => executable.dispose(),
  };
}

interface Compiled {
  readonly network: Network;
  readonly executor: Executor;
  readonly executable: Executable;
  readonly batchSize: number;
}

/** Sums over the examples that have been evaluated. */
interface Tally {
  loss: number;
  /** Examples classified correctly. */
  correct: number;
  /** Of a segmentation: pixels by true and predicted class. */
  readonly confusion: Float64Array;
}

async function evaluate(
  compiled: Compiled,
  state: DeviceState,
  split: Split,
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const { task, classes } = compiled.network;
  const tally: Tally = { loss: 0, correct: 0, confusion: new Float64Array(task === 'segmentation' ? classes ** 2 : 0) };
  for (let start = 0; start < split.size; start += compiled.batchSize) {
    await setImmediate();
    signal?.throwIfAborted();
    const count = Math.min(compiled.batchSize, split.size - start);
    addTo(tally, await evaluateBatch(compiled, state, split, start), count);
  }
  const loss = tally.loss / split.size;
  if (task === 'classification') return { loss, accuracy: tally.correct / split.size };
  const accuracy = pixelAccuracy(tally.confusion, classes);
  return { loss, accuracy, meanIoU: meanIntersectionOverUnion(tally.confusion, classes) };
}

/** Adds what a batch gave; only its first `count` examples are there once. */
function addTo(tally: Tally, { sums, losses, confusion }: { [name: string]: HostTensor }, count: number): void {
  if (sums) {
    tally.loss += sums.data[0];
    tally.correct += sums.data[1];
    return;
  }
  const cells = tally.confusion.length;
  for (let example = 0; example < count; example++) {
    tally.loss += losses.data[example];
    for (let cell = 0; cell < cells; cell++) tally.confusion[cell] += confusion.data[example * cells + cell];
  }
}

async function evaluateBatch(
  { network, executor, executable, batchSize }: Compiled,
  state: DeviceState,
  split: Split,
  start: number,
): Promise<{ [name: string]: HostTensor }> {
  // The program's batch is fixed, so the last one is filled up with copies of the last example, of weight zero.
  const last = split.size - 1;
  const indices = Int32Array.from({ length: batchSize }, (_, i) => Math.min(start + i, last));
  const weights = Float32Array.from({ length: batchSize }, (_, i) => (start + i <= last ? 1 : 0));
  const { x, y } = assembleBatch(split, network.inputShape, indices);
  const batch = uploadState(
    executor,
    new Map([
      ['x', floatTensor([batchSize, ...network.inputShape], x)],
      ['y', intTensor([batchSize, ...network.labelShape], y)],
      ['exampleWeights', floatTensor([batchSize], weights)],
    ]),
  );
  try {
    const outputs = new Map(Object.entries(await runWith(executable, new Map([...state, ...batch]))));
    try {
      const values: { [name: string]: HostTensor } = {};
      for (const [name, tensor] of outputs) values[name] = await tensor.read();
      return values;
    } finally {
      disposeState(outputs);
    }
  } finally {
    disposeState(batch);
  }
}
