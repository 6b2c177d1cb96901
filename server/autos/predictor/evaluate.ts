/** The predictor's network, run over many weights. */
import type { Executor } from '../../executors/types';
import type { Network } from '../../models/types';
import { floatTensor } from '../../protocol/tensor';
import { breathe } from '../../pruning/tensors';
import type { Weights } from '../../pruning/types';
import { runWith } from '../../training/execution';
import { type DeviceState, disposeState, parameterKey, uploadState } from '../../training/state';
import { createEvaluation } from './program';

/** Weights a run, as in the paper. */
const BATCH = 8192;

export interface Evaluator {
  /** Scores [n] of features [n, columns], with the parameters in `state`. */
  evaluate(state: DeviceState, features: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Compiles the evaluation of a network for up to `most` weights at once. */
export async function createEvaluator(network: Network, executor: Executor, most = BATCH): Promise<Evaluator> {
  const columns = network.inputs[0].shape[0];
  const executable = await executor.compile(createEvaluation(network, most));
  const evaluateBatch = async (state: DeviceState, rows: Float32Array) => {
    const x = executor.upload(floatTensor([most, columns], rows));
    try {
      const { scores } = await runWith(executable, new Map([...state, ['features', x]]));
      const { data } = await scores.read();
      scores.dispose();
      return data;
    } finally {
      x.dispose();
    }
  };
  return {
    async evaluate(state, features, signal) {
      const size = features.length / columns;
      const scores = new Float32Array(size);
      for (let start = 0; start < size; start += most) {
        await breathe(signal);
        const count = Math.min(most, size - start);
        // The last batch is filled up with zeros.
        const rows = new Float32Array(most * columns);
        rows.set(features.subarray(start * columns, (start + count) * columns));
        scores.set((await evaluateBatch(state, rows)).subarray(0, count), start);
      }
      return scores;
    },
    dispose: () => executable.dispose(),
  };
}

/** Scores [n] of features [n, columns], by the network with the given parameters. */
export async function evaluateNetwork(
  executor: Executor,
  network: Network,
  weights: Weights,
  features: Float32Array,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const rows = features.length / network.inputs[0].shape[0];
  const evaluator = await createEvaluator(network, executor, Math.min(BATCH, Math.max(rows, 1)));
  const state = uploadState(
    executor,
    new Map(network.parameters.map(({ name, shape }) => [parameterKey(name), floatTensor(shape, weights.get(name)!)])),
  );
  try {
    return await evaluator.evaluate(state, features, signal);
  } finally {
    disposeState(state);
    await evaluator.dispose();
  }
}
