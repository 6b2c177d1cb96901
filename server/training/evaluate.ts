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
import { floatTensor, intTensor } from '../protocol/tensor';
import { runWith } from './execution';
import { type DeviceState, disposeState, parameterKey, uploadState } from './state';

export interface Evaluation {
  /** Mean cross-entropy. */
  readonly loss: number;
  /** Fraction classified correctly, 0 … 1. */
  readonly accuracy: number;
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
 * Inputs: parameters, `x`, `y`, and `exampleWeights` [batch]; output `sums` [2]: over the batch, the sums of the examples'
 * cross-entropy and of 1 for each correct one, times the examples' weights.
 */
export function createEvaluationProgram(network: Network, batchSize: number): Program {
  const b = createBuilder();
  const x = b.input('x', [batchSize, ...network.inputShape]);
  const y = b.input('y', [batchSize], 'int32');
  const exampleWeights = b.input('exampleWeights', [batchSize]);
  const parameters = new Map(network.parameters.map(({ name, shape }) => [name, b.input(parameterKey(name), shape)]));
  const { logits } = network.apply(b, x, parameters, 'evaluate');
  const logLikelihood = b.reduceSum(b.multiply(b.oneHot(y, logits.shape[1]), logSoftmax(b, logits)), [1]);
  const loss = b.reduceSum(b.multiply(exampleWeights, b.negate(logLikelihood)));
  const correct = b.reduceSum(b.multiply(exampleWeights, b.equal(b.argMax(logits, 1), y)));
  const sums = b.concat([b.reshape(loss, [1]), b.reshape(correct, [1])], 0);
  return createProgram(`evaluate ${network.name}`, { sums });
}

/** Compiles the evaluation of a network for batches of `batchSize`. */
export async function createEvaluator(network: Network, executor: Executor, batchSize: number): Promise<Evaluator> {
  const executable = await executor.compile(createEvaluationProgram(network, batchSize));
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

async function evaluate(
  compiled: Compiled,
  state: DeviceState,
  split: Split,
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  let loss = 0;
  let correct = 0;
  for (let start = 0; start < split.size; start += compiled.batchSize) {
    await setImmediate();
    signal?.throwIfAborted();
    const sums = await evaluateBatch(compiled, state, split, start);
    loss += sums[0];
    correct += sums[1];
  }
  return { loss: loss / split.size, accuracy: correct / split.size };
}

async function evaluateBatch(
  { network, executor, executable, batchSize }: Compiled,
  state: DeviceState,
  split: Split,
  start: number,
): Promise<ArrayLike<number>> {
  // The program's batch is fixed, so the last one is filled up with copies of the last example, of weight zero.
  const last = split.size - 1;
  const indices = Int32Array.from({ length: batchSize }, (_, i) => Math.min(start + i, last));
  const weights = Float32Array.from({ length: batchSize }, (_, i) => (start + i <= last ? 1 : 0));
  const { x, y } = assembleBatch(split, network.inputShape, indices);
  const batch = uploadState(
    executor,
    new Map([
      ['x', floatTensor([batchSize, ...network.inputShape], x)],
      ['y', intTensor([batchSize], y)],
      ['exampleWeights', floatTensor([batchSize], weights)],
    ]),
  );
  try {
    const { sums } = await runWith(executable, new Map([...state, ...batch]));
    try {
      return (await sums.read()).data;
    } finally {
      sums.dispose();
    }
  } finally {
    disposeState(batch);
  }
}
