import { accumulate, forEachGradient, freeBatches, scoresOf } from './gradients';
import { SHARED_OPTIONS } from './options';
import type { Criterion } from './types';

/**
 * Fisher-Taylor sensitivity (Gollini Navarrete et al. 2025, equation 8): |w g + w² F / 2|, the change of the loss to
 * second order when a weight is removed, with the diagonal of the empirical Fisher matrix in place of the Hessian's.
 * g is the gradient of the mean loss of all batches, F the mean of the squares of each batch's gradient; with one batch
 * F is g².
 */
export const fisherTaylor: Criterion = {
  name: 'fisher-taylor',
  title: 'Fisher-Taylor',
  description: 'Effect of removing a weight on the loss to second order, with the Fisher matrix as its curvature.',
  needsData: true,
  usesStatistics: true,
  options: [SHARED_OPTIONS.pruningBatches],
  score: async (context) => {
    const batches = await freeBatches(context);
    const gradients = new Map<string, Float32Array>();
    const fisher = new Map<string, Float32Array>();
    let done = 0;
    await forEachGradient(context, batches, (ofBatch) => {
      accumulate(gradients, ofBatch, 1 / batches.length);
      accumulate(fisher, squares(ofBatch), 1 / batches.length);
      context.onProgress?.(++done, batches.length);
    });
    return {
      scores: scoresOf(context, (weight, name, i) =>
        Math.abs(weight * gradients.get(name)![i] + (weight ** 2 * fisher.get(name)![i]) / 2),
      ),
    };
  },
};

function squares(values: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  return new Map(Array.from(values, ([name, numbers]) => [name, numbers.map((value) => value * value)]));
}
