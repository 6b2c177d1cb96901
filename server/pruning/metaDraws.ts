/** ProsPr over several draws: the noise of one batch and one start averages out, what the loss has in common stays. */
import { createRandom } from '../random';
import { type MetaGradient, metaGradient } from './metaGradient';
import { optionValue, SHARED_OPTIONS } from './options';
import type { ScoringContext, Weights } from './types';

/** Of ProsPr, for weights and for channels. */
export const META_DRAWS = { ...SHARED_OPTIONS.draws, default: 1 };

/** Starts are within this part of the weights. */
const DISTANCE = 1e-3;

/** Every trainable value times 1 + u, u uniform within the distance. */
function start({ network, weights, seed }: ScoringContext, draw: number): Weights {
  const moved = network.parameters
    .filter(({ trainable }) => trainable)
    .map(({ name }) => {
      const chance = createRandom(seed, 'pruning', 'meta draws', draw, name);
      return [name, weights.get(name)!.map((value) => value * (1 + DISTANCE * (2 * chance.uniform() - 1)))] as const;
    });
  return new Map([...weights, ...moved]);
}

/** The context of one draw: the first one begins at the weights themselves, and each has batches of its own where there are enough. */
function drawContext(context: ScoringContext, draw: number, draws: number): ScoringContext {
  const { options, givenBatches, onProgress } = context;
  const needed = options.sameBatch ? 1 : options.steps + 1;
  const own = givenBatches?.slice(draw * needed, (draw + 1) * needed);
  return {
    ...context,
    weights: draw === 0 ? context.weights : start(context, draw),
    options: { ...options, gradientNorms: draw === 0 && (options.gradientNorms ?? false) },
    batches: async (count) => (await context.batches(draws * count)).slice(draw * count, (draw + 1) * count),
    ...(givenBatches && { givenBatches: own?.length === needed ? own : givenBatches }),
    ...(onProgress && { onProgress: (done, total) => onProgress(draw * total + done, draws * total) }),
  };
}

/**
 * The mean of the signed meta-gradients of `draws` draws, in float64; norms are those of the first, at the weights themselves.
 */
export async function meanMetaGradient(context: ScoringContext): Promise<MetaGradient> {
  const draws = optionValue(context.options, META_DRAWS);
  if (draws === 1) return metaGradient(context);
  const first = await metaGradient(drawContext(context, 0, draws));
  const sums = new Map(Array.from(first.gradients, ([name, values]) => [name, Float64Array.from(values)]));
  for (let draw = 1; draw < draws; draw++) {
    const { gradients } = await metaGradient(drawContext(context, draw, draws));
    for (const [name, sum] of sums) {
      const values = gradients.get(name)!;
      for (let i = 0; i < sum.length; i++) sum[i] += values[i];
    }
  }
  const gradients = new Map(
    Array.from(sums, ([name, sum]) => [name, Float32Array.from(sum, (value) => value / draws)]),
  );
  return { ...first, gradients };
}
