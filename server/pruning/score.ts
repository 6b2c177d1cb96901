/** From a network and a method to a saliency: options checked, weights drawn, batches at hand. */
import type { Executor } from '../executors/types';
import type { Network } from '../models/types';
import type { Batch } from '../protocol/data';
import { usageError } from '../protocol/errors';
import { defaultValues, SHARED_OPTIONS } from './options';
import { PROSPR_OPTIONS } from './prospr';
import { layerRatios } from './ratios';
import { checkFinite } from './selection';
import { tiedScores } from './ties';
import type { CountsAt, Criterion, Saliency, ScoringOptions, Weights } from './types';
import { warmUp } from './warmUp';

/** Options as the ProsPr paper and the criteria's authors use them. */
export const defaultScoringOptions = {
  sparsity: 0.9,
  ...defaultValues([...Object.values(PROSPR_OPTIONS), SHARED_OPTIONS.warmUpBatches]),
} as ScoringOptions;

export interface ScoringRequest {
  readonly criterion: Criterion;
  readonly network: Network;
  readonly weights: Weights;
  /** Names of the weights to score. */
  readonly prunable: readonly string[];
  readonly executor: Executor;
  readonly options?: Partial<ScoringOptions>;
  readonly seed: number;
  /** Draws class-balanced batches; absent where there is no data. */
  readonly batches?: (count: number) => Promise<readonly Batch[]>;
  readonly givenBatches?: readonly Batch[];
  readonly signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/**
 * Scores a network's prunable weights.
 * @throws a UserError where an option is out of range, data is needed and absent, nothing is prunable, or a score is
 * not finite.
 */
export async function scoreNetwork(request: ScoringRequest): Promise<Saliency> {
  const { criterion, prunable, batches, givenBatches } = request;
  const options = { ...defaultScoringOptions, ...request.options };
  checkOptions(options);
  if (prunable.length === 0) throw usageError('no layer is left to prune', 'Check the include and exclude patterns.');
  if (criterion.needsData && !batches && !givenBatches) {
    throw usageError(`${criterion.title} looks at training data`, 'Name it with --data, or in prunelens.json.');
  }
  const noData = async (): Promise<never> => {
    throw new Error(`${criterion.name} asked for data although it declares that it needs none`);
  };
  // Without a warm-up its statistics would be those of initialization: it scores with each batch's own.
  const warmUpBatches = criterion.usesStatistics ? options.warmUpBatches : 0;
  const countsAt = ratiosOf(request, options);
  const context = {
    ...request,
    options: { ...options, warmUpBatches },
    batches: batches ?? noData,
    ...(countsAt && { countsAt }),
  };
  const scored = await criterion.score(warmUpBatches > 0 ? { ...context, weights: await warmUp(context) } : context);
  checkFinite(scored.scores);
  const saliency = countsAt ? { ...scored, countsAt } : scored;
  const told = [...tiedScores(saliency.scores, request.weights), ...fullLayers(countsAt, options)];
  if (told.length === 0) return saliency;
  const { diagnostics } = saliency;
  return { ...saliency, diagnostics: { ...diagnostics, warnings: [...(diagnostics?.warnings ?? []), ...told] } };
}

/** The counts of the layer ratios that were asked for, unless the criterion decides itself what layers keep. */
export function ratiosOf(
  { criterion, network, prunable, weights }: Pick<ScoringRequest, 'criterion' | 'network' | 'prunable' | 'weights'>,
  { ratios }: Pick<ScoringOptions, 'ratios'>,
): CountsAt | undefined {
  if (ratios === undefined || criterion.decidesCounts) return undefined;
  const tensors = network.parameters.filter(({ name }) => prunable.includes(name));
  return layerRatios(ratios, tensors, weights);
}

/** A sentence where ratios want more of tensors than they have. */
function fullLayers(countsAt: CountsAt | undefined, { ratios, sparsity }: ScoringOptions): readonly string[] {
  const full = countsAt?.(sparsity, 0).full ?? [];
  if (full.length === 0) return [];
  return [
    `Layer ratios (${ratios}) want more weights of ${full.join(', ')} than there are; the other layers share the rest.`,
  ];
}

function checkOptions(options: ScoringOptions): void {
  const { sparsity, steps, iterations, batches, temperature, innerLearningRate, innerMomentum } = options;
  if (!(sparsity >= 0 && sparsity < 1)) {
    throw usageError(
      `sparsity ${sparsity} is outside [0, 1)`,
      'It is the fraction removed: 0.98 keeps 2 % of the weights.',
    );
  }
  if (!Number.isInteger(steps) || steps < 0) throw usageError(`steps must be a whole number, not ${steps}`);
  for (const [name, value] of [
    ['iterations', iterations],
    ['pruning batches', batches],
    ['draws', options.draws],
  ] as const) {
    if (value !== undefined && (!Number.isInteger(value) || value < 1)) {
      throw usageError(`${name} must be a positive whole number, not ${value}`);
    }
  }
  for (const [name, value] of [
    ['temperature', temperature],
    ['the inner epsilon', options.innerEpsilon],
    ['the norm that adjoints are clipped to', options.clipAdjoint],
  ] as const) {
    if (value !== undefined && !(value > 0)) throw usageError(`${name} must be positive, not ${value}`);
  }
  if (!Number.isInteger(options.warmUpBatches) || options.warmUpBatches < 0) {
    throw usageError(`warm-up batches must be a whole number, not ${options.warmUpBatches}`);
  }
  if (!(innerLearningRate >= 0))
    throw usageError(`the inner learning rate must not be negative, not ${innerLearningRate}`);
  if (!(innerMomentum >= 0 && innerMomentum < 1)) {
    throw usageError(`the inner momentum must be in [0, 1), not ${innerMomentum}`);
  }
}
