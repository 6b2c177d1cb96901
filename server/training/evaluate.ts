/** Loss and metrics of a network over a whole split, every example counted exactly once. */
import { setImmediate } from 'node:timers/promises';
import { EVALUATION, labelsOf, readBatches } from '../data/batches';
import type { DeviceTensor, Executable, Executor } from '../executors/types';
import { createBuilder } from '../graph/builder';
import { createProgram } from '../graph/program';
import type { Program } from '../graph/types';
import { declareInputs, inputTensors } from '../models/parameters';
import type { Network } from '../models/types';
import { labelTensor } from '../objectives/labelTensors';
import type { MetricValues } from '../protocol/catalogue/metrics';
import type { Batch, Split } from '../protocol/data';
import { floatTensor, type HostTensor } from '../protocol/tensor';
import { runWith } from './execution';
import type { HeldSplit } from './heldExamples';
import { type DeviceState, disposeState, parameterKey, uploadState } from './state';

/** The mean loss, and what the network's objective measures besides. */
export type Evaluation = MetricValues & { readonly loss: number };

export interface Evaluator {
  /**
   * Evaluates the parameters in `state` (under the names of `state.ts`) on all examples of the split, in batches of the
   * evaluator's size; gives the thread back between batches. An abort ends it with the signal's reason.
   *
   * @param held The split's examples on the device, where they lie there.
   */
  evaluate(state: DeviceState, split: Split, signal?: AbortSignal, held?: HeldSplit): Promise<Evaluation>;
  dispose(): Promise<void>;
}

/**
 * Inputs: parameters, the examples and `y`, and `exampleWeights` [batch] where the objective multiplies by it.
 * Outputs: what the network's objective measures, by the measures' names.
 */
export function createEvaluationProgram(network: Network, batchSize: number): Program {
  return buildEvaluation(network, batchSize).program;
}

/** The program, and which of its outputs are sums over the batch. */
function buildEvaluation(network: Network, batchSize: number) {
  const { objective, labels } = network;
  const b = createBuilder();
  const y = b.input('y', [batchSize, ...labels.shape], labels.dtype);
  const parameters = new Map(network.parameters.map(({ name, shape }) => [name, b.input(parameterKey(name), shape)]));
  const { logits } = network.apply(b, declareInputs(b, network, batchSize), parameters, 'evaluate');
  const exampleWeights = b.input('exampleWeights', [batchSize]);
  const measures = Object.entries(objective.measures(b, { logits, y, labels, exampleWeights }));
  const nodes = measures.map(([name, { node }]) => [name, node] as const);
  const batchSums = new Set(measures.flatMap(([name, { per }]) => (per === 'batch' ? [name] : [])));
  return { program: createProgram(`evaluate ${network.name}`, Object.fromEntries(nodes)), batchSums };
}

/** Compiles the evaluation of a network for batches of `batchSize`. */
export async function createEvaluator(network: Network, executor: Executor, batchSize: number): Promise<Evaluator> {
  const { program, batchSums } = buildEvaluation(network, batchSize);
  const executable = await executor.compile(program);
  const compiled = { network, executor, executable, batchSize, batchSums };
  return {
    evaluate: (state, split, signal, held) => evaluate(compiled, state, split, signal, held),
    dispose: () => executable.dispose(),
  };
}

interface Compiled {
  readonly network: Network;
  readonly executor: Executor;
  readonly executable: Executable;
  readonly batchSize: number;
  /** Names of outputs that are sums over the batch; in the others the first axis is the batch. */
  readonly batchSums: ReadonlySet<string>;
}

async function evaluate(
  compiled: Compiled,
  state: DeviceState,
  split: Split,
  signal: AbortSignal | undefined,
  held: HeldSplit | undefined,
): Promise<Evaluation> {
  const { network, batchSize, batchSums } = compiled;
  const totals: { [measure: string]: Float64Array } = {};
  const starts = Array.from({ length: Math.ceil(split.size / batchSize) }, (_, i) => i * batchSize);
  // The program's batch is fixed, so the last one is filled up with copies of the last example, of weight zero.
  const lists = starts.map((start) =>
    Int32Array.from({ length: batchSize }, (_, i) => Math.min(start + i, split.size - 1)),
  );
  const batches = held
    ? lists.map((indices) => ({ y: labelsOf(split, indices), inputs: () => held.take(indices) }))
    : readInputs(compiled, split, lists);
  let start = 0;
  for await (const examples of batches) {
    await setImmediate();
    signal?.throwIfAborted();
    const count = Math.min(batchSize, split.size - start);
    start += batchSize;
    for (const [name, { data, shape }] of Object.entries(await evaluateBatch(compiled, state, examples, count))) {
      // Of examples, only the first `count` are there once.
      const rows = batchSums.has(name) ? 1 : count;
      const cells = data.length / (batchSums.has(name) ? 1 : shape[0]);
      totals[name] ??= new Float64Array(cells);
      addRows(totals[name], data, rows);
    }
  }
  return network.objective.finish(totals, split.size, network.labels, split.labels);
}

interface Examples {
  readonly y: Batch['y'];
  /** The network's inputs, by name, on the device. */
  inputs(): Iterable<readonly [name: string, tensor: DeviceTensor]>;
}

async function* readInputs(
  { network, executor }: Compiled,
  split: Split,
  lists: readonly Int32Array[],
): AsyncGenerator<Examples> {
  for await (const batch of readBatches(split, network.inputs, lists, EVALUATION)) {
    const inputs = new Map(Object.entries(inputTensors(network, batch)));
    yield { y: batch.y, inputs: () => uploadState(executor, inputs) };
  }
}

/** Adds the first `rows` rows of `values` [n, total.length]. */
function addRows(total: Float64Array, values: HostTensor['data'], rows: number): void {
  const cells = total.length;
  for (let row = 0; row < rows; row++) {
    for (let cell = 0; cell < cells; cell++) total[cell] += values[row * cells + cell];
  }
}

async function evaluateBatch(
  { network, executor, executable, batchSize }: Compiled,
  state: DeviceState,
  { y, inputs }: Examples,
  count: number,
): Promise<{ [name: string]: HostTensor }> {
  const weights = Float32Array.from({ length: batchSize }, (_, i) => (i < count ? 1 : 0));
  const labels = new Map([
    ['y', labelTensor(network.labels, batchSize, y)],
    ['exampleWeights', floatTensor([batchSize], weights)],
  ]);
  const batch = new Map([...inputs(), ...uploadState(executor, labels)]);
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
