/** Scoring again what was scored, with a little changed: how much of a mask is the criterion's, and how much is rounding. */
import type { Stability, StabilityFigures } from '../protocol/stability';
import { createRandom } from '../random';
import { compareScorings, meanFigures } from './compareScorings';
import { defaultScoringOptions } from './defaults';
import { type ScoringRequest, scoreOnce } from './scoreOnce';
import type { ChosenOptions, Saliency, ScoringOptions, Weights } from './types';

/** About ten times what float32 rounds to. */
const CHANGE = 1e-6;

/** Where no sparsity is asked for: one at which masks differ. */
const USUAL_SPARSITY = 0.98;

/** The sparsity that masks are compared at. */
export function comparedSparsity({ sparsity }: Pick<ScoringOptions, 'sparsity'>): number {
  return sparsity > 0 ? sparsity : USUAL_SPARSITY;
}

/** Every trainable value times 1 + change or 1 - change, by the toss of a coin that is the same for equal seeds and draws. */
export function changedWeights(
  { network, weights, seed }: Pick<ScoringRequest, 'network' | 'weights' | 'seed'>,
  change: number,
  draw: number,
): Weights {
  const changed = network.parameters.map(({ name, trainable }) => {
    const values = weights.get(name)!;
    if (!trainable) return [name, values] as const;
    const coin = createRandom(seed, 'stability', draw, name);
    return [name, values.map((value) => value * (1 + (coin.uniform() < 0.5 ? change : -change)))] as const;
  });
  return new Map([...weights, ...changed]);
}

/** Scores so often again, each time with what `change` says in place of the request's, and compares with the first time. */
async function compareAgain(
  request: ScoringRequest,
  options: ChosenOptions,
  saliency: Saliency,
  change: (draw: number) => Partial<ScoringRequest>,
): Promise<StabilityFigures> {
  const { network, selection, stability } = request;
  const figures: StabilityFigures[] = [];
  for (let draw = 1; draw <= (stability?.repeats ?? 1); draw++) {
    const again = await scoreOnce({ ...request, ...change(draw) }, options);
    figures.push(compareScorings(network, [saliency, again], { ...selection, sparsity: comparedSparsity(options) }));
  }
  return meanFigures(figures);
}

/** How alike scores and masks are with weights changed by about what rounding changes them by. */
export function weightsStability(
  request: ScoringRequest,
  options: ChosenOptions,
  saliency: Saliency,
): Promise<StabilityFigures> {
  const change = request.stability?.change ?? CHANGE;
  return compareAgain(request, options, saliency, (draw) => ({ weights: changedWeights(request, change, draw) }));
}

/**
 * Scores again with weights changed by a relative `change`, and with other batches where the criterion has drawn any.
 *
 * @param saliency What `scoreNetwork` has made of the same request.
 */
export async function measureStability(request: ScoringRequest, saliency: Saliency): Promise<Stability> {
  const { criterion, otherBatches } = request;
  const innerLearningRate = saliency.diagnostics?.innerLr ?? 0;
  const options: ChosenOptions = { ...defaultScoringOptions, ...request.options, innerLearningRate };
  return {
    weights: saliency.confirmed ?? (await weightsStability(request, options, saliency)),
    batches:
      criterion.needsData && otherBatches
        ? await compareAgain(request, options, saliency, (draw) => ({ batches: otherBatches(draw) }))
        : null,
  };
}
