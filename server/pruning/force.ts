import type { PresetDefinition } from '../protocol/catalogue/types';
import type { Batch } from '../protocol/data';
import { meanGradient, scoresOf } from './gradients';
import { optionValue, SHARED_OPTIONS } from './options';
import { masksAfterRound } from './schedule';
import { applyMasks } from './selection';
import { markRemoved } from './synflow';
import type { Criterion, Masks, Scores, ScoringContext } from './types';

const iterations = { ...SHARED_OPTIONS.iterations, default: 60 };
const options = [iterations, SHARED_OPTIONS.pruningBatches];

const presets: readonly PresetDefinition[] = [
  {
    name: 'released',
    text:
      "The defaults of the authors' code: 10 rounds with one new batch each, where the paper has 60. Its loss is the negative of " +
      "the true class's logit, without the softmax of the paper; here it is the paper's.",
    options: { iterations: 10, batches: 1 },
  },
];

/** The batches of each round: new ones a round, or the given ones in turn. */
async function batchesByRound(context: ScoringContext, rounds: number): Promise<(round: number) => readonly Batch[]> {
  const { givenBatches, options } = context;
  if (givenBatches) return (round) => [givenBatches[(round - 1) % givenBatches.length]];
  const perRound = optionValue(options, SHARED_OPTIONS.pruningBatches);
  const batches = await context.batches(rounds * perRound);
  return (round) => batches.slice((round - 1) * perRound, round * perRound);
}

async function iterate(
  context: ScoringContext,
  score: (gradients: ReadonlyMap<string, Float32Array>, masks: Masks) => Scores,
): Promise<Scores> {
  const { weights, options } = context;
  const rounds = optionValue(options, iterations);
  const batchesOf = await batchesByRound(context, rounds);
  let masks: Masks = new Map();
  for (let round = 1; ; round++) {
    const gradients = await meanGradient(context, applyMasks(weights, masks), batchesOf(round), () => {});
    const scores = score(gradients, masks);
    context.onProgress?.(round, rounds);
    if (round === rounds) return scores;
    masks = masksAfterRound(context, scores, round, rounds);
  }
}

/**
 * FORCE (de Jorge et al. 2021, equations 5 and 8): |w * dL/dw| with the gradient taken in the network pruned so far,
 * for all weights, so that removed ones can come back; exponential schedule of densities.
 */
export const force: Criterion = {
  name: 'force',
  title: 'FORCE',
  description: 'SNIP repeated in the network pruned so far; removed weights can come back.',
  needsData: true,
  usesStatistics: true,
  aimsAtSparsity: true,
  options,
  presets,
  score: async (context) => ({
    scores: await iterate(context, (gradients) =>
      scoresOf(context, (weight, name, i) => Math.abs(weight * gradients.get(name)![i])),
    ),
  }),
};

/** Iterative SNIP (de Jorge et al. 2021, section 4): as FORCE, but what is removed stays removed (its score is -1). */
export const iterativeSnip: Criterion = {
  name: 'iterative-snip',
  title: 'Iterative SNIP',
  description: 'SNIP repeated in the network pruned so far, a little sparser each time.',
  needsData: true,
  usesStatistics: true,
  aimsAtSparsity: true,
  options,
  presets,
  score: async (context) => ({
    scores: await iterate(context, (gradients, masks) =>
      markRemoved(
        scoresOf(context, (weight, name, i) => Math.abs(weight * gradients.get(name)![i])),
        masks,
      ),
    ),
  }),
};
