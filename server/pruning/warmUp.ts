/**
 * Batch-norm warm-up before scoring. The engine scores with the statistics of each batch itself, and then a warm-up
 * would change nothing: whatever the moving statistics are, they are not looked at. With a warm-up, the criteria made of
 * the loss's derivatives at the initial weights (`usesStatistics`) score in the network as it stands in evaluation,
 * normalized by fixed statistics from forward passes over data, as Gollini Navarrete et al. 2025 do: activations are the
 * same on average, but no gradient flows through the statistics. Criteria that train (ProsPr) do so with batch
 * statistics, and the others are defined with statistics of their own or without; for them it makes no difference.
 */
import { createBuilder } from '../graph/builder';
import { createProgram } from '../graph/program';
import type { Program } from '../graph/types';
import { declareInputs, declareParameters } from '../models/parameters';
import type { Network } from '../models/types';
import { forEachBatch, wholeBatchProgram } from './batchPrograms';
import { batchStatistics, noiseInputs, uploadNoise } from './batchStatistics';
import { accumulate } from './gradients';
import { disposeAll, readAll, uploadWeights } from './tensors';
import type { ScoringContext, Weights } from './types';

function statisticsProgram(network: Network, size: number): Program {
  const b = createBuilder();
  const parameters = declareParameters(b, network);
  const inputs = declareInputs(b, network, size);
  return createProgram('statistics', Object.fromEntries(batchStatistics(b, network, inputs, parameters)));
}

/**
 * The weights with moving means and variances that are the averages over `warmUpBatches` batches (the given ones first
 * to last, where batches are given) of the batches' own. Nothing else changes; a network without batch normalization is
 * returned as it is.
 */
export async function warmUp(context: ScoringContext): Promise<Weights> {
  const { network, executor, options, weights, givenBatches } = context;
  const hasStatistics = Object.keys(statisticsProgram(network, 1).outputs).length > 0;
  if (!hasStatistics) return weights;
  const count = options.warmUpBatches;
  const batches = givenBatches?.slice(0, count) ?? (await context.batches(count));
  const parameters = uploadWeights(executor, network, weights);
  const sums = new Map<string, Float32Array>();
  // Whole batches, also where they are scored in parts: a forward pass alone takes little memory.
  const extras = (size: number) => uploadNoise(executor, noiseInputs(network, size));
  const program = wholeBatchProgram({ network, executor, extras }, (size) => statisticsProgram(network, size));
  try {
    await forEachBatch(context, program, batches, async (batch) => {
      accumulate(sums, await readAll(await batch.run(parameters)), 1 / batches.length);
    });
  } finally {
    disposeAll(parameters);
    await program.dispose();
  }
  return new Map([...weights, ...sums]);
}
