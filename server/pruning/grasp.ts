import type { PresetDefinition } from '../protocol/catalogue/types';
import { freeBatches, hessianVectorProduct, meanGradient, scoresOf } from './gradients';
import { optionValue, SHARED_OPTIONS } from './options';
import type { Criterion, Saliency, ScoringContext } from './types';

/** Of GraSP for weights and for channels; the authors' code has the default temperature. */
export const GRASP_OPTIONS = [SHARED_OPTIONS.temperature, SHARED_OPTIONS.pruningBatches];

const presets: readonly PresetDefinition[] = [
  {
    name: 'released',
    text:
      "The authors' code on CIFAR-10: logits divided by 200, and the gradients of two batches of five examples a class added up " +
      '(`--pruning-batch-size` is as many as classes, times 5). Its batches have their classes in order, and it draws the weights of ' +
      'the classifier anew before it scores; here batches are as the data gives them, and scores are of the weights that are trained.',
    options: { temperature: 200, batches: 2 },
  },
];

/**
 * GraSP (Wang et al. 2020, equation 8), which removes the weights with the largest -w * Hg and so keeps the largest
 * w * Hg: those whose removal would weaken the gradient flow most. g and H are the gradient and the Hessian of the
 * loss over the prunable weights, with the logits divided by a temperature (200 in the authors' code).
 */
export const grasp: Criterion = {
  name: 'grasp',
  title: 'GraSP',
  description: 'Effect of removing a weight on the norm of the gradient.',
  needsData: true,
  usesStatistics: true,
  options: GRASP_OPTIONS,
  presets,
  score: gradientFlow,
};

/** w * Hg of each prunable weight, signed: what both masks over weights and masks over channels are made from. */
export async function gradientFlow(context: ScoringContext): Promise<Saliency> {
  const batches = await freeBatches(context);
  const temperature = optionValue(context.options, SHARED_OPTIONS.temperature);
  let done = 0;
  const onBatch = () => context.onProgress?.(++done, 2 * batches.length);
  const gradients = await meanGradient(context, context.weights, batches, onBatch, temperature);
  const products = await hessianVectorProduct(context, gradients, batches, onBatch, temperature);
  return { scores: scoresOf(context, (weight, name, i) => weight * products.get(name)![i]) };
}
