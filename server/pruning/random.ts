import { createRandom } from '../random';
import { scoresOf } from './gradients';
import { layerRatios } from './ratios';
import type { Criterion, Scores, ScoringContext } from './types';

function uniformScores(context: ScoringContext): Scores {
  const streams = new Map(
    context.prunable.map((name) => [name, createRandom(context.seed, 'pruning', 'random', name)]),
  );
  return scoresOf(context, (_weight, name) => streams.get(name)!.uniform());
}

/** Uniform scores: every weight is as likely to stay as any other. */
export const random: Criterion = {
  name: 'random',
  title: 'Random',
  description: 'Uniform random scores, so that every layer loses about the same fraction.',
  needsData: false,
  score: async (context) => ({ scores: uniformScores(context) }),
};

/** Uniform scores inside each tensor, with the layer densities of Mocanu et al. 2018 and Evci et al. 2020. */
export const randomErk: Criterion = {
  name: 'random-erk',
  title: 'Random (ERK)',
  description: 'Random weights with Erdős-Rényi-kernel layer densities: small layers stay denser.',
  needsData: false,
  aimsAtSparsity: true,
  decidesCounts: true,
  score: async (context) => {
    const tensors = context.network.parameters.filter(({ name }) => context.prunable.includes(name));
    const { kept } = layerRatios('erk', tensors, context.weights)!(context.options.sparsity, 0);
    return { scores: uniformScores(context), kept };
  },
};
