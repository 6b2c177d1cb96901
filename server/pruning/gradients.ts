/** Gradients and Hessian-vector products of the mean loss of several batches, for criteria that need just those. */
import { gradient, jvp } from '../graph/autodiff';
import { createProgram } from '../graph/program';
import type { Program } from '../graph/types';
import type { Network } from '../models/types';
import type { Batch } from '../protocol/data';
import { floatTensor } from '../protocol/tensor';
import { buildLoss, namedOutputs, nodesOf } from './loss';
import { breathe, type DeviceTensors, disposeAll, readAll, runWith, uploadBatch, uploadWeights } from './tensors';
import type { ScoringContext, Weights } from './types';

function gradientProgram(network: Network, size: number, names: readonly string[], temperature: number): Program {
  const { b, parameters, loss } = buildLoss(network, size, temperature);
  return createProgram('gradient', namedOutputs('', names, gradient(b, loss, nodesOf(parameters, names))));
}

function hessianProgram(network: Network, size: number, names: readonly string[], temperature: number): Program {
  const { b, parameters, loss } = buildLoss(network, size, temperature);
  const wrt = nodesOf(parameters, names);
  const directions = wrt.map((node, i) => b.input(`direction/${names[i]}`, node.shape));
  return createProgram('hessian', namedOutputs('', names, jvp(b, gradient(b, loss, wrt), wrt, directions)));
}

/** Mean over the batches of a program's outputs, run with the same parameters. */
async function meanOverBatches(
  { network, executor, signal }: ScoringContext,
  program: (size: number) => Program,
  batches: readonly Batch[],
  fixed: DeviceTensors,
  onBatch: () => void,
): Promise<Map<string, Float32Array>> {
  const sums = new Map<string, Float32Array>();
  for (const size of new Set(batches.map((batch) => batch.size))) {
    const executable = await executor.compile(program(size));
    try {
      for (const batch of batches.filter((candidate) => candidate.size === size)) {
        await breathe(signal);
        const data = uploadBatch(executor, network, batch);
        for (const [name, values] of await readAll(await runWith(executable, fixed, data))) {
          const sum = sums.get(name);
          if (!sum)
            sums.set(
              name,
              values.map((value) => value / batches.length),
            );
          else for (let i = 0; i < sum.length; i++) sum[i] += values[i] / batches.length;
        }
        disposeAll(data);
        onBatch();
      }
    } finally {
      await executable.dispose();
    }
  }
  return sums;
}

/**
 * Gradient of the mean loss of `batches` with respect to the prunable weights, at `weights`.
 * @param temperature divides the logits before the loss.
 */
export async function meanGradient(
  context: ScoringContext,
  weights: Weights,
  batches: readonly Batch[],
  onBatch: () => void,
  temperature = 1,
): Promise<Map<string, Float32Array>> {
  const { network, prunable, executor } = context;
  const parameters = uploadWeights(executor, network, weights);
  const program = (size: number) => gradientProgram(network, size, prunable, temperature);
  try {
    return await meanOverBatches(context, program, batches, parameters, onBatch);
  } finally {
    disposeAll(parameters);
  }
}

/** Hessian of the mean loss of `batches` over the prunable weights, times `direction`, at the initial weights. */
export async function hessianVectorProduct(
  context: ScoringContext,
  direction: ReadonlyMap<string, Float32Array>,
  batches: readonly Batch[],
  onBatch: () => void,
  temperature = 1,
): Promise<Map<string, Float32Array>> {
  const { network, prunable, executor, weights } = context;
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  const fixed = {
    ...uploadWeights(executor, network, weights),
    ...Object.fromEntries(
      prunable.map((name) => [
        `direction/${name}`,
        executor.upload(floatTensor(shapes.get(name)!, direction.get(name)!)),
      ]),
    ),
  };
  const program = (size: number) => hessianProgram(network, size, prunable, temperature);
  try {
    return await meanOverBatches(context, program, batches, fixed, onBatch);
  } finally {
    disposeAll(fixed);
  }
}

/** The batches a criterion without a number of its own looks at: all the given ones, else as many as the options say. */
export async function freeBatches({ batches, givenBatches, options }: ScoringContext): Promise<readonly Batch[]> {
  return givenBatches ?? (await batches(options.batches ?? 1));
}

/** Scores of the prunable weights, element by element from the weight's value and its index. */
export function scoresOf(
  { weights, prunable }: Pick<ScoringContext, 'weights' | 'prunable'>,
  score: (weight: number, name: string, index: number) => number,
): Map<string, Float32Array> {
  return new Map(prunable.map((name) => [name, weights.get(name)!.map((weight, index) => score(weight, name, index))]));
}
