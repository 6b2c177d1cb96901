/** Gradients and Hessian-vector products of the mean loss of several batches, for criteria that need just those. */
import { gradient, jvp } from '../graph/autodiff';
import type { Batch } from '../protocol/data';
import { floatTensor } from '../protocol/tensor';
import { forEachBatch, type SummedGraph, summedBatchProgram } from './batchPrograms';
import { buildLoss, namedOutputs, nodesOf } from './loss';
import { optionValue, SHARED_OPTIONS } from './options';
import { scoringMode } from './scoringMode';
import { type DeviceTensors, disposeAll, readAll, uploadWeights } from './tensors';
import type { ScoringContext, Weights } from './types';

function gradientGraph(context: ScoringContext, size: number, temperature: number): SummedGraph {
  const { network, prunable: names } = context;
  const { b, parameters, loss } = buildLoss(network, size, temperature, scoringMode(context));
  return { title: 'gradient', b, outputs: namedOutputs('', names, gradient(b, loss, nodesOf(parameters, names))) };
}

/** The product of the Hessian with `direction/NAME`, under the names of the prunable weights. */
export function hessianGraph(context: ScoringContext, size: number, temperature: number): SummedGraph {
  const { network, prunable: names } = context;
  const { b, parameters, loss } = buildLoss(network, size, temperature, scoringMode(context));
  const wrt = nodesOf(parameters, names);
  const directions = wrt.map((node, i) => b.input(`direction/${names[i]}`, node.shape));
  return { title: 'hessian', b, outputs: namedOutputs('', names, jvp(b, gradient(b, loss, wrt), wrt, directions)) };
}

/** Adds `values` times `factor` to the sums of the same names. */
export function accumulate(
  sums: Map<string, Float32Array>,
  values: ReadonlyMap<string, Float32Array>,
  factor: number,
): void {
  for (const [name, addend] of values) {
    const sum = sums.get(name) ?? new Float32Array(addend.length);
    for (let i = 0; i < sum.length; i++) sum[i] += addend[i] * factor;
    sums.set(name, sum);
  }
}

/** Mean over the batches of a program's outputs, run with the same parameters. */
async function meanOverBatches(
  context: ScoringContext,
  build: (size: number) => SummedGraph,
  batches: readonly Batch[],
  fixed: DeviceTensors,
  onBatch: () => void,
): Promise<Map<string, Float32Array>> {
  const sums = new Map<string, Float32Array>();
  const program = summedBatchProgram(context, build);
  try {
    await forEachBatch(context, program, batches, async (batch) => {
      accumulate(sums, await readAll(await batch.run(fixed)), 1 / batches.length);
      onBatch();
    });
  } finally {
    await program.dispose();
  }
  return sums;
}

/**
 * Gradients of each batch's mean loss with respect to the prunable weights, at the initial weights, one after the other.
 * @param temperature divides the logits before the loss.
 */
export async function forEachGradient(
  context: ScoringContext,
  batches: readonly Batch[],
  visit: (gradients: ReadonlyMap<string, Float32Array>) => void,
  temperature = 1,
): Promise<void> {
  const parameters = uploadWeights(context.executor, context.network, context.weights);
  const program = summedBatchProgram(context, (size) => gradientGraph(context, size, temperature));
  try {
    await forEachBatch(context, program, batches, async (batch) => visit(await readAll(await batch.run(parameters))));
  } finally {
    disposeAll(parameters);
    await program.dispose();
  }
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
  const { network, executor } = context;
  const parameters = uploadWeights(executor, network, weights);
  const build = (size: number) => gradientGraph(context, size, temperature);
  try {
    return await meanOverBatches(context, build, batches, parameters, onBatch);
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
  const build = (size: number) => hessianGraph(context, size, temperature);
  try {
    return await meanOverBatches(context, build, batches, fixed, onBatch);
  } finally {
    disposeAll(fixed);
  }
}

/** The batches a criterion without a number of its own looks at: all the given ones, else as many as the options say. */
export async function freeBatches({ batches, givenBatches, options }: ScoringContext): Promise<readonly Batch[]> {
  return givenBatches ?? (await batches(optionValue(options, SHARED_OPTIONS.pruningBatches)));
}

/** Scores of the prunable weights, element by element from the weight's value and its index. */
export function scoresOf(
  { weights, prunable }: Pick<ScoringContext, 'weights' | 'prunable'>,
  score: (weight: number, name: string, index: number) => number,
): Map<string, Float32Array> {
  return new Map(
    prunable.map((name) => {
      const values = weights.get(name)!;
      const scores = new Float32Array(values.length);
      for (let index = 0; index < values.length; index++) scores[index] = score(values[index], name, index);
      return [name, scores];
    }),
  );
}
