/** From a network and a method to a saliency. */
import { defaultScoringOptions } from './defaults';
import { scoreWithFittingStep, usesInnerStep } from './innerStep';
import { checkOptions, ratiosOf, type ScoringRequest, scoreOnce } from './scoreOnce';
import type { ChosenOptions, Saliency, ScoringOptions } from './types';

export { defaultScoringOptions, ratiosOf };

/**
 * Scores a network's prunable weights. Where a criterion takes inner steps and their rate is `auto`, one is found that
 * rounding does not decide the scores with.
 * @throws a UserError where an option is out of range, data is needed and absent, nothing is prunable, or a score is
 * not finite.
 */
export async function scoreNetwork(request: ScoringRequest): Promise<Saliency> {
  const options = { ...defaultScoringOptions, ...request.options };
  checkOptions(options);
  if (!usesInnerStep(request.criterion)) return scoreOnce(request, withStep(options, 0));
  const { innerLearningRate } = options;
  if (innerLearningRate === 'auto') return scoreWithFittingStep(request, options);
  const saliency = await scoreOnce(request, withStep(options, innerLearningRate));
  return { ...saliency, diagnostics: { ...saliency.diagnostics, innerLr: innerLearningRate } };
}

function withStep(options: ScoringOptions, innerLearningRate: number): ChosenOptions {
  return { ...options, innerLearningRate };
}
