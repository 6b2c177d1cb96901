/** What weights are ranked by after a training, and the gradient at initialization. */
import { readPruningBatches } from '../../data/batches';
import { meanGradient, scoresOf } from '../../pruning/gradients';
import { defaultScoringOptions } from '../../pruning/score';
import type { Scores, ScoringContext, Weights } from '../../pruning/types';
import type { RewindRequest } from './types';

function contextOf({ network, prunable, executor, settings, signal }: RewindRequest, weights: Weights): ScoringContext {
  return {
    network,
    weights,
    prunable,
    executor,
    // Gradients take no inner steps.
    options: { ...defaultScoringOptions, innerLearningRate: 0 },
    seed: settings.seed,
    batches: async () => {
      throw new Error('the batches are given');
    },
    ...(signal && { signal }),
  };
}

/** Gradient of the mean loss over the pruning batches, of the prunable weights at `weights`. */
export async function pruningGradient(request: RewindRequest, weights: Weights): Promise<Map<string, Float32Array>> {
  const { network, dataset, config, pruningBatches: count, settings } = request;
  const { balanced } = network.labels;
  const batches = await readPruningBatches(dataset, { count, size: config.batchSize, seed: settings.seed, balanced });
  return meanGradient(contextOf(request, weights), weights, batches, () => {});
}

/** |w| of the trained weights, or SNIP's |w dL/dw| at them. */
export async function rankingScores(request: RewindRequest, trained: Weights): Promise<Scores> {
  const context = contextOf(request, trained);
  if (request.settings.criterion === 'magnitude') return scoresOf(context, (weight) => Math.abs(weight));
  const gradient = await pruningGradient(request, trained);
  return scoresOf(context, (weight, name, i) => Math.abs(weight * gradient.get(name)![i]));
}
