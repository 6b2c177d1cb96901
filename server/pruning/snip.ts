import type { PresetDefinition } from '../protocol/catalogue/types';
import { freeBatches, meanGradient, scoresOf } from './gradients';
import { SHARED_OPTIONS } from './options';
import type { Criterion } from './types';

const presets: readonly PresetDefinition[] = [
  {
    name: 'synaptic-flow',
    text:
      'SNIP in the code of Synaptic-Flow: 10 examples a class, in one batch (`--pruning-batch-size` is as many as classes, times 10). ' +
      'It scores in evaluation mode, where untrained normalizations do nothing; here they have the statistics of the batch.',
    options: { batches: 1 },
  },
];

/**
 * SNIP (Lee et al. 2019; equations 1 and 2 of the ProsPr paper): |dL(c * w)/dc| at c = 1, which is |w * dL/dw|.
 * Several batches give the gradient of their mean loss.
 */
export const snip: Criterion = {
  name: 'snip',
  title: 'SNIP',
  description: 'Effect of removing a weight on the loss before training, to first order.',
  needsData: true,
  estimate: 'one gradient',
  usesStatistics: true,
  options: [SHARED_OPTIONS.pruningBatches],
  presets,
  score: async (context) => {
    const batches = await freeBatches(context);
    let done = 0;
    const gradients = await meanGradient(context, context.weights, batches, () =>
      context.onProgress?.(++done, batches.length),
    );
    return { scores: scoresOf(context, (weight, name, i) => Math.abs(weight * gradients.get(name)![i])) };
  },
};
